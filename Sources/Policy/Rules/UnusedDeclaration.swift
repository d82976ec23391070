package import Diagnostics
import PolicySyntax

/// A client list, gateway or server that no publication uses.
package struct UnusedDeclaration: PolicyRule {
  package init() {}

  package let code = "unused-declaration"
  package let severity = Severity.warning

  package func check(_ context: RuleContext) -> [Diagnostic] {
    let policy = context.policy
    // What was left out may have used any of them.
    guard !policy.isPartial else { return [] }
    let uses = Uses(policy)
    // What was not understood may use anything.
    guard !policy.isPartial else { return [] }
    return clientLists(policy, uses) + servers(policy, uses) + gateways(policy, uses)
  }

  private func clientLists(_ policy: Policy, _ uses: Uses) -> [Diagnostic] {
    // A list that was reported as wrong could have used any other.
    guard uses.areClientsKnown, !policy.clientLists.contains(where: { $0.terms.isEmpty }) else { return [] }
    return unused(policy.clientLists.map(\.name), except: uses.clientLists, "client list")
  }

  private func servers(_ policy: Policy, _ uses: Uses) -> [Diagnostic] {
    uses.areServersKnown ? unused(policy.servers.map(\.name), except: uses.servers, "server") : []
  }

  private func gateways(_ policy: Policy, _ uses: Uses) -> [Diagnostic] {
    // `gateway-ambiguous` comes first.
    uses.areGatewaysKnown ? unused(policy.gateways.map(\.name), except: uses.gateways, "gateway") : []
  }

  private func unused(_ names: [Located<String>], except used: Marks, _ what: String) -> [Diagnostic] {
    names.indices.filter { !used.contains($0) }.map { index in
      diagnostic(
        "no publication uses \(what) `\(names[index].value)`", at: names[index].span, help: "use it, or remove it"
      ).from(.unusedName)
    }
  }
}

/// What publications use, collected in one pass.
private struct Uses {
  private(set) var clientLists: Marks
  private(set) var servers: Marks
  private(set) var gateways: Marks
  /// Whether every publication could be asked.
  private(set) var areClientsKnown = true
  private(set) var areServersKnown = true
  private(set) var areGatewaysKnown = true

  init(_ policy: Policy) {
    clientLists = Marks(count: policy.clientLists.count)
    servers = Marks(count: policy.servers.count)
    gateways = Marks(count: policy.gateways.count)
    var open: [Int] = []
    for publication in policy.publications {
      use(publication.allow, &open)
      use(publication.deny, &open)
      if publication.cannotTell(.allow, .deny) { areClientsKnown = false }
      if let server = publication.server { servers.insert(server) } else { areServersKnown = false }
      if let gateway = publication.gateway { gateways.insert(gateway) } else { areGatewaysKnown = false }
    }
    for reach in policy.reaches {
      use(reach.allow, &open)
      use(reach.deny, &open)
      if reach.unreadable.contains(.allow) || reach.unreadable.contains(.deny) { areClientsKnown = false }
      if let gateway = reach.gateway { gateways.insert(gateway) } else { areGatewaysKnown = false }
    }
    for case .listed(let terms) in policy.expectations.lazy.flatMap(\.statements).map(\.clients) { use(terms, &open) }
    var used = policy.gateways.indices.filter { gateways.contains($0) }
    while let gateway = used.popLast() {
      guard let outer = policy.gateways[gateway].behind?.value, gateways.insert(outer) else { continue }
      used.append(outer)
    }
    while let index = open.popLast() { use(policy.clientLists[index].terms, &open) }
  }

  /// Marks the lists that terms name; those that are new are open.
  private mutating func use(_ terms: [ClientTerm], _ open: inout [Int]) {
    for case .list(let index) in terms.lazy.map(\.kind) where clientLists.insert(index) { open.append(index) }
  }
}

/// Some of the positions below a limit.
private struct Marks {
  private var isMarked: [Bool]

  init(count: Int) { isMarked = Array(repeating: false, count: count) }

  /// Returns whether the position is a new one below the limit.
  @discardableResult
  mutating func insert(_ position: Int) -> Bool {
    guard isMarked.indices.contains(position), !isMarked[position] else { return false }
    isMarked[position] = true
    return true
  }

  func contains(_ position: Int) -> Bool { isMarked.indices.contains(position) && isMarked[position] }
}
