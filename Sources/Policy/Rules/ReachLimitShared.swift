import Addressing
package import Diagnostics
import PolicySyntax

/// A limit for each client of a publication that all users of a `reach` share, because they come with one address.
package struct ReachLimitShared: ReachRule {
  package init() {}

  package let code = "reach-limit-shared"
  package let severity = Severity.warning

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    guard reach.source.value == .gateway, let place = reach.source.span,
      let publication = context.policy.publication(of: reach), !publication.cannotTell(.limit),
      let gateway = context.policy.gateway(at: reach.gateway), !gateway.externalAddresses.isEmpty
    else { return [] }
    let limits = publication.limits.filter { $0.value.isPerClient }
    guard !limits.isEmpty else { return [] }
    let name = publication.name.value
    return [
      diagnostic(
        "all users of `\(reach.name.value)` are one client to `\(name)`, whose limit for each client they share",
        at: place, related: limits.map { Label($0.span, "this limits them together") },
        help:
          "let the limit be enough for all of them, or write `source keep` where the other end has a way back to users"
      )
    ]
  }
}

extension Limit {
  /// Whether every client has it for itself.
  fileprivate var isPerClient: Bool {
    switch self {
    case .sessionsPerClient, .newPerMinutePerClient: true
    case .sessions: false
    }
  }
}
