import Addressing
package import Diagnostics
import PolicySyntax

/// The helper writes an address into replies that clients cannot dial.
package struct HelperBeforeTranslation: PublicationRule {
  package init() {}

  package let code = "helper-before-translation"
  package let severity = Severity.error

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.helper.value, publication.passiveRange == nil,
      let external = publication.translatedByBox(.ipv4), let arrival = external.at,
      !publication.cannotTell(.passiveRange, .tls),
      // Else the helper cannot read the replies anyway, which is said.
      !publication.tls.value.allowsTLS || publication.clearControl != nil
    else { return nil }
    return diagnostic(
      "the helper writes `\(arrival.value)` into the 227 reply, and clients can dial `\(external.dialled.value)` alone",
      at: publication.helperSpan, related: [Label(arrival.span, "translated before this gateway")],
      help: "write `passive range 50000-50399` in place of `helper on`")
  }
}
