package import Diagnostics

/// A gateway that is further out than itself, or a path that no packet passes to its end.
package struct BehindCircle: PolicyRule {
  package init() {}

  package let code = "behind-circle"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    let gateways = context.policy.gateways
    /// The walk on which each gateway was met first, and how many gateways a path from it has.
    var walks = [Int?](repeating: nil, count: gateways.count)
    var lengths = [Int](repeating: 0, count: gateways.count)
    var diagnostics: [Diagnostic] = []
    for start in gateways.indices where walks[start] == nil {
      var walk: [Int] = []
      var next: Int? = start
      while let gateway = next, gateways.indices.contains(gateway), walks[gateway] == nil {
        walks[gateway] = start
        walk.append(gateway)
        next = gateways[gateway].behind?.value
      }
      if let end = next, walks.indices.contains(end), walks[end] == start, let first = walk.firstIndex(of: end) {
        diagnostics += circle(Array(walk[first...]), in: context.policy)
        continue
      }
      var length = next.map { lengths.indices.contains($0) ? lengths[$0] : 0 } ?? 0
      for gateway in walk.reversed() {
        length += 1
        lengths[gateway] = length
        if length == Policy.longestPath + 1 { diagnostics += tooLong(gateway, in: context.policy) }
      }
    }
    return diagnostics
  }

  private func circle(_ circle: [Int], in policy: Policy) -> [Diagnostic] {
    // Where one goes round is the same, whoever is asked first.
    guard let least = circle.min(), let statement = policy.gateways[least].behind else { return [] }
    let names = circle.sorted().prefix(8).map { "`\(policy.gateways[$0].name.value)`" }
    return [
      diagnostic(
        circle.count == 1
          ? "gateway \(joined(names)) is behind itself"
          : "\(circle.count) gateways are behind each other in a circle: \(joined(names))",
        at: statement.span,
        related: circle.sorted().dropFirst().prefix(7).compactMap { position in
          policy.gateways[position].behind.map { Label($0.span, "part of the circle") }
        },
        help: "leave `behind` out in the gateway that is next to the clients")
    ]
  }

  private func tooLong(_ gateway: Int, in policy: Policy) -> [Diagnostic] {
    guard let statement = policy.gateways[gateway].behind else { return [] }
    let name = policy.gateways[gateway].name.value
    return [
      diagnostic(
        "the path to `\(name)` has more than \(Policy.longestPath) gateways, and packets do not live that long",
        at: statement.span, help: "describe the gateways on the way to the clients alone")
    ]
  }
}
