import Addressing
import Diagnostics
import Nftables
import Policy

/// `allow`, `deny`: connections to control ports and passive ranges from clients that are not admitted are dropped.
///
/// What `deny` takes away is subtracted here, so one set of disjoint intervals is left: nft has no longest match.
/// The address that clients dial stands first in the key, because the kernel's interval sets are quadratic in elements
/// that share the first field.
func lowerClients(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families where services.has(.restricted) {
    let family = services.family
    let (restricted, admitted) = restrictions(services)
    guard let first = restricted.first, builder.add(.ports("restricted", family, restricted)) else { continue }
    let clients = "clients" + family.suffix
    let key: [Expression] = [.destination(family), .destinationPort, .source(family)]
    builder.addEvenIfEmpty(
      NamedSet(clients, key: key, flags: [.interval], elements: admitted, provenance: [first.provenance]))
    let isRestricted = Statement.in(.dialled(family), "restricted" + family.suffix)
    let isStranger = Statement.notIn(.concatenation(key), clients)
    let deny = Statement.verdict(.goto(ChainName.denied.text))
    guard builder.opensInside(services.traits) else {
      builder.add(
        isRestricted, isStranger, deny, to: .admission, comment: "clients", provenance: first.provenance)
      continue
    }
    builder.add(
      isRestricted, .verdict(.jump(ChainName.clients.text)), to: .admission, provenance: first.provenance)
    admitInside(services, key, &builder)
    builder.add(isStranger, deny, to: .clients, provenance: first.provenance)
  }
}

/// The ports on which not everybody is admitted, and the same with the clients who are.
private func restrictions(_ services: FamilyServices) -> (restricted: ElementList, admitted: ElementList) {
  let segments = restrictedPorts(services)
  var restricted = ElementList()
  var admitted = ElementList()
  restricted.reserve(segments.segments.count, width: 2)
  admitted.reserve(segments.segments.count, width: 3)
  for segment in segments.segments {
    let clients: AddressSet
    if segments.isSole(segment) {
      guard let own = segments.service(segment).clients else { continue }
      clients = own
    } else {
      let services = segments.allServices(segment)
      let sets = services.compactMap(\.clients)
      guard sets.count == services.count else { continue }
      clients = AddressSet(unionOf: sets)
    }
    restricted.append(segment, of: segments)
    admitted.append(segment, of: segments, from: clients, services.family)
  }
  return (restricted, admitted)
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
private func admitInside(_ services: FamilyServices, _ key: [Expression], _ builder: inout TableBuilder) {
  let family = services.family
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
    elements.append(segment, of: segments, from: denied, services.family)
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

extension ElementList {
  /// Appends one element for each range of client addresses, which is the last field of its key.
  fileprivate mutating func append(
    _ segment: PortSegments.Segment, of segments: PortSegments, from clients: AddressSet, _ family: AddressFamily
  ) {
    switch family {
    case .ipv4:
      for range in clients.ipv4.intervals {
        append(
          segment, of: segments, .v4(IPv4Address(range.lowerBound))...(.v4(IPv4Address(range.upperBound))))
      }
    case .ipv6:
      for range in clients.ipv6.intervals {
        append(
          segment, of: segments, .v6(IPv6Address(range.lowerBound))...(.v6(IPv6Address(range.upperBound))))
      }
    }
  }
}
