import Addressing
package import Diagnostics
import PolicySyntax

/// The helper writes an address into replies that clients cannot dial.
package struct HelperBeforeTranslation: PublicationRule {
  package init() {}

  package let page = RulePage(
    .error, "helper-before-translation",
    "the helper writes an address into the 227 reply that another box translates",
    explanation: """
      With `helper on` and no passive range the server announces its own address, and the helper writes the one for \
      which the packets of the client arrived into the 227 reply (`nf_nat_ftp`). With `external ip A at B` that is B, \
      and the box that translates A looks at addresses of packets, not at replies: clients are told B and cannot dial it. With a \
      passive range the server announces A, and the helper leaves its reply alone.
      """,
    failureModes: ["F01"],
    bad: """
      publish files {
          server       10.10.20.200 proftpd
          external ip  203.0.113.10 at 10.0.1.4
          tls          off
          helper       on
          allow        198.51.100.0/24
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10 at 10.0.1.4
          passive range  50000-50399
          tls            off
          allow          198.51.100.0/24
      }
      """)

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.helper.value, publication.passiveRange == nil, let external = publication.external(.ipv4),
      let arrival = external.at, !publication.cannotTell(.passiveRange, .tls),
      // Else the helper cannot read the replies anyway, which is said.
      !publication.tls.value.allowsTLS || publication.clearControl != nil
    else { return nil }
    return diagnostic(
      "the helper writes `\(arrival.value)` into the 227 reply, and clients can dial `\(external.dialled.value)` alone",
      at: publication.helperSpan, related: [Label(arrival.span, "translated before this gateway")],
      help: "write `passive range 50000-50399` in place of `helper on`")
  }
}
