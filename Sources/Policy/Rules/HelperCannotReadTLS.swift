package import Diagnostics
import PolicySyntax

/// The helper is asked to open the data path of sessions that it cannot read.
package struct HelperCannotReadTLS: PublicationRule {
  package init() {}

  package let page = RulePage(
    .error, "helper-cannot-read-tls", "the helper cannot open the data path of encrypted sessions",
    explanation: """
      The conntrack FTP helper reads the 227 and 229 replies on the control connection. With TLS it sees \
      noise: login works and the listing hangs. Where a session may be encrypted, the passive range must be \
      opened statically. Only `clear-control` is accepted with the helper alone, because such clients return \
      to a clear control connection after login.
      """,
    failureModes: ["F04"],
    bad: """
      publish files {
          server       10.10.20.200 pure-ftpd
          external ip  203.0.113.10
          tls          explicit required
          helper       on
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

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.helper.value, publication.tls.value.allowsTLS, publication.passiveRange == nil,
      publication.clearControl == nil, !publication.cannotTell(.passiveRange)
    else { return nil }
    return diagnostic(
      "the helper cannot read the control connection of TLS sessions, so nothing opens their data path",
      at: publication.helperSpan, related: .place(publication.tls.span, "TLS is possible here"),
      help: "add `passive range 50000-50399`, and set the same range on the server")
  }
}
