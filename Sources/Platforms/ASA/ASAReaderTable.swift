import Addressing
import Diagnostics
import Nftables

/// Makes the rules that packets meet on a device.
///
/// NAT changes the destination first; then a connection is asked where it leaves, whether its answers would come back
/// the same way, and by the access list of the interface where it came in, the global one, or, without any, the
/// security levels; last by the access list outbound of the interface where it leaves. All of them see real addresses.
struct ASATable {
  let configuration: ASAConfiguration
  let context: GatewayContext
  private(set) var names: ASALookup
  private var maker: ASAConditionMaker
  private(set) var translations: [ASATranslation] = []
  /// The lines of access lists that are bound, by the names of the lists.
  private(set) var entries: [String: [ASAEntry]] = [:]
  private(set) var idle: [IdleRule] = []
  private(set) var declarations: [String: SourceSpan] = [:]
  private(set) var table = Table("device").ofDevice

  init(_ configuration: ASAConfiguration, _ context: GatewayContext) {
    (self.configuration, self.context) = (configuration, context)
    names = ASALookup(configuration, context.arrivals)
    maker = ASAConditionMaker(configuration)
  }

  mutating func build() {
    var lists = configuration.accessGroups.map(\.list)[...].reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }[...]
    while let list = lists.popFirst() { table.chains.append(chain(of: list)) }
    translations = names.translations()
    var writer = ASATranslationWriter()
    writer.write(translations, names, &maker, inside: context.inside)
    idle += writer.idle.map {
      IdleRule(table: "device", chain: "nat", position: $0.position, rule: $0.rule, reason: "is inactive")
    }
    let inspection = ASAInspectionWriter(configuration, &names, &maker)
    let others = othersRules()
    table.chains += [
      Chain("nat", BaseChain(.nat, .prerouting, priority: -100), rules: writer.destinations),
      Chain("way back", rules: writer.asymmetric),
      Chain("routes", rules: routeRules()),
      Chain(
        "access", BaseChain(.filter, .forward, priority: 0, dropsByPolicy: true),
        rules: stopRules() + [.acceptsKnown] + writer.strays
          + [routeJump, Rule([.verdict(.jump("way back"))], provenance: [])] + others + inboundRules()),
      Chain(
        "access out", BaseChain(.filter, .forward, priority: 1), rules: [.acceptsKnown] + outboundRules()),
      Chain("device", BaseChain(.filter, .input, priority: 0, dropsByPolicy: true), rules: ownRules()),
      Chain("source nat", BaseChain(.nat, .postrouting, priority: 100), rules: writer.sources),
    ]
    table.chains += inspection.chains
    table.helpers = ASAInspectionWriter.helpers
    table.sets = maker.sets
  }

  // MARK: - Access lists

  static func title(_ list: String) -> String { "access-list \(list)" }

  private mutating func chain(of list: String) -> Chain {
    var rules: [Rule] = []
    var read: [ASAEntry] = []
    for line in ordered(configuration.lists[list] ?? []) {
      guard let entry = names.entry(line) else { continue }
      read.append(entry)
      guard entry.isOfTCP else { continue }
      let own = self.rules(of: entry)
      if entry.isInactive {
        idle += own.map {
          IdleRule(
            table: "device", chain: Self.title(list), position: rules.count, rule: $0, reason: "is inactive")
        }
      } else {
        rules += own
      }
    }
    entries[list] = read
    return Chain(Self.title(list), rules: rules)
  }

  /// Lines with a number stand where it says.
  private func ordered(_ lines: [ASALine]) -> [ASALine] {
    guard lines.contains(where: { $0[2] == "line" }) else { return lines }
    var result: [ASALine] = []
    for line in lines {
      let place = line[2] == "line" ? Int(line[3]).map { $0 - 1 } : nil
      result.insert(line, at: min(max(place ?? result.count, 0), result.count))
    }
    return result
  }

  private mutating func rules(of entry: ASAEntry) -> [Rule] {
    guard !entry.isBroken else { return [.of(entry.line, [.unread("`\(entry.line.text)`")])] }
    let verdict = Statement.verdict(entry.isPermit ? .accept : .drop)
    return maker.conditions(entry.source, entry.destination, entry.services).map { conditions in
      var conditions = conditions
      conditions.doubt = conditions.doubt ?? entry.doubt
      return .of(entry.line, conditions.statements + [verdict])
    }
  }

  // MARK: - Interfaces

  /// The names of all interfaces that packets may come in by.
  private var interfaces: [String] {
    var seen: Set<String> = []
    let bound = configuration.hasInterfaces ? [] : configuration.accessGroups.compactMap(\.interface)
    return (configuration.interfaceOrder + bound + context.outside + context.inside).filter {
      seen.insert($0).inserted
    }
  }

  /// Interfaces through which nothing passes.
  private func stopRules() -> [Rule] {
    var rules: [Rule] = []
    for name in interfaces {
      let sides = [Statement.comesFrom(name), .leavesTo(name)]
      if let interface = configuration.interfaces[name] {
        guard let stop = interface.stop else { continue }
        rules += sides.map { .of(stop, [$0, .verdict(.drop)]) }
      } else if configuration.hasInterfaces {
        rules += sides.map { side in
          var rule = Rule([side, .verdict(.drop)], provenance: [])
          rule.quotation = "no interface is called `\(name)`"
          return rule
        }
      }
    }
    return rules
  }

  /// Asks routes. Where the policy has servers behind one interface, that one of them is behind another is told of
  /// networks (`SavedGateway.networks`), and only what servers send is asked here.
  private var routeJump: Rule {
    let servers = context.inside.count == 1 ? context.inside : []
    return Rule(servers.map { .comesFrom($0) } + [.verdict(.jump("routes"))], provenance: [])
  }

  /// Connections to a network that lies at another interface. Nothing is said of the rest: routes may be learnt.
  private func routeRules() -> [Rule] {
    let routes = configuration.routes.filter {
      $0.network.length > 0 && configuration.interfaces[$0.interface]?.stop == nil
    }
    guard !configuration.sharesNetworks, routes.count <= Self.mostRoutes else { return [] }
    let byNetwork = Dictionary(grouping: routes, by: \.network)
    let networks = byNetwork.keys.sorted { (-$0.length, $0.address) < (-$1.length, $1.address) }
    return networks.flatMap { network -> [Rule] in
      let destination = Statement.match(.destination(network.family), .equal, .value(Value(network)))
      let ways = byNetwork[network] ?? []
      return ways.map { .of($0.line, [destination, .leavesTo($0.interface), .verdict(.return)]) }
        + ways.prefix(1).map { .of($0.line, [destination, .verdict(.drop)]) }
    }
  }

  /// Routes that are looked at; a table of more is that of somebody who has a program for it.
  private static let mostRoutes = 1000

  private func level(_ name: String) -> Int {
    configuration.interfaces[name]?.level ?? (name == "inside" ? 100 : 0)
  }

  private func inboundRules() -> [Rule] {
    let global = configuration.accessGroups.first { $0.interface == nil }
    let bound = Dictionary(
      configuration.accessGroups.filter(\.isInbound).compactMap { group in group.interface.map { ($0, group) } },
      uniquingKeysWith: { $1 })
    let old = configuration.listOfIPv6.map { line in
      Rule.of(
        line,
        [.match(.meta("nfproto"), .equal, .value(.symbol("ipv6"))), .unread("`ipv6 access-list` of before 9.0")])
    }
    return [old].compactMap(\.self)
      + interfaces.flatMap { name -> [Rule] in
        let comes = Statement.comesFrom(name)
        var rules = levelRules(name)
        let groups = [bound[name], global].compactMap(\.self)
        rules += groups.map { .of($0.line, [comes, .verdict(.jump(Self.title($0.list)))]) }
        if let last = groups.last {
          var end = Rule.of(last.line, [comes, .verdict(.drop)])
          end.quotation =
            "the end of `\(groups.map(\.list).joined(separator: "` and `"))`, which denies what no line permits"
          return rules + [end]
        }
        return rules + withoutList(name)
      }
  }

  /// Between interfaces of one level nothing passes without `same-security-traffic`, whatever access lists say.
  private func levelRules(_ name: String) -> [Rule] {
    guard let own = configuration.interfaces[name] else { return [] }
    let comes = Statement.comesFrom(name)
    var refused: [String] = []
    if !configuration.permitsSameLevelBetween {
      refused = configuration.interfaceOrder.filter { $0 != name && level($0) == level(name) }
    }
    if !configuration.permitsSameLevelWithin { refused.append(name) }
    guard !refused.isEmpty else { return [] }
    var rule = Rule([comes, .leaves(to: refused), .verdict(.drop)], provenance: [own.levelSpan ?? own.span])
    rule.quotation = "interfaces of one security level, without `same-security-traffic permit`"
    return [rule]
  }

  /// From higher levels to lower ones everything passes.
  private func withoutList(_ name: String) -> [Rule] {
    let comes = Statement.comesFrom(name)
    guard let own = configuration.interfaces[name] else {
      var rule = Rule([comes, .unread("what `\(name)` lets in")], provenance: [])
      rule.quotation = "the security level of `\(name)`"
      return configuration.hasInterfaces ? [] : [rule]
    }
    let span = own.levelSpan ?? own.span
    let lower = configuration.interfaceOrder.filter { $0 != name && level($0) <= level(name) }
    var rules: [Rule] = []
    if !lower.isEmpty { rules.append(Rule([comes, .leaves(to: lower), .verdict(.accept)], provenance: [span])) }
    if configuration.permitsSameLevelWithin {
      rules.append(Rule([comes, .leavesTo(name), .verdict(.accept)], provenance: [span]))
    }
    rules.append(Rule([comes, .verdict(.drop)], provenance: [span]))
    for index in rules.indices {
      rules[index].quotation = "security level \(level(name)) of `\(name)`, which has no access list"
    }
    return rules
  }

  private func outboundRules() -> [Rule] {
    configuration.accessGroups.filter { !$0.isInbound }.flatMap { group -> [Rule] in
      guard let name = group.interface else { return [] }
      let leaves = Statement.leavesTo(name)
      var end = Rule.of(group.line, [leaves, .verdict(.drop)])
      end.quotation = "the end of `\(group.list)`, which denies what no line permits"
      return [.of(group.line, [leaves, .verdict(.jump(Self.title(group.list)))]), end]
    }
  }

  /// What is for the device itself: no server of FTP is there.
  private func ownRules() -> [Rule] {
    configuration.interfaceOrder.compactMap { name in
      configuration.interfaces[name].map { interface in
        var rule = Rule([.comesFrom(name), .verdict(.drop)], provenance: [interface.span])
        rule.quotation = "no `nat` leads connections from `\(name)` to this address and port on"
        return rule
      }
    }
  }

  /// `aaa authentication match LIST INTERFACE SERVER` asks whoever connects for a name before, and `filter ftp` asks a
  /// server.
  private mutating func othersRules() -> [Rule] {
    configuration.others.flatMap { line -> [Rule] in
      let unread = Statement.unread("`\(line.text)`")
      guard line[2] == "match" else {
        return [.of(line, (line[2] == "include" ? [.comesFrom(line[4])] : []) + [.isTCP, unread])]
      }
      return (configuration.lists[line[3]] ?? []).flatMap { item -> [Rule] in
        guard let entry = names.entry(item), entry.isPermit || entry.isBroken, entry.isOfTCP, !entry.isInactive else {
          return []
        }
        let conditions =
          entry.isBroken ? [ASAConditions()] : maker.conditions(entry.source, entry.destination, entry.services)
        return conditions.map { .of(line, [.comesFrom(line[4])] + $0.matches + [unread]) }
      }
    }
  }
}

extension Statement {
  /// The packet leaves by one of some interfaces.
  fileprivate static func leaves(to names: [String]) -> Statement {
    guard names.count > 1 else { return .leavesTo(names.first ?? "") }
    return .match(.outputInterface, .equal, .members(names.map { Member(.value(.interface($0))) }))
  }
}
