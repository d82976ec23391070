import Addressing
import Nftables

/// Source NAT, after the policies.
extension SRXTranslations {
  mutating func addSource(_ rule: JunosNode, of set: JunosNode, _ isIdle: Bool) {
    let match = rule["match"]
    var destinations = [SRXMatch()]
    if match?["destination-address"] != nil || match?["destination-address-name"] != nil {
      destinations = self.destinations(match, rule, true)
    }
    let matches = SRXMatch.all(
      parts.zones.matches(ofRuleSetSide: set["from"], isSource: true),
      parts.zones.matches(ofRuleSetSide: set["to"], isSource: false), sources(match), destinations,
      services(match, (match?["destination-port"]?.active ?? []).map(\.portRange)))
    let words = "source rule-set \(set.word) rule \(rule.word)"
    for match in matches {
      for action in sourceActions(rule, set) {
        guard let both = match.and(action) else { continue }
        source.add(both.statements, words, at: parts.span(rule), isIdle: isIdle)
      }
    }
  }

  private func sourceActions(_ rule: JunosNode, _ set: JunosNode) -> [SRXMatch] {
    guard let action = rule["then", "source-nat"] else {
      return [SRXMatch([.unread("a rule of source NAT that does not say what becomes of packets")])]
    }
    if action["off"] != nil { return [SRXMatch([.verdict(.accept)])] }
    if action["interface"] != nil { return interfaceActions(set) }
    guard let name = action["pool"]?.value?.word,
      let pool = parts.root["security", "nat", "source", "pool", name], let addresses = pool["address"]?.active
    else { return [SRXMatch([.unread("the pool of source NAT")])] }
    guard addresses.count == 1, let prefix = addresses.first.flatMap({ Prefix(junos: $0.word) }),
      prefix.length == prefix.family.bits,
      addresses.first?["to"] == nil
    else {
      return [SRXMatch([.unread("which address of the pool `\(name)` it becomes")])]
    }
    return [
      SRXMatch([.translateSource(prefix.family, .value(.address(prefix.address)))], prefix.family)
    ]
  }

  /// The address of the outgoing interface, where the text tells it.
  private func interfaceActions(_ set: JunosNode) -> [SRXMatch] {
    let names = set["to", "zone"]?.active.map(\.word) ?? []
    guard names.count == 1, let zone = names.first.flatMap({ parts.zones.zones[$0] }), zone.interfaces.count == 1
    else {
      return [SRXMatch([.masquerade])]
    }
    let known = AddressFamily.allCases.map { family in
      let own = zone.addresses.filter { $0.family == family }
      return own.count == 1 ? own.first : nil
    }.compactMap(\.self)
    return known.map { SRXMatch([.translateSource($0.family, .value(.address($0.address)))], $0.family) }
      + [SRXMatch([.masquerade])]
  }
}
