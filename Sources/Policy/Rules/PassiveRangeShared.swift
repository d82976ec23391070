package import Diagnostics

/// Two hosts of one server share passive ports.
package struct PassiveRangeShared: PolicyRule {
  package init() {}

  package let code = "passive-range-shared"
  package let severity = Severity.warning

  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.sharedMachines.flatMap { group in
      let claims = group.filter { $0.software?.facts.hasHostForEachPort == true }
        .compactMap { RangeClaim($0, owner: Int($0.publication.controlPort.value.server)) }
      return collisions(claims).map { collision in
        let (first, second) = (collision.first, collision.second)
        return diagnostic(
          "`\(first.published.name)` and `\(second.published.name)` are virtual hosts of one "
            + "\(second.published.software?.title ?? "server") that "
            + "share passive ports, so one can refuse the data connections of the other",
          at: second.range.span, related: [Label(first.range.span, "of `\(first.published.name)`")],
          help: "give each control port of the server a range of its own")
      }
    }
  }
}
