import Addressing
import Diagnostics
import Nftables
import Policy

/// `allow`, `deny`: connections to control ports and passive ranges from clients that are not admitted are dropped.
///
/// What `deny` takes away is subtracted here, so one set of disjoint intervals is left: nft has no longest match.
/// The address that clients dial stands first in the key, because the kernel's interval sets are quadratic in elements
/// that share the first field.
func lowerClients(_ services: [PublishedService], _ builder: inout TableBuilder) {
  for family in AddressFamily.allCases {
    var segments = PortSegments<AddressSet?>()
    let services = services.of(family)
    let dialled = Set(services.filter { $0.clients != nil }.map(\.external))
    for service in services where dialled.contains(service.external) {
      for ports in service.dialledPorts {
        segments.add(
          service.external, ports, service.clients, for: service,
          provenance: service.clientsSpan ?? service.publication.header)
      }
    }
    var restricted: [Element] = []
    var admitted: [Element] = []
    for segment in segments.segments {
      let sets = segment.claims.compactMap(\.payload)
      guard sets.count == segment.claims.count, let span = segment.provenance else { continue }
      restricted.append(Element(key: segment.key, comment: segment.comment, provenance: span))
      for range in AddressSet(unionOf: sets).ranges(family) {
        admitted.append(
          Element(key: segment.key + [Value(range)], comment: segment.comment, provenance: span))
      }
    }
    guard let first = restricted.first, builder.add(.ports("restricted", family, restricted)) else { continue }
    let clients = "clients\(family.suffix)"
    let key: [Expression] = [.destination(family), .destinationPort, .source(family)]
    builder.addEvenIfEmpty(
      NamedSet(
        clients, key: key, flags: [.interval], elements: admitted, provenance: restricted.prefix(1).map(\.provenance))
    )
    builder.add(
      .in(.dialled(family), "restricted\(family.suffix)"), .notIn(.concatenation(key), clients),
      .verdict(.goto(ChainName.denied.rawValue)), to: .admission, comment: "clients", provenance: first.provenance)
  }
}

extension PublishedService {
  /// The first `allow` or `deny` entry.
  fileprivate var clientsSpan: SourceSpan? { (publication.allow + publication.deny).map(\.span).min() }
}
