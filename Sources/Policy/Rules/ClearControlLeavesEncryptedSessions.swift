package import Diagnostics
import PolicySyntax

/// Only clients that return to a clear control connection have a data path.
package struct ClearControlLeavesEncryptedSessions: PublicationRule {
  package init() {}

  package let page = RulePage(
    .warning, "clear-control-leaves-encrypted-sessions", "sessions that stay encrypted have no data path",
    explanation: """
      With `clear-control` the helper alone is accepted, for clients that send CCC after login. Most clients \
      do not, and nobody can make them: their control connection stays encrypted, and every listing hangs. \
      After CCC the helper needs one reply in clear text before it reads the next, so even such clients can \
      lose their first transfer.
      """,
    failureModes: ["F04"],
    bad: """
      publish files {
          server       10.10.20.200 proftpd
          external ip  203.0.113.10
          tls          explicit required clear-control
          helper       on
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """)

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard let span = publication.clearControl, publication.helper.value, publication.passiveRange == nil,
      !publication.cannotTell(.passiveRange)
    else { return nil }
    return diagnostic(
      "clients that do not send CCC keep their control connection encrypted, and have no data path",
      at: span,
      related: [Label(publication.helperSpan, "reads clear control connections only")],
      help: "add `passive range 50000-50399`, which serves every client")
  }
}
