import Addressing
import Diagnostics
import Policy

extension FamilyFlows {
  package var hasGatewaySources: Bool { has(.gatewaySource) }

  /// Source (`source gateway`): connections to the server that get the gateway's address as their source, on control
  /// and data alike, because a server that compares the two refuses anything less. Data connections of the helper
  /// follow their control connection by themselves.
  ///
  /// - Parameter isRouted: Whether to tell of servers that clients dial at their own address, instead of those that are
  ///   translated.
  package func gatewaySources(isRouted: Bool) -> PortFlows {
    var claims = PortClaims(self, .served)
    let reach: Reach = isRouted ? .routed : .translated
    for (position, service) in services.enumerated()
    where service.has(.gatewaySource) && service.endpoint.reach == reach {
      claims.addServed(position, provenance: service.publication.source.span ?? service.header)
    }
    return PortFlows(claims)
  }
}
