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
    var used: Set<Int> = []
    var open = policy.publications.lazy.flatMap { $0.allow + $0.deny }.compactMap(\.list)
      .reduce(into: Set<Int>()) { $0.insert($1) }
    while let index = open.popFirst() {
      guard policy.clientLists.indices.contains(index), used.insert(index).inserted else { continue }
      open.formUnion(policy.clientLists[index].terms.compactMap(\.list))
    }
    return unused(policy.clientLists.map(\.name), except: used, "client list")
  }

  private func servers(_ policy: Policy) -> [Diagnostic] {
    guard !policy.publications.contains(where: { $0.server == nil }) else { return [] }
    return unused(
      policy.servers.map(\.name), except: Set(policy.publications.compactMap(\.server)), "server")
  }

  private func gateways(_ policy: Policy) -> [Diagnostic] {
    // `gateway-ambiguous` comes first.
    guard !policy.publications.contains(where: { $0.gateway == nil }) else { return [] }
    return unused(
      policy.gateways.map(\.name), except: Set(policy.publications.compactMap(\.gateway)), "gateway")
  }

  private func unused(_ names: [Located<String>], except used: Set<Int>, _ what: String) -> [Diagnostic] {
    names.enumerated().filter { !used.contains($0.offset) }.map { _, name in
      diagnostic("no publication uses \(what) `\(name.value)`", at: name.span, help: "use it, or remove it")
    }
  }
}

extension ClientTerm {
  /// The position of the client list that it names.
  fileprivate var list: Int? {
    if case .list(let index) = kind { index } else { nil }
  }
}
