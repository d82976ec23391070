/// The chains to which the built-in ones lead, which both directions have in common.
private let entrances = Set(IptablesEntrance.allCases.map(\.chain))

/// The name of a chain of `reach` blocks beside those of publications, two characters longer.
func chainForReach(_ chain: String) -> String {
  let prefix = ownChain("")
  guard chain.hasPrefix(prefix), !entrances.contains(chain) else { return chain }
  return ownChain("R-" + chain.dropFirst(prefix.count))
}

extension IptablesRule {
  /// The same rule, which leads to chains of `reach` blocks.
  var namedForReach: IptablesRule {
    var rule = self
    switch target {
    case .jump(let chain): rule.target = .jump(chainForReach(chain))
    case .goto(let chain): rule.target = .goto(chainForReach(chain))
    default: break
    }
    return rule
  }
}
