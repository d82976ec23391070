package import Diagnostics
import PolicySyntax

/// Active mode of users, whom nothing lets the server's data connections reach.
package struct ReachActive: ReachRule {
  package init() {}

  package let code = "reach-active"
  package let severity = Severity.error

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    guard let access = reach.access, access.active.value, !reach.cannotTell(.helper, .tls) else { return [] }
    if !access.helper.value {
      return [
        diagnostic(
          "without the helper nothing lets data connections of the server in, so active mode of "
            + "`\(reach.name.value)` cannot work",
          at: access.activeSpan, related: .place(access.helper.span, "the helper is off"),
          help: "write `active off`; passive mode serves every user")
      ]
    }
    guard access.tls.value.allowsTLS else { return [] }
    return [
      diagnostic(
        "the helper cannot read PORT and EPRT in sessions with TLS, so nothing lets their data connections in",
        at: access.activeSpan, related: .place(access.tls.span, "TLS is possible here"),
        help: "write `active off`; passive mode serves every user")
    ]
  }
}
