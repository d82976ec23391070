import Addressing
package import Diagnostics
import PolicySyntax

/// Users dial a private address, which the Internet does not lead anywhere.
package struct ReachServerPrivate: ReachRule {
  package init() {}

  package let code = "reach-server-private"
  package let severity = Severity.warning

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    guard reach.publication == nil else { return [] }
    return reach.servers.filter { $0.value.scope == .privateUse && $0.value.unusableReason == nil }.map { server in
      diagnostic(
        "`\(server.value)` is a private address, which users reach over a private network alone", at: server.span,
        help: "write the address that the other side publishes, or say why it is this one: "
          + "`# allow: \(code) (REASON)`")
    }
  }
}
