package import Diagnostics
import PolicySyntax

/// A `reach` whose passive sessions have no data path: no range, and no helper that could read what they say.
package struct ReachRangeMissing: ReachRule {
  package init() {}

  package let code = "reach-range-missing"
  package let severity = Severity.error

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    guard let access = reach.access, access.passiveRange == nil, !reach.cannotTell(.passiveRange, .helper) else {
      return []
    }
    let help =
      "ask the other side for its passive range; `passive range any` permits 1024-65535 to that address alone"
    guard access.helper.value else {
      return [
        diagnostic(
          "`\(reach.name.value)` has neither a passive range nor the helper, so no passive session works",
          at: reach.header, help: help)
      ]
    }
    guard access.tls.value.allowsTLS, access.clearControl == nil, !reach.cannotTell(.tls) else { return [] }
    return [
      diagnostic(
        "the helper cannot read the control connection of TLS sessions, so users log in and every listing hangs",
        at: access.helperSpan, related: .place(access.tls.span, "TLS is possible here"), help: help)
    ]
  }
}
