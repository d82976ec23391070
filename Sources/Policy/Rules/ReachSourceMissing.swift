import Addressing
package import Diagnostics
import PolicySyntax

/// `source gateway` on a gateway that says no address which it could put in the place of the users'.
package struct ReachSourceMissing: ReachRule {
  package init() {}

  package let code = "reach-source-missing"
  package let severity = Severity.error

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    guard reach.source.value == .gateway, let span = reach.source.span else { return [] }
    let gateway = context.policy.gateway(at: reach.gateway)
    // `reach-gateway-ambiguous` comes first.
    guard gateway != nil || context.policy.gateways.isEmpty, gateway?.unreadable.contains(.externalIP) != true else {
      return []
    }
    let lacking = reach.families.filter { family in
      gateway?.externalAddresses.contains { $0.family == family } != true
    }
    guard !lacking.isEmpty else { return [] }
    let place = gateway.map { "gateway `\($0.name.value)`" } ?? "the gateway"
    return [
      diagnostic(
        "\(place) has no \(joined(lacking.map(\.title))) address to put in the place of the users'", at: span,
        related: gateway.map { [Label($0.header)] } ?? [],
        help: gateway == nil
          ? "declare the gateway with its `external ip`, or write `source keep`"
          : "add its `external ip` to the `gateway` block, or write `source keep`")
    ]
  }
}
