import Addressing
import Diagnostics
import Policy

extension FamilyFlows {
  /// Translate (`passive range`): data connections of passive mode get the server's address as their destination and
  /// keep their port, because the port in the server's reply is the one that clients dial.
  package var passiveTranslations: PortFlows {
    var claims = PortClaims(self, .dialled)
    claims.reserve(services.count)
    for (position, service) in services.enumerated() where service.isTranslated {
      guard let range = service.publication.passiveRange else { continue }
      claims.add(service.arrival, range.value, of: position, provenance: range.span)
    }
    return PortFlows(claims)
  }
}
