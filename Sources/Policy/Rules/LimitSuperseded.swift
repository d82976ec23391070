package import Diagnostics

/// A limit that a tighter one makes superfluous.
package struct LimitSuperseded: PolicyRule {
  package init() {}

  package let code = "limit-superseded"
  package let severity = Severity.warning

  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.policy.publications.filter { $0.limits.count > 1 }.flatMap { publication -> [Diagnostic] in
      let sorted = publication.limits.enumerated().sorted {
        ($0.element.value.count, $0.element.value.breadth, $0.offset)
          < ($1.element.value.count, $1.element.value.breadth, $1.offset)
      }.map(\.element)
      var tightest: [Located<Limit>] = []
      return sorted.compactMap { limit in
        guard let tighter = tightest.first(where: { $0.value.supersedes(limit.value) }) else {
          tightest.append(limit)
          return nil
        }
        return diagnostic(
          "this limit never decides, because a tighter one is reached first", at: limit.span,
          related: [Label(tighter.span, "the tighter one")], help: "remove it",
          fixes: [.replace(limit.span, with: "", "remove the limit")])
      }
    }
  }
}

extension Limit {
  fileprivate var count: UInt32 {
    switch self {
    case .sessionsPerClient(let count), .sessions(let count), .newPerMinutePerClient(let count): count
    }
  }

  /// Of equal numbers the one for all clients is the tighter.
  fileprivate var breadth: Int {
    if case .sessions = self { 0 } else { 1 }
  }

  /// Whether the other is never reached, given that its number is not smaller.
  fileprivate func supersedes(_ other: Limit) -> Bool {
    switch (self, other) {
    case (.sessions, .sessions), (.sessions, .sessionsPerClient), (.sessionsPerClient, .sessionsPerClient),
      (.newPerMinutePerClient, .newPerMinutePerClient):
      true
    default: false
    }
  }
}
