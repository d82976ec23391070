package import Diagnostics
import PolicySyntax

/// A kind of session that the policy permits can never transfer anything.
package struct NoDataPath: PolicyRule {
  package init() {}

  package let code = "no-data-path"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.policy.publications.filter {
      $0.passiveRange == nil && !$0.helper.value && !$0.cannotTell(.passiveRange, .helper)
    }.map(passive) + context.published.compactMap(active)
  }

  private func passive(_ publication: Publication) -> Diagnostic {
    diagnostic(
      "`\(publication.name.value)` has neither a passive range nor the helper, so no passive session works",
      at: publication.header, help: "add `passive range 50000-50399`, and set the same range on the server")
  }

  private func active(_ published: Published) -> Diagnostic? {
    let publication = published.publication
    // With the helper only encrypted sessions are left without a path.
    let isHelped = publication.helper.value
    let sessions = isHelped ? "encrypted sessions in active mode" : "active mode"
    let tls = isHelped ? [Label].place(publication.tls.span, "TLS is possible here") : []
    switch published.activeObstacle {
    case .hiddenClients:
      return diagnostic(
        "\(sessions) cannot work with `source gateway`: the server takes the gateway for the client, and "
          + "refuses a PORT or EPRT command that names the client itself",
        at: publication.activeSpan, related: .place(publication.source.span, "hides the clients") + tls,
        help: "write `source keep`, or `active off`")
    case .anySourcePort(let software):
      return diagnostic(
        "\(software.title) opens data connections from any port, so the gateway cannot give those of "
          + "\(sessions) the external address",
        at: publication.activeSpan,
        related: .place(published.server.software?.span, "has no fixed source port") + tls,
        help: "write `active off`; passive mode serves every client")
    case nil:
      return nil
    }
  }
}
