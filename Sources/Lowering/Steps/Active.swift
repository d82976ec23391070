import Addressing
import Nftables
import Policy

/// `active on` without helper: the server's own data connections leave with the address that clients dialled. They are
/// known by their source port, because without the helper nothing else marks them.
///
/// `active off`: data connections of a server that cannot be told to refuse PORT are dropped by the same sign.
func lowerActive(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families {
    translateActive(services, &builder)
    dropActive(services, &builder)
  }
}

private func translateActive(_ services: FamilyServices, _ builder: inout TableBuilder) {
  guard services.has(.active) else { return }
  let family = services.family
  var claims = PortClaims(services)
  for outline in services.outlines where outline.has(.active) && outline.reach == .translated {
    let service = services[outline]
    guard service.opensActiveData, let port = service.activeSourcePort else { continue }
    claims.add(
      outline.serverAddress, PortRange(port), of: outline,
      provenance: service.publication.active.span ?? outline.header)
  }
  let segments = PortSegments(claims)
  let elements = segments.elements { .address(segments.service($0).arrival) }
  let key = [Expression.source(family), .sourcePort]
  let map = NamedSet("active" + family.suffix, key: key, data: [.source(family)], elements: elements)
  guard builder.add(map) else { return }
  let provenance = elements.firstProvenance
  let translation = Statement.translateSource(family, .map(key: .concatenation(key), name: map.name))
  if builder.outside.isEmpty {
    builder.add(translation, to: .postrouting, provenance: provenance)
  } else {
    builder.add(.in(.outputInterface, outsideSet), translation, to: .postrouting, provenance: provenance)
  }
}

private func dropActive(_ services: FamilyServices, _ builder: inout TableBuilder) {
  let family = services.family
  var activeServers: Set<IPAddress> = []
  if services.has(.active) {
    for service in services.outlines where service.has(.active) { activeServers.insert(service.serverAddress) }
  }
  var claims = PortClaims(services)
  for outline in services.outlines where !outline.has(.active) {
    let service = services[outline]
    guard service.isActiveEnforcedHere, let port = service.activeSourcePort,
      !activeServers.contains(outline.serverAddress)
    else { continue }
    claims.add(
      outline.serverAddress, PortRange(port), of: outline,
      provenance: service.publication.active.span ?? outline.header)
  }
  let segments = PortSegments(claims)
  let elements = segments.elements()
  let key = [Expression.source(family), .sourcePort]
  let set = NamedSet("active_off" + family.suffix, key: key, elements: elements)
  guard builder.add(set) else { return }
  let places = Set(segments.segments.flatMap { segments.allServices($0).map { $0.endpoint.reach == .local } })
  for isLocal in [false, true] where places.contains(isLocal) {
    builder.add(
      .isNew, .in(.concatenation(key), set.name), .counter, .verdict(.drop), to: isLocal ? .output : .forward,
      comment: "active off", provenance: elements.firstProvenance)
  }
}

extension PublishedService {
  /// The source port of the server's active data connections, where the program has a fixed one.
  var activeSourcePort: UInt16? { server.software?.value.kind.facts.activeDataPort(controlPort: serverControlPort) }

  /// Whether `active off` has to be enforced by the gateway.
  var isActiveEnforcedHere: Bool {
    !publication.active.value && server.software?.value.kind.facts.canRefuseActive == false
  }
}
