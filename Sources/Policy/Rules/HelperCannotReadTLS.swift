package import Diagnostics
import PolicySyntax

/// The helper is asked to open the data path of sessions that it cannot read.
package struct HelperCannotReadTLS: PublicationRule {
  package init() {}

  package let code = "helper-cannot-read-tls"
  package let severity = Severity.error

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
