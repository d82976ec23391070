import Diagnostics

/// Rules about publications that hold for a `reach` just the same. They are shown its other direction, where it says
/// publications of servers outside to clients inside, and choose their words by `Policy.isOutbound`.
private let reachedRules: [any PolicyRule] = [
  AllowNeverMatches(),
  ClearControlLeavesEncryptedSessions(),
  HelperWithoutEffect(),
  PassiveRangeALGPort(),
  TLSOff(),
  TLSPortMismatch(),
  TooManyClients(),
]

/// What these rules find in `reach` blocks, each once.
func checkReaches(_ policy: Policy) -> [Diagnostic] {
  guard !policy.reaches.isEmpty else { return [] }
  let context = RuleContext(policy.reached)
  var told: Set<ReachFinding> = []
  return reachedRules.flatMap { $0.check(context) }.filter { told.insert(ReachFinding($0)).inserted }
}

/// What makes two findings the same: both families of a `reach`, and each of its servers, bring one.
private struct ReachFinding: Hashable {
  let code: String
  let span: SourceSpan

  init(_ diagnostic: Diagnostic) { (code, span) = (diagnostic.code, diagnostic.primary.span) }
}

extension Policy {
  /// The other direction, with what `reach` blocks say at the gateways next to the users, and themselves: of a
  /// publication of this policy the publication is told.
  fileprivate var reached: Policy {
    var own: [String: Int?] = [:]
    for reach in reaches where reach.publication == nil { own[reach.name.value] = .some(reach.gateway) }
    var policy = outbound
    policy.publications = policy.publications.filter { access in
      own[access.name.value].map { $0 == access.gateway } ?? false
    }
    return policy
  }
}
