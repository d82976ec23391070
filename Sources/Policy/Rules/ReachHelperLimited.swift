package import Diagnostics
import PolicySyntax

/// A helper on the users' side depends on what somebody else's server says.
package struct ReachHelperLimited: ReachRule {
  package init() {}

  package let code = "reach-helper-limited"
  package let severity = Severity.warning

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    // `reach-range-missing` says more, and `helper-without-effect` where no session is in clear text.
    guard let access = reach.access, access.helper.value,
      access.passiveRange == nil || access.tls.value.allowsPlain || access.clearControl != nil,
      access.passiveRange != nil || !access.tls.value.allowsTLS || access.clearControl != nil
    else { return [] }
    return [
      diagnostic(
        "the helper works for sessions in clear text only, and only while the server announces the address that users "
          + "dial",
        at: access.helperSpan,
        help: access.passiveRange == nil
          ? "ask the other side for its passive range, which needs no helper"
          : "write `helper off`: the passive range needs no helper")
    ]
  }
}
