package import Diagnostics
import PolicySyntax

/// A kind of session that the policy permits can never transfer anything.
package struct NoDataPath: PolicyRule {
  package init() {}

  package let page = RulePage(
    .error, "no-data-path", "sessions that the policy permits have no data path",
    explanation: """
      FTP transfers files over a second connection. In passive mode clients open it, to a port that the \
      server names in its 227 or 229 reply: either the passive range is opened statically, or the helper \
      reads the reply and opens the one port. With neither, login works and every listing hangs.

      In active mode the server opens it. The helper knows such connections, but not those of encrypted \
      sessions. Without it the gateway knows them by their source port, so the program must have a fixed \
      one; and the server must see the client's own address, because it refuses a PORT or EPRT command that \
      names another.
      """,
    failureModes: ["F33", "F35"],
    bad: """
      publish files {
          server       10.10.20.200 pure-ftpd
          external ip  203.0.113.10
          tls          explicit required
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """)

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
