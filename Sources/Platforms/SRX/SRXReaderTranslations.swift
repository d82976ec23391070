import Addressing
import Diagnostics
import Nftables

/// Static and destination NAT, and source NAT.
///
/// Static NAT comes before destination NAT, and both before the policies; the first rule that matches decides
/// (documented). A rule-set from an interface comes before one from a zone, and that before one from a routing
/// instance.
struct SRXTranslations {
  var parts: SRXParts
  var destination = SRXChain("nat", BaseChain(.nat, .prerouting, priority: -100))
  var source = SRXChain("source-nat", BaseChain(.nat, .postrouting, priority: 100))
  /// Addresses that rules translate, each with the last rule about it, in the order of those rules.
  private(set) var translated: [(prefix: Prefix, span: SourceSpan)] = []

  init(_ parts: SRXParts) {
    self.parts = parts
    let nat = parts.root["security"]?.any("nat")
    for (set, isIdle) in ruleSets(nat?.any("static"), nat?.isInactive == true) {
      for rule in set["rule"]?.all ?? [] { addStatic(rule, of: set, isIdle || rule.isInactive) }
    }
    let sets = ruleSets(nat?.any("destination"), nat?.isInactive == true)
    for (set, isIdle) in sets {
      for rule in set["rule"]?.all ?? [] { addDestination(rule, of: set, isIdle || rule.isInactive) }
      // Nobody has seen whether a rule-set of the zone is asked after one of its interfaces.
      guard let interfaces = set["from", "interface"]?.active, isZoneAsked(interfaces, sets.map(\.0)) else {
        continue
      }
      for match in parts.zones.matches(ofRuleSetSide: set["from"], isSource: true) {
        destination.add(
          match.statements + [.unread("whether rule-sets of the zone are asked after those of an interface")],
          "rule-set \(set.word)", at: parts.span(set), isIdle: isIdle || set.isInactive)
      }
    }
    for (set, isIdle) in ruleSets(nat?.any("source"), nat?.isInactive == true) {
      for rule in set["rule"]?.all ?? [] { addSource(rule, of: set, isIdle || rule.isInactive) }
    }
  }

  /// Rule-sets in the order in which they are asked, and whether something switches them off.
  private func ruleSets(_ kind: JunosNode?, _ isIdle: Bool) -> [(JunosNode, Bool)] {
    guard let kind, let list = kind.any("rule-set") else { return [] }
    let off = isIdle || kind.isInactive || list.isInactive
    func rank(_ set: JunosNode) -> Int {
      set["from", "interface"] != nil || set["to", "interface"] != nil
        ? 0 : set["from", "routing-instance"] != nil ? 2 : 1
    }
    return list.all.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
      .map { ($0.element, off || $0.element.isInactive) }
  }

  /// Whether some rule-set is from the zone of one of some interfaces.
  private func isZoneAsked(_ interfaces: [JunosNode], _ sets: [JunosNode]) -> Bool {
    let zones = interfaces.compactMap { parts.zones.zone(of: $0.word) }
    return sets.contains { set in zones.contains { set["from", "zone", $0] != nil } }
  }

  // MARK: - Destination NAT

  private mutating func addDestination(_ rule: JunosNode, of set: JunosNode, _ isIdle: Bool) {
    let match = rule["match"]
    let from = parts.zones.matches(ofRuleSetSide: set["from"], isSource: true)
    let ports = match?["destination-port"]?.active ?? []
    let words = "rule-set \(set.word) rule \(rule.word)"
    let (targets, place) = target(of: rule, ports)
    let matches = SRXMatch.all(
      from, sources(match), destinations(match, rule, isIdle), services(match, ports.map(\.portRange)))
    for match in matches {
      for target in targets {
        guard let both = match.and(target) else { continue }
        destination.add(both.statements, "\(words): \(description(of: rule))", at: place, isIdle: isIdle)
      }
    }
  }

  private func description(of rule: JunosNode) -> String {
    let port = (rule["match", "destination-port"]?.active ?? []).map(\.rangeText).joined(separator: " ")
    let target = rule["then", "destination-nat"]?.value.map { $0.word + ($0.value.map { " " + $0.word } ?? "") } ?? ""
    return (port.isEmpty ? "" : "destination-port \(port) ") + "destination-nat \(target)"
  }

  /// What a rule does, and the line that decides it: that of the pool where one port of it stands for many.
  private func target(of rule: JunosNode, _ ports: [JunosNode]) -> ([SRXMatch], SourceSpan) {
    let own = parts.span(rule)
    guard let action = rule["then", "destination-nat"] else {
      return ([SRXMatch([.unread("a rule of destination NAT that does not say what becomes of packets")])], own)
    }
    if action["off"] != nil { return ([SRXMatch([.verdict(.accept)])], own) }
    guard let name = action["pool"]?.value?.word else {
      return ([SRXMatch([.unread("destination NAT without a pool")])], own)
    }
    guard let pool = parts.root["security", "nat", "destination", "pool", name] else {
      return ([SRXMatch([.unread("the pool `\(name)`, which the file does not have")])], own)
    }
    if let instance = pool["routing-instance"]?.value?.word, instance != "default" {
      return ([SRXMatch([.unread("the routing instance `\(instance)` of the pool `\(name)`")])], own)
    }
    return translation(to: pool, own, isOfMany: ports.contains { ($0.portRange?.count ?? 2) > 1 } || ports.count != 1)
  }

