import Addressing
import Diagnostics
import Nftables
import Policy

/// The packets of the sessions of one publication, as far as it tells which rules they can never meet.
///
/// Every packet has the gateway or the server at one end: what comes in outside goes to them, and what comes from the
/// server goes to a client. So a large ruleset, most of which is about other servers, is judged by the few rules that
/// are about this one. Interfaces are those of the policy: none of these packets passes another one.
struct SessionReach {
  private let ends: Set<IPAddress>
  /// The ports to which clients open connections, before and after translation.
  private let ports: [ClosedRange<UInt16>]
  private let outside: Set<String>
  private let inside: Set<String>
  /// Whether the policy permits that the server opens connections.
  private let opensData: Bool

  init(of publication: Publication, in policy: Policy) {
    let endpoints = policy.endpoints(of: publication)
    ends = Set(endpoints.flatMap { [$0.dialled, $0.arrival, $0.server] })
    let control = publication.controlPort.value
    let range = publication.passiveRange?.value
    // Without a range the server takes any port.
    ports =
      [control.external...control.external, control.server...control.server]
      + [range.map { $0.low...$0.high } ?? 0...UInt16.max]
    let gateway = policy.gateway(of: publication)
    outside = Set(gateway?.outside.map(\.value) ?? [])
    inside = Set(gateway?.inside.map(\.value) ?? [])
    opensData = publication.active.value
  }

  /// The rules that some packet of a session may meet.
  func relevant(in ruleset: Ruleset) -> Ruleset {
    ruleset.keepingRules { table in
      var conditions = RuleReach(table, ends)
      return { _, _, rule in isMet(conditions.read(rule)) }
    }
  }

  /// Those of the relevant rules that may treat one client different from another: where answers are accepted before,
  /// the rules after that see the first packets of connections alone, and those go to the server unless it opens
  /// connections itself.
  func distinguishing(in ruleset: Ruleset) -> Ruleset {
    guard !opensData else { return ruleset }
    return ruleset.keepingRules { table in
      let seen = FirstPackets(table)
      var conditions = RuleReach(table, ends)
      return { chain, position, rule in
        !seen.arrivesAlone(at: position, in: chain) || conditions.read(rule).destination != false
      }
    }
  }

  private func isMet(_ rule: RuleReach.Conditions) -> Bool {
    if rule.isOfOtherProtocol { return false }
    let known = outside.union(inside)
    if !outside.isEmpty, !inside.isEmpty {
      if let input = rule.input, input.isDisjoint(with: known), !input.contains("lo") { return false }
      if let output = rule.output, output.isDisjoint(with: known), !output.contains("lo") { return false }
    }
    // Neighbours of IPv6 find each other by messages that have other addresses.
    guard rule.isOfTCP || !rule.isOfIPv6 else { return true }
    if rule.destination == false, rule.source == false { return false }
    let comesFromOutside = !outside.isEmpty && rule.input.map { $0.isSubset(of: outside) && !$0.isEmpty } ?? false
    if comesFromOutside, rule.destination == false { return false }
    guard comesFromOutside || rule.source == false, let wanted = rule.ports else { return true }
    return wanted.contains { port in ports.contains { $0.overlaps(port) } }
  }
}

extension Ruleset {
  /// The ruleset with some of the rules of the tables whose rules see TCP.
  ///
  /// - Parameter choose: Makes, for a table, what tells whether to keep a rule: by its chain, its position there, and
  ///   itself.
  fileprivate func keepingRules(_ choose: (Table) -> (String, Int, Rule) -> Bool) -> Ruleset {
    var result = self
    for index in tables.indices where [.ip, .ip6, .inet].contains(tables[index].family) {
      let isKept = choose(tables[index])
      for (number, chain) in tables[index].chains.enumerated() {
        result.tables[index].chains[number].rules = chain.rules.enumerated()
          .filter { isKept(chain.name, $0.offset, $0.element) }.map(\.element)
      }
    }
    return result
  }
}

/// Reads what rules of a table ask for, as far as it concerns `SessionReach`.
private struct RuleReach {
  struct Conditions {
    /// Whether an end is among the addresses that the rule asks for; `nil` where it asks for none.
    var source: Bool?
    var destination: Bool?
    var input: Set<String>?
    var output: Set<String>?
    var ports: [ClosedRange<UInt16>]?
    var isOfTCP = false
    var isOfOtherProtocol = false
    var isOfIPv6 = false
  }

  private let table: Table
  /// The ends, in ascending order.
  private let sorted: [IPAddress]
  /// Whether an end is in a named set of addresses; `nil` for a set of something else.
  private var sets: [String: Bool?] = [:]

  init(_ table: Table, _ ends: Set<IPAddress>) {
    self.table = table
    sorted = ends.sorted()
  }

  mutating func read(_ rule: Rule) -> Conditions {
    var found = Conditions()
    found.isOfIPv6 = table.family == .ip6
    for statement in rule.statements {
      switch statement {
      case .match(let left, let comparison, let right):
        if case .payload("ip6", _) = left { found.isOfIPv6 = true }
        guard comparison == .equal || comparison == .isIn else { continue }
        read(left, right, &found)
      case .counter, .log, .last, .limit, .quota: continue
      // What a statement does, it has done whatever follows it asks for.
      default: return found
      }
    }
    return found
  }

