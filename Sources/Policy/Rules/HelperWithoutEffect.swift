package import Diagnostics

/// The helper on control connections that are always encrypted.
package struct HelperWithoutEffect: PublicationRule {
  package init() {}

  package let code = "helper-without-effect"
  package let severity = Severity.warning

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
