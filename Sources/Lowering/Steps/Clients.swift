import Addressing
import Diagnostics
import Nftables
import Policy

/// `allow`, `deny`: connections to control ports and passive ranges from clients that are not admitted are dropped.
///
/// What `deny` takes away is subtracted here, so one set of disjoint intervals is left: nft has no longest match. The
/// address that clients dial stands first in every key, because the kernel's interval sets are quadratic in elements that
/// share the first field.
///
/// A lookup in an interval set takes the longer the more elements it has (`nft_set_pipapo.c`), one in a hash set does not.
/// So a hash set says on which addresses anybody is kept out, clients of an address that one publication alone restricts
/// have no ports in their key, and only strangers have their ports looked up.
func lowerClients(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families where services.has(.restricted) {
    let family = services.family
    let restrictions = Restrictions(services)
    guard let provenance = restrictions.ports.first?.provenance else { continue }
    let addresses = NamedSet(
      "restricted_external" + family.suffix, key: [.destination(family)], elements: restrictions.addresses)
    builder.add(addresses)
    builder.add(
      .in(.destination(family), addresses.name), .verdict(.jump(ChainName.clients.text)), to: .admission,
      provenance: provenance)
    if builder.opensInside(services.traits) { admitInside(services, &builder) }
    admit("clients", [.destination(family), .source(family)], restrictions.clients, family, &builder)
    admit("port_clients", .portsOfClients(family), restrictions.clientsOfPorts, family, &builder)
    builder.add(.ports("restricted", family, restrictions.ports))
    builder.add(
      .in(.dialled(family), "restricted" + family.suffix), .verdict(.goto(ChainName.denied.text)), to: .clients,
      comment: "clients", provenance: provenance)
  }
}

/// Lets the clients of a set in.
private func admit(
  _ name: String, _ key: [Expression], _ clients: ElementList, _ family: AddressFamily, _ builder: inout TableBuilder
) {
  let set = NamedSet(name + family.suffix, key: key, flags: [.interval], elements: clients)
  guard builder.add(set) else { return }
  builder.add(
    .in(.concatenation(key), set.name), .verdict(.return), to: .clients, provenance: clients.firstProvenance)
}

/// Where not everybody is admitted, and who is.
private struct Restrictions {
  /// The addresses with any such ports.
  private(set) var addresses = ElementList()
  /// The ports.
  private(set) var ports = ElementList()
  /// The clients of addresses on which all such ports are of one publication.
  private(set) var clients = ElementList()
  /// The clients of ports of the other addresses.
  private(set) var clientsOfPorts = ElementList()

  init(_ services: FamilyServices) {
    let segments = restrictedPorts(services)
    ports.reserve(segments.segments.count, width: 2)
    clients.reserve(segments.segments.count, width: 2)
    var rest = segments.segments[...]
    while let first = rest.first {
      let group = rest.prefix { $0.address == first.address }
      rest = rest[group.endIndex...]
      add(group, of: segments, services.family)
    }
  }

  /// Adds the ports of one address.
  private mutating func add(
    _ group: ArraySlice<PortSegments.Segment>, of segments: PortSegments, _ family: AddressFamily
  ) {
    let restricted = group.compactMap { segment in
      segments.clients(segment).map { (segment: segment, clients: $0) }
    }
    guard let first = restricted.first else { return }
    var provenance = segments.provenance(first.segment)
    for (segment, _) in restricted {
      ports.append(segment, of: segments)
      provenance = min(provenance, segments.provenance(segment))
    }
    let address = first.segment.address
    addresses.append(address, provenance: provenance)
    if restricted.allSatisfy({
      segments.isSole($0.segment) && segments.service($0.segment) === segments.service(first.segment)
    }) {
      let name = segments.comment(first.segment)
      for range in first.clients.ranges(family) {
        clients.append(address, nil, range, comment: name, provenance: provenance)
      }
    } else {
      for (segment, admitted) in restricted {
        for range in admitted.ranges(family) { clientsOfPorts.append(segment, of: segments, range) }
      }
    }
  }
}