  private mutating func read(_ left: Expression, _ right: Expression, _ found: inout Conditions) {
    switch left {
    case .payload("ip", "saddr"), .payload("ip6", "saddr"):
      if let hits = hits(right) { found.source = (found.source ?? true) && hits }
    case .payload("ip", "daddr"), .payload("ip6", "daddr"):
      if let hits = hits(right) { found.destination = (found.destination ?? true) && hits }
    case .meta("iifname"): found.input = names(right) ?? found.input
    case .meta("oifname"): found.output = names(right) ?? found.output
    case .payload("tcp", let field):
      found.isOfTCP = true
      if field == "dport", let ranges = ranges(right) { found.ports = ranges }
    case .payload("udp", _), .payload("sctp", _): found.isOfOtherProtocol = true
    case .meta("l4proto"), .payload("ip", "protocol"):
      guard let words = words(right) else { return }
      if words == ["tcp"] { found.isOfTCP = true }
      if words.isDisjoint(with: ["tcp", "icmp", "icmpv6", "ipv6-icmp"]) { found.isOfOtherProtocol = true }
    default: break
    }
  }

  private func names(_ right: Expression) -> Set<String>? {
    guard let values = right.onlyConstantValues else { return nil }
    var names: Set<String> = []
    for value in values {
      guard case .interface(let name) = value, !name.contains("*") else { return nil }
      names.insert(name)
    }
    return names
  }

  private func words(_ right: Expression) -> Set<String>? {
    guard let values = right.onlyConstantValues else { return nil }
    var words: Set<String> = []
    for value in values {
      switch value {
      case .symbol(let word), .string(let word): words.insert(word)
      default: return nil
      }
    }
    // Numbers and names that are not known stay what they are.
    return words.isSubset(of: ["tcp", "udp", "icmp", "icmpv6", "ipv6-icmp", "esp", "ah", "gre", "sctp", "udplite"])
      ? words : nil
  }

  private func ranges(_ right: Expression) -> [ClosedRange<UInt16>]? {
    guard let values = right.onlyConstantValues else { return nil }
    let ranges = values.compactMap(\.portRange?.ports)
    return ranges.count == values.count ? ranges : nil
  }

  /// Whether one of the ends is among addresses; `nil` for what are no addresses.
  private mutating func hits(_ right: Expression) -> Bool? {
    if case .set(let name) = right {
      if let known = sets[name] { return known }
      let set = table.sets.first { $0.name == name }
      // A set that packets fill may hold an end.
      let isConstant = set.map { $0.key.count == 1 && $0.size == 0 && !$0.flags.contains(.dynamic) } ?? false
      let hits = isConstant ? set.flatMap { self.hits($0.elements.compactMap { $0.key.first }) } : nil
      sets[name] = .some(hits)
      return hits
    }
    return right.onlyConstantValues.flatMap { hits($0) }
  }

  private func hits(_ values: [Value]) -> Bool? {
    let ranges = values.compactMap(\.addressRange)
    guard ranges.count == values.count else { return nil }
    return ranges.contains { range in
      let next = sorted.indices.partitionPoint { sorted[$0] < range.lowerBound }
      return sorted.indices.contains(next) && sorted[next] <= range.upperBound
    }
  }
}

/// Where in the chains of a table nothing but the first packet of a connection arrives, because answers and what
/// follows them were accepted before.
private struct FirstPackets {
  /// The position from which on that is so, by the name of a chain.
  private var start: [String: Int] = [:]

  init(_ table: Table) {
    let positions = Dictionary(
      table.chains.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    var waiting: [(name: String, isAlone: Bool)] = table.chains.compactMap { chain in
      chain.base.map { (chain.name, $0.kind == .nat) }
    }
    while let (name, isAlone) = waiting.popLast() {
      guard let index = positions[name] else { continue }
      let rules = table.chains[index].rules
      let own = isAlone ? 0 : rules.firstIndex(where: \.acceptsAnswers).map { $0 + 1 } ?? rules.count
      // A chain that others lead to as well counts by the worst of them.
      if let known = start[name], known >= own { continue }
      start[name] = own
      for (position, rule) in rules.enumerated() {
        for case .verdict(let verdict) in rule.statements {
          switch verdict {
          case .jump(let target), .goto(let target): waiting.append((target, position >= own))
          default: break
          }
        }
      }
    }
  }

  func arrivesAlone(at position: Int, in chain: String) -> Bool { start[chain].map { position >= $0 } ?? true }
}

extension Rule {
  /// Whether it accepts every packet of a connection that was answered, and asks for nothing else.
  fileprivate var acceptsAnswers: Bool {
    var isOfAnswers = false
    for statement in statements {
      switch statement {
      case .match(.conntrack("state"), let comparison, .flags(let flags)):
        guard comparison == .equal || comparison == .isIn else { return false }
        isOfAnswers = flags.contains("established")
        if !isOfAnswers { return false }
      case .counter: continue
      case .verdict(.accept): return isOfAnswers
      default: return false
      }
    }
    return false
  }
}
