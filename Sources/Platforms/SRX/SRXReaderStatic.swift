import Addressing
import Nftables

/// Static NAT, which holds in both directions.
extension SRXTranslations {
  mutating func addStatic(_ rule: JunosNode, of set: JunosNode, _ isIdle: Bool) {
    let match = rule["match"]
    let from = parts.zones.matches(ofRuleSetSide: set["from"], isSource: true)
    let words = "static rule-set \(set.word) rule \(rule.word)"
    let node = match?["destination-port"]
    let ports = (node?.active ?? []).filter { $0.word != "to" }.map { node.map($0.portRange(beside:)) ?? nil }
    let matches = SRXMatch.all(from, sources(match), destinations(match, rule, isIdle), services(match, ports))
    let place = parts.span(rule)
    guard let target = staticTarget(rule) else {
      for match in matches {
        destination.add(
          match.statements + [.unread("what static NAT makes of it")], words, at: place, isIdle: isIdle)
      }
      return
    }
    let steps = Self.steps(ports.first ?? nil, target.ports)
    for match in matches {
      for step in steps {
        guard let both = match.and(SRXMatch([], target.prefix.family)) else { continue }
        let translation = Self.translation(.destination, to: target.prefix, step.to)
        let own = step.from.map { Statement.match(.destinationPort, .equal, .value(.port($0))) }
        destination.add(
          both.statements + [own, .translate(translation)].compactMap(\.self), words, at: place, isIdle: isIdle)
      }
    }
    addReverse(rule, set, target, ports.first ?? nil, words, isIdle)
  }

  private struct StaticTarget {
    var prefix: Prefix
    var ports: PortRange?
  }

  /// Where static NAT leads to; `nil` where the text does not tell.
  private func staticTarget(_ rule: JunosNode) -> StaticTarget? {
    guard let action = rule["then", "static-nat"] else { return nil }
    guard let node = action["prefix"],
      let value = node.active.first(where: { $0.word != "mapped-port" && $0.word != "routing-instance" }),
      let prefix = Prefix(junos: value.word), node["routing-instance"] == nil, value["routing-instance"] == nil
    else { return nil }
    let match = (rule["match", "destination-address"]?.active ?? []).compactMap { Prefix(junos: $0.word) }
    guard match.count == 1, match.first?.length == prefix.length, match.first?.family == prefix.family else {
      return nil
    }
    guard let mapped = node["mapped-port"] ?? value["mapped-port"] else { return StaticTarget(prefix: prefix) }
    guard let range = mapped.active.first(where: { $0.word != "to" })?.portRange(beside: mapped) else { return nil }
    return StaticTarget(prefix: prefix, ports: range)
  }

  /// Ports that become others, one by one where they are few.
  private static func steps(_ from: PortRange?, _ to: PortRange?) -> [(from: UInt16?, to: PortRange?)] {
    guard let to, let from else { return [(nil, to)] }
    if from == to { return [(nil, nil)] }
    guard from.count == to.count, from.count <= 64 else { return [(nil, to)] }
    return zip(from.ports, to.ports).map { ($0, PortRange($1)) }
  }

  private static func translation(_ kind: Translation.Kind, to prefix: Prefix, _ ports: PortRange?) -> Translation {
    let isHost = prefix.length == prefix.family.bits
    return Translation(
      kind, prefix.family, address: .value(isHost ? .address(prefix.address) : Value(prefix)),
      port: ports.map { .value(Value($0)) }, flags: isHost ? [] : ["netmap"])
  }

  /// Static NAT holds in both directions: the server's own connections have the external address.
  private mutating func addReverse(
    _ rule: JunosNode, _ set: JunosNode, _ target: StaticTarget, _ ports: PortRange?, _ words: String, _ isIdle: Bool
  ) {
    guard
      let external = (rule["match", "destination-address"]?.active ?? []).lazy.compactMap({ Prefix(junos: $0.word) })
        .first
    else { return }
    let to = parts.zones.matches(ofRuleSetSide: set["from"], isSource: false)
    var own: [Statement] = [.match(.source(target.prefix.family), .equal, .value(Value(target.prefix)))]
    if let mapped = target.ports ?? ports {
      own.append(.match(.sourcePort, .equal, .value(Value(mapped))))
    }
    let translation = Self.translation(.source, to: external, target.ports == nil ? nil : ports)
    for match in SRXMatch.all(to, [SRXMatch(own, target.prefix.family)]) {
      source.add(match.statements + [.translate(translation)], words, at: parts.span(rule), isIdle: isIdle)
    }
  }
}