extension PortSegments {
  /// The clients that some service with these ports admits; `nil` for everybody.
  fileprivate func clients(_ segment: Segment) -> AddressSet? {
    guard !isSole(segment) else { return service(segment).clients }
    let services = allServices(segment)
    let sets = services.compactMap(\.clients)
    return sets.count == services.count ? AddressSet(unionOf: sets) : nil
  }
}

/// The ports of every address on which a publication does not admit everybody.
private func restrictedPorts(_ services: FamilyServices) -> PortSegments {
  var claims = PortClaims(services)
  let outlines = services.outlines
  var start = outlines.startIndex
  while start < outlines.endIndex {
    let end = outlines[start...].firstIndex { $0.external != outlines[start].external } ?? outlines.endIndex
    if outlines[start..<end].contains(where: { $0.has(.restricted) }) {
      for service in outlines[start..<end] {
        claims.addDialled(service, provenance: services[service].clientsSpan ?? service.header)
      }
    }
    start = end
  }
  return PortSegments(claims)
}

/// `hairpin on` lets clients behind the inside interfaces in, whatever `allow` lists; `deny` wins there too.
private func admitInside(_ services: FamilyServices, _ builder: inout TableBuilder) {
  let family = services.family
  let key = [Expression].portsOfClients(family)
  let isInside = Statement.in(.inputInterface, insideSet)
  let hairpins = services.outlines.lazy.filter { $0.has(.hairpin) }
  let provenance = hairpins.compactMap { services[$0].publication.hairpin.span }.min()
  let elements = services.has(.denying) ? deniedInside(services) : ElementList()
  let set = NamedSet("denied_inside" + family.suffix, key: key, flags: [.interval], elements: elements)
  if builder.add(set) {
    builder.add(
      isInside, .in(.concatenation(key), set.name), .verdict(.goto(ChainName.denied.text)), to: .clients,
      provenance: provenance)
  }
  builder.add(
    isInside, .in(.dialled(family), hairpinSet + family.suffix), .verdict(.return), to: .clients,
    comment: "hairpin", provenance: provenance)
}

/// The ports of publications with `hairpin on` with the clients that `deny` keeps out.
private func deniedInside(_ services: FamilyServices) -> ElementList {
  var claims = PortClaims(services)
  for service in services.outlines where service.has(.hairpin) {
    claims.addDialled(service, provenance: services[service].publication.hairpin.span ?? service.header)
  }
  let segments = PortSegments(claims)
  var elements = ElementList()
  for segment in segments.segments {
    // A port that two publications share is open to whom either lets in.
    var denied = segments.service(segment).denied
    for service in segments.allServices(segment).dropFirst() { denied = denied.intersection(service.denied) }
    for range in denied.ranges(services.family) { elements.append(segment, of: segments, range) }
  }
  return elements
}

extension PublishedService {
  /// The first `allow` or `deny` entry.
  fileprivate var clientsSpan: SourceSpan? {
    var first = publication.allow.first?.span
    for term in publication.allow { first = min(first ?? term.span, term.span) }
    for term in publication.deny { first = min(first ?? term.span, term.span) }
    return first
  }
}

extension [Expression] {
  /// Address and port that a client dials, and its own address.
  fileprivate static func portsOfClients(_ family: AddressFamily) -> [Expression] {
    [.destination(family), .destinationPort, .source(family)]
  }
}

extension AddressSet {
  /// The addresses of one family, as disjoint ranges in their order.
  fileprivate func ranges(_ family: AddressFamily) -> [ClosedRange<IPAddress>] {
    switch family {
    case .ipv4: ipv4.intervals.map { .v4(IPv4Address($0.lowerBound))...(.v4(IPv4Address($0.upperBound))) }
    case .ipv6: ipv6.intervals.map { .v6(IPv6Address($0.lowerBound))...(.v6(IPv6Address($0.upperBound))) }
    }
  }
}
