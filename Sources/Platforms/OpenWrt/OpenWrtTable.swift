import Addressing
import Diagnostics
import Nftables

/// The chains of fw4, with its hooks and priorities.
extension OpenWrtLowering {
  /// Everything that the sections say.
  mutating func finished() -> SavedGateway {
    for zone in zones { addMasquerading(zone) }
    var chains = base
    for zone in zones { chains += zoneChains(zone) }
    let starts = Dictionary(
      chains.map { ($0.name, leading[$0.name] ?? 0) }, uniquingKeysWith: { first, _ in first })
    for index in gateway.idle.indices { gateway.idle[index].position += starts[gateway.idle[index].chain] ?? 0 }
    let used = sets.values.sorted { $0.name < $1.name }.map(\.named)
    gateway.ruleset = Ruleset([
      Table(Self.table, helpers: [HelperObject("ftp", type: "ftp")], sets: used, chains: chains)
    ])
    for (chain, policy) in [("input", defaults.input), ("forward", defaults.forward), ("output", defaults.output)] {
      gateway.declarations["inet \(Self.table) \(chain)"] = policy.span
    }
    gateway.families = Set(AddressFamily.allCases)
    return gateway
  }

  /// How many rules stand before those of sections.
  private var leading: [String: Int] {
    ["input": beginning.count + 1, "forward": beginning.count, "output": beginning.count + 1]
  }

  private var beginning: [Rule] {
    let invalid = Rule([.match(.conntrack("state"), .equal, .flags(["invalid"])), .verdict(.drop)], provenance: [])
    return [.acceptsKnown] + (defaults.dropsInvalid ? [invalid] : [])
  }

  private var base: [Chain] {
    func filter(_ name: String, _ hook: BaseChain.Hook, _ policy: OpenWrtZone.Policy, _ first: [Rule]) -> Chain {
      let end =
        policy.verdict == .reject ? [Rule([defaults.statement(.reject)], provenance: [policy.span])] : []
      return Chain(
        name, BaseChain(.filter, hook, priority: 0, dropsByPolicy: policy.verdict != .accept),
        rules: first + own(name, beginning) + jumps(name, leaving: hook == .output) + end)
    }
    let loopback = Rule([.comesFromLoopback, .verdict(.accept)], provenance: [])
    let out = Rule([.leavesLoopback, .verdict(.accept)], provenance: [])
    var chains = [
      filter("input", .input, defaults.input, [loopback]), filter("forward", .forward, defaults.forward, []),
      filter("output", .output, defaults.output, [out]),
      Chain("prerouting", BaseChain(.filter, .prerouting, priority: 0), rules: jumps("helper")),
      Chain("dstnat", BaseChain(.nat, .prerouting, priority: -100), rules: own("dstnat") + jumps("dstnat")),
      Chain(
        "srcnat", BaseChain(.nat, .postrouting, priority: 100),
        rules: own("srcnat") + jumps("srcnat", leaving: true)),
      Chain("raw_prerouting", BaseChain(.filter, .prerouting, priority: -300), rules: jumps("notrack")),
    ]
    for (name, hook) in [
      ("prerouting", .prerouting), ("postrouting", .postrouting), ("input", .input), ("output", .output),
      ("forward", .forward),
    ] as [(String, BaseChain.Hook)] {
      let rules = own("mangle_\(name)")
      let kind: BaseChain.Kind = hook == .output ? .route : .filter
      if !rules.isEmpty {
        chains.append(Chain("mangle_\(name)", BaseChain(kind, hook, priority: -150), rules: rules))
      }
    }
    for (name, hook) in [("input", .input), ("forward", .forward)] as [(String, BaseChain.Hook)] {
      guard let rules = rules["other_\(name)"] else { continue }
      chains.append(Chain("other_\(name)", BaseChain(.filter, hook, priority: 10), rules: rules))
    }
    return chains
  }

  /// The rules of sections in a chain, with what other files add before and after them.
  private func own(_ chain: String, _ first: [Rule] = []) -> [Rule] {
    rules["before_\(chain)", default: []] + first + rules[chain, default: []]
  }

  /// To the chains of the zones.
  private func jumps(_ chain: String, leaving: Bool = false) -> [Rule] {
    let optional = ["helper", "dstnat", "srcnat", "notrack"].contains(chain)
    let after = optional && chain != "dstnat" && chain != "srcnat" ? [] : rules["after_\(chain)", default: []]
    return zones.filter { !optional || rules["\(chain)_\($0.name)"] != nil }.flatMap { zone in
      zone.conditions(leaving: leaving).map { condition in
        Rule(condition + [.verdict(.jump("\(chain)_\(zone.name)"))], provenance: [zone.section.span])
      }
    } + after
  }

  private func zoneChains(_ zone: OpenWrtZone) -> [Chain] {
    let translated =
      translating.contains(zone.name)
      ? [Rule([.isTranslated, .verdict(.accept)], provenance: [zone.section.span])] : []
    func chain(_ hook: String, _ policy: OpenWrtZone.Policy, leaving: Bool, _ translated: [Rule]) -> Chain {
      let name = "\(hook)_\(zone.name)"
      let end = zone.conditions(leaving: leaving).map { condition in
        var rule = Rule(condition + [defaults.statement(policy.verdict)], provenance: [policy.span])
        rule.quotation = "option \(hook) \(policy.verdict.rawValue.uppercased())"
        return rule
      }
      return Chain(name, rules: own(name) + translated + rules["after_\(name)", default: []] + end)
    }
    let filters = [
      chain("input", zone.input, leaving: false, translated), chain("output", zone.output, leaving: true, []),
      chain("forward", zone.forward, leaving: true, translated),
    ]
    let others = ["helper", "dstnat", "srcnat", "notrack"].compactMap { prefix -> Chain? in
      let name = "\(prefix)_\(zone.name)"
      guard rules[name] != nil else { return nil }
      return Chain(name, rules: own(name) + rules["after_\(name)", default: []])
    }
    return filters + others
  }

  private mutating func addMasquerading(_ zone: OpenWrtZone) {
    for (family, span) in zone.masquerades.sorted(by: { $0.value < $1.value }) {
      func own(_ list: [Choice<OpenWrtNetwork>]) -> [Choice<OpenWrtNetwork>] {
        list.filter { $0.value.family == nil || $0.value.family == family }
      }
      let match = OpenWrtMatch(
        family: family, proto: OpenWrtMatch.protocolAny, sources: own(zone.masqueradedSources),
        destinations: own(zone.masqueradedDestinations))
      add(match.statements + [.masquerade], to: "srcnat_\(zone.name)", zone.section, at: span)
    }
  }
}
