package import Diagnostics
import PolicySyntax

/// The helper for every client of the Internet.
package struct HelperOpenToAny: PublicationRule {
  package init() {}

  package let page = RulePage(
    .warning, "helper-open-to-any", "the helper works for every client on the Internet",
    explanation: """
      The helper opens ports at the word of whoever holds a control connection. Sallyport accepts only what \
      it expects to or from the published server, and only on data ports; still it is code in the kernel \
      that reads what strangers write. A passive range needs no helper, and `allow` keeps strangers away \
      from it.
      """,
    failureModes: ["F55"],
    bad: """
      publish files {
          server       10.10.20.200 proftpd
          external ip  203.0.113.10
          tls          off
          helper       on
      }
      """,
    good: """
      publish files {
          server       10.10.20.200 proftpd
          external ip  203.0.113.10
          tls          off
          helper       on
          allow        198.51.100.0/24
      }
      """)

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.helper.value, publication.admitsEveryone, !publication.cannotTell(.allow, .deny) else {
      return nil
    }
    return diagnostic(
      "the helper of `\(publication.name.value)` reads the commands of whoever connects",
      at: publication.helperSpan,
      help: "add `allow` with the addresses of the clients, or use a passive range in place of the helper")
  }
}
