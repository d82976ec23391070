package import Diagnostics

/// Two servers behind one external address have passive ports in common.
package struct PassiveRangeOverlap: PolicyRule {
  package init() {}

  package let code = "passive-range-overlap"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var seen: Set<[Int]> = []
    var diagnostics: [Diagnostic] = []
    for group in context.sharedExternalAddresses {
      let claims = group.compactMap { RangeClaim($0.published, owner: $0.published.machine) }
      for collision in collisions(claims) {
        let (first, second) = (collision.first, collision.second)
        let pair = [first.published.position, second.published.position]
        guard let address = group.first?.address, seen.insert(pair).inserted else { continue }
        diagnostics.append(
          diagnostic(
            "passive range `\(second.range.value)` of `\(second.published.name)` overlaps that of "
              + "`\(first.published.name)`, and both are dialled at \(address)",
            at: second.range.span, label: "of `\(second.published.name)`",
            related: [Label(first.range.span, "`\(first.published.name)` has `\(first.range.value)`")],
            help: "give each server behind \(address) a range of its own"))
      }
    }
    return diagnostics
  }
}
