package import Diagnostics
import PolicySyntax

/// A program that may leave its passive range in sessions without TLS.
package struct RangeIgnoredInClear: PublishedRule {
  package init() {}

  package let code = "range-ignored-in-clear"
  package let severity = Severity.warning

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    let publication = published.publication
    guard let software = published.software, software.facts.leavesRangeInClear, let range = publication.passiveRange,
      publication.tls.value.allowsPlain,
      !publication.cannotTell(.tls)
    else { return nil }
    return diagnostic(
      "\(software.title) may take data ports outside `\(range.value)` in sessions without TLS", at: range.span,
      related: .place(publication.tls.span, "sessions without TLS are possible"),
      help:
        "write `tls explicit required`, or for a server without any TLS `helper on` in place of the range")
  }
}
