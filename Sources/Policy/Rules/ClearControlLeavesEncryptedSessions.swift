package import Diagnostics
import PolicySyntax

/// Only clients that return to a clear control connection have a data path.
package struct ClearControlLeavesEncryptedSessions: PublicationRule {
  package init() {}

  package let code = "clear-control-leaves-encrypted-sessions"
  package let severity = Severity.warning

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
