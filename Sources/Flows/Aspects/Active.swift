import Addressing
import Diagnostics
import Policy

extension FamilyFlows {
  /// Source (`active on` without helper): the server's own data connections leave with the address that clients dialled
  /// (`PublishedService.arrival`). They are known by their source port, because without the helper nothing else marks
  /// them.
  package var activeTranslations: PortFlows {
    var claims = PortClaims(self, .sent)
    guard has(.active) else { return PortFlows(claims) }
    for (position, service) in services.enumerated() where service.has(.active) && service.isTranslated {
      // What clients inside dial is no address with which anything leaves.
      guard !service.has(.forInside), service.opensActiveData, let port = service.activeSourcePort else { continue }
      claims.add(
        service.serverAddress, PortRange(port), of: position,
        provenance: service.publication.active.span ?? service.header)
    }
    return PortFlows(claims)
  }

  /// Mark (`mark`): the server's own data connections, known by their source port, whether they are translated or not.
  package var activeConnections: PortFlows {
    var claims = PortClaims(self, .sent)
    guard has(.active) else { return PortFlows(claims) }
    for (position, service) in services.enumerated() where service.has(.active) {
      guard service.opensActiveData, let port = service.activeSourcePort else { continue }
      claims.add(
        service.serverAddress, PortRange(port), of: position,
        provenance: service.publication.active.span ?? service.header)
    }
    return PortFlows(claims)
  }

  /// Refuse (`active off`): data connections of a server that cannot be told to refuse PORT, known by the same sign.
  package var activeRefusals: PortFlows {
    var activeServers: Set<IPAddress> = []
    if has(.active) {
      for service in services where service.has(.active) { activeServers.insert(service.serverAddress) }
    }
    var claims = PortClaims(self, .sent)
    for (position, service) in services.enumerated() where !service.has(.active) {
      guard service.isActiveRefusedHere, let port = service.activeSourcePort,
        !activeServers.contains(service.serverAddress)
      else { continue }
      claims.add(
        service.serverAddress, PortRange(port), of: position,
        provenance: service.publication.active.span ?? service.header)
    }
    return PortFlows(claims)
  }
}

extension PortFlows {
  /// Whether some of the servers are of that place: on the gateway itself, or behind it.
  package func haveServers(local isLocal: Bool) -> Bool {
    flows.contains { allServices($0).contains { $0.isLocal == isLocal } }
  }
}

extension PublishedService {
  /// The source port of the server's active data connections, where the program has a fixed one.
  package var activeSourcePort: UInt16? {
    server.software?.value.kind.facts.activeDataPort(controlPort: serverControlPort)
  }

  /// Whether `active off` has to be enforced by the gateway.
  var isActiveRefusedHere: Bool {
    !publication.active.value && server.software?.value.kind.facts.canRefuseActive == false
  }
}
