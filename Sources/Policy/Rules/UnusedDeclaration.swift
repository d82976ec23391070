package import Diagnostics

/// A client list, gateway or server that no publication uses.
package struct UnusedDeclaration: PolicyRule {
  package init() {}

  package let page = RulePage(
    .warning, "unused-declaration", "a declaration has no effect, because no publication uses it",
    explanation: """
      Client lists, gateways and servers do nothing by themselves. One that no publication uses is left \
      over, or a publication names another by mistake.
      """,
    bad: """
      clients partners = 198.51.100.0/24

      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """,
    good: """
      clients partners = 198.51.100.0/24

      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          allow          partners
      }
      """)

  package func check(_ context: RuleContext) -> [Diagnostic] {
    let policy = context.policy
    // What was left out may have used any of them.
    guard !policy.isPartial else { return [] }
    return clientLists(policy) + servers(policy) + gateways(policy)
  }

  private func clientLists(_ policy: Policy) -> [Diagnostic] {
    // A list that was reported as wrong could have used any other.
    guard !policy.clientLists.contains(where: { $0.terms.isEmpty }),
      !policy.publications.contains(where: { $0.cannotTell("allow", "deny") })
    else { return [] }
    var used = Marks(count: policy.clientLists.count)
    var open: [Int] = []
    func use(_ terms: [ClientTerm]) {
      for case .list(let index) in terms.lazy.map(\.kind) where used.insert(index) { open.append(index) }
    }
    for publication in policy.publications {
      use(publication.allow)
      use(publication.deny)
    }
    while let index = open.popLast() { use(policy.clientLists[index].terms) }
    return unused(policy.clientLists.map(\.name), except: used, "client list")
  }

  private func servers(_ policy: Policy) -> [Diagnostic] {
    guard !policy.publications.contains(where: { $0.server == nil }) else { return [] }
    let used = Marks(policy.publications.lazy.compactMap(\.server), count: policy.servers.count)
    return unused(policy.servers.map(\.name), except: used, "server")
  }

  private func gateways(_ policy: Policy) -> [Diagnostic] {
    // `gateway-ambiguous` comes first.
    guard !policy.publications.contains(where: { $0.gateway == nil }) else { return [] }
    let used = Marks(policy.publications.lazy.compactMap(\.gateway), count: policy.gateways.count)
    return unused(policy.gateways.map(\.name), except: used, "gateway")
  }

  private func unused(_ names: [Located<String>], except used: Marks, _ what: String) -> [Diagnostic] {
    names.indices.filter { !used.contains($0) }.map { index in
      diagnostic(
        "no publication uses \(what) `\(names[index].value)`", at: names[index].span, help: "use it, or remove it")
    }
  }
}

/// Some of the positions below a limit.
private struct Marks {
  private var isMarked: [Bool]

  init(_ positions: some Sequence<Int> = [], count: Int) {
    isMarked = Array(repeating: false, count: count)
    for position in positions { insert(position) }
  }

  /// Returns whether the position is a new one below the limit.
  @discardableResult
  mutating func insert(_ position: Int) -> Bool {
    guard isMarked.indices.contains(position), !isMarked[position] else { return false }
    isMarked[position] = true
    return true
  }

  func contains(_ position: Int) -> Bool { isMarked.indices.contains(position) && isMarked[position] }
}