  private func translation(to pool: JunosNode, _ own: SourceSpan, isOfMany: Bool) -> ([SRXMatch], SourceSpan) {
    func doubt(_ words: String) -> ([SRXMatch], SourceSpan) { ([SRXMatch([.unread(words)])], own) }
    guard let node = pool["address"] else { return doubt("the pool `\(pool.word)`, which has no address") }
    let addresses = node.active.filter { $0.word != "port" && $0.word != "to" }
    let port = node["port"]?.value ?? addresses.compactMap { $0["port"]?.value }.last
    guard addresses.count == 1, let only = addresses.first, node["to"] == nil, only["to"] == nil,
      let prefix = Prefix(junos: only.word), prefix.length == prefix.family.bits
    else { return doubt("the pool `\(pool.word)`, which has several addresses") }
    var target: Expression?
    if let port {
      guard let number = JunosNode.port(port.word) else { return doubt("the port `\(port.word)` of a pool") }
      target = .value(.port(number))
    }
    let translation = Translation(
      .destination, prefix.family, address: .value(.address(prefix.address)), port: target)
    return (
      [SRXMatch([.translate(translation)], prefix.family)],
      isOfMany ? port.map { parts.span($0) } ?? own : own
    )
  }

  mutating func sources(_ match: JunosNode?) -> [SRXMatch] {
    var found = SRXAddresses()
    var isAny = true
    for node in match?["source-address"]?.active ?? [] {
      isAny = false
      if let prefix = Prefix(junos: node.word) {
        found.add(SRXAddresses(set: AddressSet([prefix])))
      } else {
        found.unread.append("the source address `\(node.word)`")
      }
    }
    let names = (match?["source-address-name"]?.active ?? []).map(\.word)
    if !names.isEmpty { found.add(parts.books.meaning(of: names, in: nil)) }
    let ports = (match?["source-port"]?.active ?? []).map(\.portRange)
    var matches = isAny && names.isEmpty ? [SRXMatch()] : SRXMatch.of(found, isSource: true)
    if ports.contains(nil) {
      matches = SRXMatch.all(matches, [SRXMatch([.unread("the source port of a rule of NAT")])])
    } else if let statement = Statement.ports(IntervalSet(ports.compactMap { $0?.ports }), "sport") {
      matches = SRXMatch.all(matches, [SRXMatch([statement])])
    }
    return matches
  }

  /// - Parameter isIdle: Whether nothing is to be remembered of the rule.
  mutating func destinations(_ match: JunosNode?, _ rule: JunosNode, _ isIdle: Bool) -> [SRXMatch] {
    var found = SRXAddresses()
    var hasAny = false
    for node in match?["destination-address"]?.active ?? [] {
      hasAny = true
      if let prefix = Prefix(junos: node.word) {
        found.add(SRXAddresses(set: AddressSet([prefix])))
        if !isIdle { translated.append((prefix, parts.span(rule))) }
      } else {
        found.unread.append("the destination address `\(node.word)`")
      }
    }
    let names = (match?["destination-address-name"]?.active ?? []).map(\.word)
    if !names.isEmpty { found.add(parts.books.meaning(of: names, in: nil)) }
    guard hasAny || !names.isEmpty else {
      return [SRXMatch([.unread("a rule of NAT that names no destination address")])]
    }
    return SRXMatch.of(found, isSource: false)
  }

  mutating func services(_ match: JunosNode?, _ ranges: [PortRange?]) -> [SRXMatch] {
    let names = (match?["application"]?.active ?? []).map(\.word)
    var found = [SRXMatch()]
    if let other = match?.active.first(where: { !Self.known.contains($0.word) }) {
      found = [SRXMatch([.unread("`\(other.word)` of a rule of NAT")])]
    }
    if !names.isEmpty, names != ["any"] {
      found = SRXMatch.all(found, parts.applications.services(of: names).matches(isInspecting: false))
    }
    let protocols = (match?["protocol"]?.active ?? []).map { SRXApplications.transport(named: $0.word) }
    if !protocols.isEmpty, !protocols.contains("tcp") {
      return SRXMatch.all(found, protocols.map { SRXMatch([.transport($0)]) })
    }
    if ranges.contains(nil) { return [SRXMatch([.unread("the destination port of a rule of NAT")])] }
    if let statement = Statement.ports(IntervalSet(ranges.compactMap { $0?.ports })) {
      return SRXMatch.all(found, [SRXMatch([statement])])
    }
    return protocols.isEmpty ? found : SRXMatch.all(found, [SRXMatch([.isTCP])])
  }

  /// What a rule of NAT may ask.
  private static let known: Set = [
    "source-address", "source-address-name", "source-port", "destination-address", "destination-address-name",
    "destination-port", "protocol", "application", "apply-groups", "apply-groups-except",
  ]
}

extension JunosNode {
  /// As the configuration writes a port or a range.
  var rangeText: String { self["to"]?.value.map { "\(word) to \($0.word)" } ?? word }

  /// As `portRange`, where the upper end may stand in a line of its own: `mapped-port to 5500`.
  func portRange(beside parent: JunosNode) -> PortRange? {
    guard let end = parent["to"]?.value, let low = Self.port(word), let high = Self.port(end.word) else {
      return portRange
    }
    return PortRange(low: low, high: high)
  }
}
