package import Diagnostics
import PolicySyntax

/// Active mode without the helper's help depends on rules that are not ours.
package struct ActiveNeedsOpenEgress: PublishedRule {
  package init() {}

  package let code = "active-needs-open-egress"
  package let severity = Severity.warning

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    let publication = published.publication
    guard published.opensActiveData, published.activeObstacle == nil,
      !publication.cannotTell(.helper, .tls, .active), !context.policy.gatewayFacts(of: publication).isServerHost
    else { return nil }
    let origin = published.activePort.map { "its port \($0)" } ?? "any of its ports"
    let sessions = publication.helper.value ? "encrypted sessions in active mode" : "active mode"
    return diagnostic(
      "in \(sessions) the server opens connections from \(origin) to its clients, and the firewall's other "
        + "rules must let them out",
      at: publication.activeSpan, help: "allow such connections, or write `active off`")
  }
}
