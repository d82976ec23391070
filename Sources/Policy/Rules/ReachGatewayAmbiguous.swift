package import Diagnostics
import PolicySyntax

/// A `reach` that names none of several gateways.
package struct ReachGatewayAmbiguous: ReachRule {
  package init() {}

  package let code = "reach-gateway-ambiguous"
  package let severity = Severity.error

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    let gateways = context.policy.gateways
    guard gateways.count > 1, reach.gateway == nil, !reach.cannotTell(.gateway) else { return [] }
    return [
      diagnostic(
        "`\(reach.name.value)` does not say behind which of the \(gateways.count) gateways its users are",
        at: reach.header, related: gateways.prefix(3).map { Label($0.header) },
        help: "add `gateway NAME` with one of the names, such as \(listed(gateways.prefix(8).map(\.name.value)))")
    ]
  }
}
