import Addressing
package import Diagnostics

/// A passive range of one port, for a program that cannot have it.
package struct PassiveRangeSinglePort: PublishedRule {
  package init() {}

  package let code = "passive-range-single-port"
  package let severity = Severity.error

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    guard let range = published.publication.passiveRange, range.value.count == 1,
      let message = published.software?.facts.singlePort
    else { return nil }
    return diagnostic(
      message, at: range.span, related: .place(published.server.software?.span, ""),
      help: "give the range two ports for every session")
  }
}
