import Addressing
import Diagnostics
import Nftables

/// Stateless filters on the interfaces of zones (`interfaces ... family inet filter input NAME`): each packet meets
/// them, before translation on its way in and after it on its way out (documented).
struct SRXFilters {
  private(set) var input = SRXChain("filters-in", BaseChain(.filter, .prerouting, priority: -150))
  private(set) var output = SRXChain("filters-out", BaseChain(.filter, .postrouting, priority: 150))
  private let parts: SRXParts

  init(_ parts: SRXParts) {
    self.parts = parts
    addDown()
    for name in parts.zones.zones.keys.sorted() {
      guard let zone = parts.zones.zones[name] else { continue }
      for interface in zone.interfaces {
        let words = interface.split(separator: ".", maxSplits: 1).map(String.init)
        guard words.count == 2, let first = words.first, let last = words.last,
          let unit = parts.root[["interfaces", first, "unit", last, "family"]]
        else { continue }
        let doubt =
          zone.interfaces.count > 1 ? [SRXMatch([.unread("which interface of the zone `\(name)` it is")])] : []
        for family in AddressFamily.allCases { add(unit, family, name, doubt) }
      }
    }
  }

  /// Nothing comes from a zone outside of which no interface is up, and nothing goes inside where none is up there.
  private mutating func addDown() {
    for name in parts.context.outside {
      guard let down = down(name) else { continue }
      for match in parts.zones.matches(ofZones: [name], isSource: true) {
        input.add(match.statements + [.verdict(.drop)], down.words, at: parts.span(down.line))
      }
    }
    let inside = parts.context.inside
    let found = inside.compactMap { down($0) }
    guard let first = found.first, found.count == inside.count else { return }
    for match in parts.zones.matches(ofZones: inside, isSource: false) {
      output.add(match.statements + [.verdict(.drop)], first.words, at: parts.span(first.line))
    }
  }

  /// Why no interface of a zone is up, and the line that says so; `nil` where one is, or may be.
  private func down(_ name: String) -> (words: String, line: Int)? {
    let zones = parts.zones.zones
    guard let zone = zones[name] else { return nil }
    guard !zone.interfaces.isEmpty else {
      let isKnown = zones.values.contains { !$0.interfaces.isEmpty } || zone.interfacesLine != zone.line
      guard isKnown, !parts.bringsZones else { return nil }
      return ("no interface is in the zone \(name)", zone.interfacesLine)
    }
    let lines = zone.interfaces.map { parts.interfaces.lineOff(of: $0) }
    guard let line = lines.first ?? nil, !lines.contains(nil) else { return nil }
    return ("the interface \(zone.interfaces.first ?? "") of the zone \(name) is disabled", line)
  }

  private mutating func add(_ unit: JunosNode, _ family: AddressFamily, _ zone: String, _ doubt: [SRXMatch]) {
    guard let filter = unit[family == .ipv4 ? "inet" : "inet6", "filter"] else { return }
    let own = SRXMatch([.match(.meta("nfproto"), .equal, .value(.symbol(family == .ipv4 ? "ipv4" : "ipv6")))], family)
    for direction in filter.active {
      let isInput = direction.word.hasPrefix("input")
      guard isInput || direction.word.hasPrefix("output") else { continue }
      let place = SRXMatch.all(
        parts.zones.matches(ofZones: [zone], isSource: isInput), [own], doubt.isEmpty ? [SRXMatch()] : doubt)
      for match in place {
        for rule in rules(direction, family) {
          for inner in rule.matches {
            guard let both = match.and(inner) else { continue }
            let statements = both.statements + rule.action
            if isInput {
              input.add(statements, rule.words, at: rule.span)
            } else {
              output.add(statements, rule.words, at: rule.span)
            }
          }
        }
      }
    }
  }

  private struct FilterRule {
    var matches: [SRXMatch]
    var action: [Statement]
    var words: String
    var span: SourceSpan
  }

