package import Diagnostics

/// The helper on control connections that are always encrypted.
package struct HelperWithoutEffect: PublicationRule {
  package init() {}

  package let page = RulePage(
    .warning, "helper-without-effect", "the helper can never read these control connections",
    explanation: """
      Where TLS is required, the helper reads nothing: all data connections use the passive range. Without \
      it the gateway has one thing less to load and to trust.
      """,
    failureModes: ["F04", "F21"],
    bad: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          helper         on
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          helper         off
      }
      """)

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.helper.value, let span = publication.helper.span, publication.passiveRange != nil,
      !publication.tls.value.allowsPlain, publication.clearControl == nil
    else { return nil }
    return diagnostic(
      "the helper reads nothing: all control connections of `\(publication.name.value)` are encrypted",
      at: span, related: .place(publication.tls.span, "TLS is required here"), help: "write `helper off`",
      fixes: [.replace(span, with: "helper off", "switch the helper off")])
  }
}
