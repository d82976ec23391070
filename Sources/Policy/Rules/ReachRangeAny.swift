import Addressing
package import Diagnostics
import PolicySyntax

/// A passive range that the other side did not say.
package struct ReachRangeAny: ReachRule {
  package init() {}

  package let code = "reach-range-any"
  package let severity = Severity.warning

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    guard let range = reach.range, range.value == .any, reach.publication == nil else { return [] }
    let addresses = reach.dialled.prefix(3).map { "`\($0.value)`" }
    let ports = ReachedRange.all
    return [
      diagnostic(
        "`passive range any` permits \(ports.count) ports, \(ports), to \(joined(addresses))", at: range.span,
        help: "ask the other side for its passive range: most servers can be told one")
    ]
  }
}
