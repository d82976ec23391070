import Addressing
import Diagnostics
import Nftables
import Policy

/// The ports of a server's or client's data connections where the policy names none.
private let dataPorts = PortRange(low: 1024, high: 65535)

/// `helper on`: of the data connections that the FTP helper expects, those to a published server on its data ports, and
/// with `active on` those from it, are accepted; any other to or from it is dropped (rule 7 of the language). `ct
/// helper` compares the kernel's name of the helper and sees the control connection behind a data connection.
func lowerRelated(_ services: Services, _ builder: inout TableBuilder) {
  let helped = services.filter(\.publication.helper.value)
  guard let first = helped.map({ $0.publication.helper.span ?? $0.publication.header }).min() else { return }
  for family in AddressFamily.allCases {
    let helped = services.of(family).filter(\.publication.helper.value)
    accept("related_in", .destination(family), family, helped, &builder) { $0.passiveRange ?? dataPorts }
    accept("related_out", .source(family), family, helped, &builder) {
      $0.publication.active.value ? dataPorts : nil
    }
    dropOthers(helped, family, &builder)
  }
  let hooks: [ChainName] =
    (helped.contains { $0.endpoint.reach != .local } ? [.forward] : [])
    + (helped.contains { $0.endpoint.reach == .local } ? [.input, .output] : [])
  for hook in hooks {
    builder.add(
      .match(.conntrack("state"), .equal, .flags(["related"])),
      .match(.conntrack("helper"), .equal, .value(.string("ftp"))), .verdict(.jump(ChainName.related.rawValue)),
      to: hook, provenance: first)
  }
}

/// Drops what is left of the data connections of published control connections: those to the server that were dialled at
/// a published address, and those from the server that clients see coming from one. A server may be a client of other
/// servers too; what some other table's helper expects for those sessions is none of ours, and leaves or arrives
/// with another address.
private func dropOthers(_ services: [PublishedService], _ family: AddressFamily, _ builder: inout TableBuilder) {
  let servers = addresses("helper_servers", services, family, \.serverAddress)
  let external = addresses("helper_external", services, family, \.external)
  guard builder.add(servers), builder.add(external) else { return }
  let provenance = servers.elements.map(\.provenance).min()
  let dialled = Expression.tuple("original", "\(family.header) daddr")
  let seen = Expression.tuple("reply", "\(family.header) daddr")
  builder.add(
    .in(.destination(family), servers.name), .in(dialled, external.name), .counter, .verdict(.drop), to: .related,
    provenance: provenance)
  builder.add(
    .in(.source(family), servers.name), .in(seen, external.name), .counter, .verdict(.drop), to: .related,
    provenance: provenance)
}

/// A set of one address of each service.
private func addresses(
  _ name: String, _ services: [PublishedService], _ family: AddressFamily, _ address: (PublishedService) -> IPAddress
) -> NamedSet {
  var spans: [IPAddress: SourceSpan] = [:]
  for service in services {
    let span = service.publication.helper.span ?? service.publication.header
    let key = address(service)
    spans[key] = min(span, spans[key] ?? span)
  }
  return NamedSet(
    name + family.suffix, key: [.destination(family)],
    elements: spans.sorted { $0.key < $1.key }.map { Element(key: [.address($0.key)], provenance: $0.value) })
}

/// Accepts related connections by an address and the destination port.
private func accept(
  _ name: String, _ side: Expression, _ family: AddressFamily, _ services: [PublishedService],
  _ builder: inout TableBuilder, _ ports: (PublishedService) -> PortRange?
) {
  var segments = PortSegments<Void>()
  for service in services {
    guard let ports = ports(service) else { continue }
    segments.add(
      service.serverAddress, ports, for: service,
      provenance: service.publication.passiveRange?.span ?? service.publication.header)
  }
  let elements = segments.elements()
  let key = [side, .destinationPort]
  guard builder.add(NamedSet(name + family.suffix, key: key, flags: [.interval], elements: elements)) else { return }
  builder.add(
    .in(.concatenation(key), name + family.suffix), .verdict(.accept), to: .related,
    provenance: elements.map(\.provenance).min())
}
