import Addressing
package import Diagnostics

/// A passive range begins below the ports that every server program takes.
package struct PassiveRangeOutOfBounds: PublicationRule {
  package init() {}

  package let code = "passive-range-out-of-bounds"
  package let severity = Severity.error

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard let range = publication.passiveRange, range.value.low < 1025 else { return nil }
    return diagnostic(
      "passive range `\(range.value)` begins below port 1025", at: range.span,
      help: "choose ports from 1025 to 65535, for example `50000-50399`")
  }
}
