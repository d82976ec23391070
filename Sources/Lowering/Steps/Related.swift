import Addressing
import Diagnostics
import Nftables
import Policy

/// The ports of a server's or client's data connections where the policy names none.
private let dataPorts = PortRange(low: 1024, high: 65535) ?? PortRange(1024)

/// `helper on`: of the data connections that the FTP helper expects, those to a published server on its data ports, and
/// with `active on` those from it, are accepted; any other to or from it is dropped (promise 7, docs/promises.md). `ct
/// helper` compares the kernel's name of the helper and sees the control connection behind a data connection.
func lowerRelated(_ services: Services, _ builder: inout TableBuilder) {
  guard services.has(.helper) else { return }
  var first: SourceSpan?
  var (isForwarded, isLocal) = (false, false)
  for services in services.families where services.has(.helper) {
    for service in services.outlines where service.has(.helper) {
      let span = helperSpan(service, services)
      first = min(first ?? span, span)
      if service.reach == .local { isLocal = true } else { isForwarded = true }
    }
    accept("related_in", .destination(services.family), services, .helper, &builder) { $0.passiveRange ?? dataPorts }
    accept("related_out", .source(services.family), services, [.helper, .active], &builder) { _ in dataPorts }
    dropOthers(services, &builder)
  }
  let hooks: [ChainName] = (isForwarded ? [.forward] : []) + (isLocal ? [.input, .output] : [])
  for hook in hooks {
    builder.add(
      .match(.conntrack("state"), .equal, .flags(["related"])),
      .match(.conntrack("helper"), .equal, .value(.string("ftp"))), .verdict(.jump(ChainName.related.text)),
      to: hook, provenance: first)
  }
}

/// Drops what is left of the data connections of published control connections: those to the server that were dialled
/// at a published address, and those from the server that clients see coming from one. A server may be a client of
/// other servers too; what some other table's helper expects for those sessions is none of ours, and leaves or arrives
/// with another address.
private func dropOthers(_ services: FamilyServices, _ builder: inout TableBuilder) {
  let family = services.family
  let servers = addresses("helper_servers", services, \.serverAddress)
  let external = addresses("helper_external", services, \.arrival)
  guard builder.add(servers), builder.add(external) else { return }
  let provenance = servers.elements.firstProvenance
  let dialled = Expression.tuple("original", "\(family.header) daddr")
  let seen = Expression.tuple("reply", "\(family.header) daddr")
  builder.add(
    .in(.destination(family), servers.name), .in(dialled, external.name), .counter, .verdict(.drop), to: .related,
    provenance: provenance)
  builder.add(
    .in(.source(family), servers.name), .in(seen, external.name), .counter, .verdict(.drop), to: .related,
    provenance: provenance)
}

/// The statement that asked for the helper.
private func helperSpan(_ service: ServiceOutline, _ services: FamilyServices) -> SourceSpan {
  services[service].publication.helper.span ?? service.header
}

/// A set of one address of each service with the helper.
private func addresses(
  _ name: String, _ services: FamilyServices, _ address: (ServiceOutline) -> IPAddress
) -> NamedSet {
  var found: [(address: IPAddress, span: SourceSpan)] = []
  for service in services.outlines where service.has(.helper) {
    found.append((address(service), helperSpan(service, services)))
  }
  found.sort { ($0.address, $0.span) < ($1.address, $1.span) }
  var elements = ElementList()
  elements.reserve(found.count, width: 1)
  for (index, (address, span)) in found.enumerated() where index == 0 || address != found[index - 1].address {
    elements.append(address, provenance: span)
  }
  return NamedSet(name + services.family.suffix, key: [.destination(services.family)], elements: elements)
}

/// Accepts related connections of services with some traits by an address and the destination port.
private func accept(
  _ name: String, _ side: Expression, _ services: FamilyServices, _ traits: ServiceOutline.Traits,
  _ builder: inout TableBuilder, _ ports: (ServiceOutline) -> PortRange
) {
  guard services.has(traits) else { return }
  var claims = PortClaims(services)
  for service in services.outlines where service.has(traits) {
    claims.add(
      service.serverAddress, ports(service), of: service,
      provenance: services[service].publication.passiveRange?.span ?? service.header)
  }
  let elements = PortSegments(claims).elements()
  let key = [side, .destinationPort]
  let set = NamedSet(name + services.family.suffix, key: key, flags: [.interval], elements: elements)
  guard builder.add(set) else { return }
  builder.add(
    .in(.concatenation(key), set.name), .verdict(.accept), to: .related, provenance: elements.firstProvenance)
}
