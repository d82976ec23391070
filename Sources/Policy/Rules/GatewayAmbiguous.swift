package import Diagnostics
import PolicySyntax

/// A publication that names none of several gateways.
package struct GatewayAmbiguous: PublicationRule {
  package init() {}

  package let code = "gateway-ambiguous"
  package let severity = Severity.error

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    let gateways = context.policy.gateways
    guard gateways.count > 1, publication.gateway == nil, !publication.cannotTell(.gateway) else { return nil }
    let names = listed(gateways.prefix(8).map(\.name.value))
    return diagnostic(
      "`\(publication.name.value)` does not say on which of the \(gateways.count) gateways it is published",
      at: publication.header, related: gateways.prefix(3).map { Label($0.header) },
      help: gateways.count > 8
        ? "add `gateway NAME` with one of the \(gateways.count) names, such as \(names)"
        : "add `gateway NAME` with one of \(names)")
  }
}
