package import Diagnostics

/// A limit that another one makes superfluous.
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
        let (message, label) = limit.value.reason(beside: tighter.value)
        return diagnostic(
          message, at: limit.span, related: [Label(tighter.span, label)], help: "remove it",
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

  /// Why this one never decides, and what is to be said of the one that supersedes it.
  fileprivate func reason(beside other: Limit) -> (message: String, label: String) {
    if self == other { return ("this limit stands in the publication twice", "the same limit") }
    if count > other.count {
      return ("this limit never decides, because a tighter one is reached first", "the tighter one")
    }
    return (
      "this limit never decides, because all clients together may have no more than that",
      "the limit for all clients"
    )
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
