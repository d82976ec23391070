package import Diagnostics
import PolicySyntax

/// The helper for every client of the Internet.
package struct HelperOpenToAny: PublicationRule {
  package init() {}

  package let code = "helper-open-to-any"
  package let severity = Severity.warning

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
