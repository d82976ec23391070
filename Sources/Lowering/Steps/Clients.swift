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
  for family in AddressFamily.allCases {
    let services = services.of(family)
    var restricted: [Element] = []
    var admitted: [Element] = []
    for segment in restrictedPorts(services).segments {
      let sets = segment.claims.compactMap(\.payload)
      guard sets.count == segment.others.count + 1 else { continue }
      let element = Element(key: segment.key, comment: segment.comment, provenance: segment.provenance)
      restricted.append(element)
      for range in AddressSet(unionOf: sets).ranges(family) { admitted.append(element.with(range)) }
    }
    guard let first = restricted.first, builder.add(.ports("restricted", family, restricted)) else { continue }
    let clients = "clients\(family.suffix)"
    let key: [Expression] = [.destination(family), .destinationPort, .source(family)]
    builder.addEvenIfEmpty(
      NamedSet(
        clients, key: key, flags: [.interval], elements: admitted, provenance: restricted.prefix(1).map(\.provenance))
    )
    let isRestricted = Statement.in(.dialled(family), "restricted\(family.suffix)")
    let isStranger = Statement.notIn(.concatenation(key), clients)
    let deny = Statement.verdict(.goto(ChainName.denied.rawValue))
    guard hasHairpin(services, builder) else {
      builder.add(
        isRestricted, isStranger, deny, to: .admission, comment: "clients", provenance: first.provenance)
      continue
    }
    builder.add(
      isRestricted, .verdict(.jump(ChainName.clients.rawValue)), to: .admission, provenance: first.provenance)
    admitInside(services, family, key, &builder)
    builder.add(isStranger, deny, to: .clients, provenance: first.provenance)
  }
}

/// The ports of every address on which a publication does not admit everybody, each with the clients that it admits; `nil` for
/// all of them.
private func restrictedPorts(_ services: [PublishedService]) -> PortSegments<AddressSet?> {
  var segments = PortSegments<AddressSet?>()
  for group in services.byExternalAddress where group.contains(where: { $0.clients != nil }) {
    for service in group {
      let provenance = service.clientsSpan ?? service.publication.header
      for ports in service.dialledPorts {
        segments.add(service.external, ports, service.clients, for: service, provenance: provenance)
      }
    }
  }
  return segments
}

/// `hairpin on` lets clients behind the inside interfaces in, whatever `allow` lists; `deny` wins there too.
private func admitInside(
  _ services: [PublishedService], _ family: AddressFamily, _ key: [Expression], _ builder: inout TableBuilder
) {
  var segments = PortSegments<AddressSet>()
  for service in services where service.publication.hairpin.value {
    for ports in service.dialledPorts {
      segments.add(
        service.external, ports, service.denied, for: service,
        provenance: service.publication.hairpin.span ?? service.publication.header)
    }
  }
  let elements = segments.segments.flatMap { segment -> [Element] in
    // A port that two publications share is open to whom either lets in.
    let denied = segment.others.reduce(segment.claim.payload) { $0.intersection($1.payload) }
    let element = Element(key: segment.key, comment: segment.comment, provenance: segment.provenance)
    return denied.ranges(family).map { element.with($0) }
  }
  let isInside = Statement.in(.inputInterface, insideSet)
  let set = NamedSet("denied_inside\(family.suffix)", key: key, flags: [.interval], elements: elements)
  let provenance = services.compactMap(\.publication.hairpin.span).min()
  if builder.add(set) {
    builder.add(
      isInside, .in(.concatenation(key), set.name), .verdict(.goto(ChainName.denied.rawValue)), to: .clients,
      provenance: provenance)
  }
  builder.add(
    isInside, .in(.dialled(family), hairpinSet + family.suffix), .verdict(.return), to: .clients,
    comment: "hairpin", provenance: provenance)
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

extension Element {
  /// The same with a range of client addresses as the last field of the key.
  fileprivate func with(_ clients: ClosedRange<IPAddress>) -> Element {
    var element = self
    element.key.append(Value(clients))
    return element
  }
}
