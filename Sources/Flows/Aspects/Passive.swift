import Addressing
import Diagnostics
import Policy

extension FamilyFlows {
  /// Translate (`passive range`): data connections of passive mode get the server's address as their destination and
  /// keep their port, because the port in the server's reply is the one that clients dial.
  package var passiveTranslations: PortFlows {
    var claims = PortClaims(self, .dialled)
    claims.reserve(outlines.count)
    for service in outlines where service.reach == .translated && service.passiveRange != nil {
      guard let range = self[service].publication.passiveRange else { continue }
      claims.add(service.arrival, range.value, of: service, provenance: range.span)
    }
    return PortFlows(claims)
  }
}
