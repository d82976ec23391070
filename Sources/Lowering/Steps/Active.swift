import Addressing
import Nftables
import Policy

/// `active on` without helper: the server's own data connections leave with the address that clients dialled. They are
/// known by their source port, because without the helper nothing else marks them.
///
/// `active off`: data connections of a server that cannot be told to refuse PORT are dropped by the same sign.
func lowerActive(_ services: Services, _ builder: inout TableBuilder) {
  for family in AddressFamily.allCases {
    let services = services.of(family)
    translateActive(services, family, &builder)
    dropActive(services, family, &builder)
  }
}

private func translateActive(
  _ services: [PublishedService], _ family: AddressFamily, _ builder: inout TableBuilder
) {
  var segments = PortSegments<IPAddress>()
  for service in services where service.opensActiveData && service.endpoint.reach == .translated {
    guard let port = service.activeSourcePort else { continue }
    segments.add(
      service.serverAddress, PortRange(port), service.external, for: service,
      provenance: service.publication.active.span ?? service.publication.header)
  }
  let elements = segments.elements { segment in [.address(segment.claim.payload)] }
  let key = [Expression.source(family), .sourcePort]
  let map = NamedSet("active\(family.suffix)", key: key, data: [.source(family)], elements: elements)
  guard builder.add(map) else { return }
  let provenance = elements.map(\.provenance).min()
  let translation = Statement.translateSource(family, .map(key: .concatenation(key), name: map.name))
  if builder.outside.isEmpty {
    builder.add(translation, to: .postrouting, provenance: provenance)
  } else {
    builder.add(.in(.outputInterface, outsideSet), translation, to: .postrouting, provenance: provenance)
  }
}

private func dropActive(
  _ services: [PublishedService], _ family: AddressFamily, _ builder: inout TableBuilder
) {
  let activeServers = Set(services.filter(\.publication.active.value).map(\.serverAddress))
  var segments = PortSegments<Bool>()
  for service in services where !activeServers.contains(service.serverAddress) {
    guard service.isActiveEnforcedHere, let port = service.activeSourcePort else { continue }
    segments.add(
      service.serverAddress, PortRange(port), service.endpoint.reach == .local, for: service,
      provenance: service.publication.active.span ?? service.publication.header)
  }
  let elements = segments.elements()
  let key = [Expression.source(family), .sourcePort]
  let set = NamedSet("active_off\(family.suffix)", key: key, elements: elements)
  guard builder.add(set) else { return }
  let places = Set(segments.segments.flatMap { $0.claims.map(\.payload) })
  for isLocal in [false, true] where places.contains(isLocal) {
    builder.add(
      .isNew, .in(.concatenation(key), set.name), .counter, .verdict(.drop), to: isLocal ? .output : .forward,
      comment: "active off", provenance: elements.map(\.provenance).min())
  }
}

extension PublishedService {
  /// The source port of the server's active data connections, where the program has a fixed one.
  var activeSourcePort: UInt16? { server.software?.value.kind.activeDataPort(controlPort: serverControlPort) }

  /// Whether `active off` has to be enforced by the gateway.
  var isActiveEnforcedHere: Bool {
    !publication.active.value && server.software?.value.kind.canRefuseActive == false
  }
}