  private func rules(_ direction: JunosNode, _ family: AddressFamily) -> [FilterRule] {
    let names = direction.active.map(\.word)
    guard names.count == 1, let name = names.first, direction.word == "input" || direction.word == "output",
      let filter = parts.root["firewall", "family", family == .ipv4 ? "inet" : "inet6", "filter", name]
        ?? (family == .ipv4 ? parts.root["firewall", "filter", name] : nil)
    else {
      let words = "filter \(direction.word) \(names.prefix(4).joined(separator: " "))"
      return [FilterRule(matches: [SRXMatch()], action: [.unread(words)], words: words, span: parts.span(direction))]
    }
    var rules = (filter["term"]?.active ?? []).compactMap { term -> FilterRule? in
      guard let action = Self.action(term["then"]) else { return nil }
      return FilterRule(
        matches: matches(term["from"], family), action: action, words: "filter \(name) term \(term.word)",
        span: parts.span(term))
    }
    rules.append(
      FilterRule(
        matches: [SRXMatch()], action: [.verdict(.drop)], words: "filter \(name): no term accepts it",
        span: parts.span(filter)))
    return rules
  }

  /// What a term does; `nil` where it changes nothing.
  private static func action(_ node: JunosNode?) -> [Statement]? {
    let words = node?.active.map(\.word) ?? []
    if words.contains("discard") { return [.verdict(.drop)] }
    if words.contains("reject") { return [.reject("tcp reset", code: nil)] }
    let plain: Set = [
      "accept", "count", "log", "syslog", "sample", "loss-priority", "forwarding-class", "dscp", "next",
      "port-mirror",
    ]
    if let other = words.first(where: { !plain.contains($0) }) { return [.unread("`\(other)` of a filter")] }
    return words.contains("next") ? nil : [.verdict(.accept)]
  }

  private func matches(_ from: JunosNode?, _ family: AddressFamily) -> [SRXMatch] {
    var found = [SRXMatch()]
    var seen: Set<Bool> = []
    for node in from?.active ?? [] {
      switch node.word {
      case "source-address", "destination-address", "source-prefix-list", "destination-prefix-list":
        let isSource = node.word.hasPrefix("source")
        guard seen.insert(isSource).inserted else { continue }
        found = SRXMatch.all(found, addresses(from, isSource))
      case "protocol", "next-header", "payload-protocol":
        found = SRXMatch.all(
          found, node.active.map { SRXMatch([.transport(SRXApplications.transport(named: $0.word))]) })
      case "destination-port", "source-port":
        let ranges = node.active.map(\.portRange)
        let statement = Statement.ports(
          IntervalSet(ranges.compactMap { $0?.ports }), node.word == "source-port" ? "sport" : "dport")
        let doubt = ranges.contains(nil) ? [SRXMatch([.unread("a port of a filter")])] : []
        found = SRXMatch.all(found, (statement.map { [SRXMatch([$0])] } ?? []) + doubt)
      case "tcp-established": found = SRXMatch.all(found, [SRXMatch([.tcpFlags(0x14, .notEqual, 0)])])
      case "tcp-initial": found = SRXMatch.all(found, [SRXMatch([.tcpFlags(0x12, .equal, 0x02)])])
      default: found = SRXMatch.all(found, [SRXMatch([.unread("`\(node.word)` of a filter")])])
      }
    }
    return found
  }

  private func addresses(_ from: JunosNode?, _ isSource: Bool) -> [SRXMatch] {
    let side = isSource ? "source" : "destination"
    var all = SRXAddresses()
    var nodes = from?["\(side)-address"]?.active ?? []
    for list in from?["\(side)-prefix-list"]?.active ?? [] {
      let prefixes = parts.root["policy-options", "prefix-list", list.word]
      if prefixes == nil || !list.isLeaf { all.unread.append("the prefix list `\(list.word)`") }
      nodes += prefixes?.active ?? []
    }
    var prefixes: [Prefix] = []
    for node in nodes {
      if node.isLeaf, let prefix = Prefix(junos: node.word) {
        prefixes.append(prefix)
      } else {
        all.unread.append("the address `\(node.word)` of a filter")
      }
    }
    all.set = AddressSet(prefixes)
    return SRXMatch.of(all, isSource: isSource)
  }
}

extension Statement {
  /// The flags of TCP under a mask.
  fileprivate static func tcpFlags(_ mask: Int64, _ comparison: MatchOperator, _ wanted: Int64) -> Statement {
    .match(
      .arithmetic(.and, [.payload("tcp", "flags"), .value(.number(mask))]), comparison, .value(.number(wanted)))
  }
}
