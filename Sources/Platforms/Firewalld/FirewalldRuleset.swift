import Addressing
import Diagnostics
import Flows
import Nftables

/// What firewalld makes of its configuration with its nftables backend, as 1.3.3 writes it: hooks, priorities and the
/// order of what each chain does. A zone stands for its interfaces. Chains that hold nothing of ours and change nothing
/// are left out.
///
/// Zones are others' business: those outside are taken to have the target `default` and nothing that would let
/// connections to published ports in; what all others do with new connections is not known.
extension FirewalldRules {
  func table(_ plan: FlowPlan) -> Table {
    var chains = [
      Chain(
        "nat_PREROUTING", BaseChain(.nat, .prerouting, priority: -90), rules: jumps("nat_PRE", \.forwards))
    ]
    chains.append(
      Chain(
        "filter_INPUT", BaseChain(.filter, .input, priority: 10),
        rules: Self.beginning + jumps("filter_IN", \.acceptsLocally) + zoneRules(isInput: true)))
    chains.append(
      Chain(
        "filter_FORWARD", BaseChain(.filter, .forward, priority: 10),
        rules: Self.beginning + jumps("filter_FWD", \.decidesForwarded) + zoneRules(isInput: false)))
    chains.append(
      Chain(
        "filter_OUTPUT", BaseChain(.filter, .output, priority: 10),
        rules: [
          .acceptsKnown, Rule([.leavesLoopback, .verdict(.accept)], provenance: []),
        ]))
    for policy in policies {
      for (prefix, has) in Self.kinds where has(policy) {
        let rules = policy.rules.filter { prefix == "nat_PRE" ? $0.isForward : !$0.isForward }
        chains.append(Chain(policy.chain(prefix), rules: rules.map(\.rule)))
      }
    }
    return Table("firewalld", sets: sets.map(\.named), chains: chains)
  }

  private static var kinds: [(String, (FirewalldPolicy) -> Bool)] {
    [("nat_PRE", \.forwards), ("filter_IN", \.acceptsLocally), ("filter_FWD", \.decidesForwarded)]
  }

  /// What comes before policies and zones.
  private static let beginning: [Rule] = [
    .acceptsKnown,
    Rule([.isTranslated, .verdict(.accept)], provenance: []),
    Rule([.comesFromLoopback, .verdict(.accept)], provenance: []),
    Rule([.match(.conntrack("state"), .equal, .flags(["invalid"])), .verdict(.drop)], provenance: []),
  ]

  /// To the policies, for packets from their zones and to these.
  private func jumps(_ prefix: String, _ has: (FirewalldPolicy) -> Bool) -> [Rule] {
    policies.filter(has).flatMap { policy in
      let (ingress, egress) = (ingress(of: policy), egress(of: policy))
      let coming = ingress.isEmpty ? [[]] : ingress.map { [Statement.comesFrom($0)] }
      let leaving = egress.isEmpty ? [[]] : egress.map { [Statement.leavesTo($0)] }
      return coming.flatMap { first in
        leaving.map { Rule(first + $0 + [.verdict(.jump(policy.chain(prefix)))], provenance: [policy.header]) }
      }
    }
  }

  /// What the zones do with what no policy accepts.
  private func zoneRules(isInput: Bool) -> [Rule] {
    let pings = Statement.match(
      .meta("l4proto"), .equal, .members([Member(.value(.symbol("icmp"))), Member(.value(.symbol("ipv6-icmp")))]))
    let outside = zones.flatMap { zone in
      (isInput ? [Rule([.comesFrom(zone), pings, .verdict(.accept)], provenance: [])] : [])
        + [Rule([.comesFrom(zone), .refusal], provenance: [])]
    }
    return outside + [.unknown("what other zones of firewalld do with new connections")]
  }
}

extension FirewalldPolicy {
  /// firewalld has five chains for each policy and hook; those with our rules end in `_allow` or `_deny`.
  fileprivate func chain(_ prefix: String) -> String {
    "\(prefix)_policy_\(name)_\(kind == .refusals ? "deny" : "allow")"
  }

  fileprivate var forwards: Bool { rules.contains(where: \.isForward) }
  fileprivate var acceptsLocally: Bool { isForHost && rules.contains { !$0.isForward } }
  fileprivate var decidesForwarded: Bool { !isForHost && rules.contains { !$0.isForward } }
}

extension FirewalldRule {
  fileprivate var isForward: Bool { if case .forward = action { true } else { false } }

  fileprivate var rule: Rule {
    var statements: [Statement] = [.match(.destination(family), .equal, .value(.address(destination)))]
    switch clients {
    case .everybody: break
    case .network(let prefix): statements.append(.match(.source(family), .equal, .value(Value(prefix))))
    case .set(let name): statements.append(.match(.source(family), .equal, .set(name)))
    }
    statements.append(.match(.destinationPort, .equal, .value(Value(ports))))
    switch action {
    case .forward(let address, let port):
      statements.append(
        .translate(
          Translation(
            .destination, family, address: .value(.address(address)), port: port.map { .value(.port($0)) })))
    case .accept: statements.append(.verdict(.accept))
    case .refuse: statements.append(.verdict(.drop))
    }
    return Rule(statements, provenance: [provenance])
  }
}

extension FirewalldSet {
  fileprivate var named: NamedSet {
    var elements = ElementList()
    for prefix in prefixes { elements.append(key: [Value(prefix)], provenance: provenance) }
    return NamedSet(name, key: [.source(family)], flags: [.interval], elements: elements)
  }
}

extension Rule {
  /// What nobody of us has written, and nobody knows.
  static func unknown(_ words: String) -> Rule {
    var rule = Rule([.unread(words)], provenance: [])
    rule.quotation = "whatever else is there"
    return rule
  }
}

extension Statement {
  /// The packet comes in on an interface, or on those of a zone of that name.
  static func comesFrom(_ zone: String) -> Statement { .match(.inputInterface, .equal, .value(.interface(zone))) }
  static let comesFromLoopback = comesFrom("lo")
  static let leavesLoopback = Statement.match(.outputInterface, .equal, .value(.interface("lo")))
  fileprivate static let refusal = Statement.reject("icmpx", code: .value(.symbol("admin-prohibited")))
}
