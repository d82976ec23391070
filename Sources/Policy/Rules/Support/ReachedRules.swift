import Diagnostics

/// Rules about publications that hold for a `reach` just the same. They are shown its other direction, where it says
/// publications of servers outside to clients inside, and choose their words by `Policy.isOutbound`.
private let reachedRules: [any PolicyRule] = [
  ClearControlLeavesEncryptedSessions(),
  HelperWithoutEffect(),
  PassiveRangeALGPort(),
  TLSOff(),
  TLSPortMismatch(),
]

/// Those of them that are about users, and so hold for a `reach` of a publication of this policy as well.
private let userRules: [any PolicyRule] = [
  AllowNeverMatches(),
  TooManyClients(),
]

/// What these rules find in `reach` blocks, each once.
func checkReaches(_ policy: Policy) -> [Diagnostic] {
  guard !policy.reaches.isEmpty else { return [] }
  let foreign = RuleContext(policy.reached(isForeign: true))
  let all = RuleContext(policy.reached(isForeign: false))
  var told: Set<ReachFinding> = []
  return (reachedRules.flatMap { $0.check(foreign) } + userRules.flatMap { $0.check(all) }).filter {
    told.insert(ReachFinding($0)).inserted
  }
}

/// What makes two findings the same: both families of a `reach`, and each of its servers, bring one.
private struct ReachFinding: Hashable {
  let code: String
  let span: SourceSpan

  init(_ diagnostic: Diagnostic) { (code, span) = (diagnostic.code, diagnostic.primary.span) }
}

extension Policy {
  /// The other direction, with what `reach` blocks say at the gateways next to the users.
  ///
  /// - Parameter isForeign: Whether only with what they say themselves: of a publication of this policy the publication
  ///   is told.
  fileprivate func reached(isForeign: Bool) -> Policy {
    var own: [String: Int?] = [:]
    for reach in reaches where !isForeign || reach.publication == nil { own[reach.name.value] = .some(reach.gateway) }
    var policy = outbound
    policy.publications = policy.publications.filter { access in
      own[access.name.value].map { $0 == access.gateway } ?? false
    }
    return policy
  }
}
