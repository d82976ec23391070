import Addressing

/// Rules about one address or prefix.
struct AddressedRules {
  var prefix: Prefix
  /// What they ask besides, and what they do.
  var rules: [IptablesRule]
}

/// Which end of a packet has the address.
enum AddressedEnd {
  case source, destination

  func match(_ prefix: Prefix) -> IptablesMatch { self == .source ? .from(prefix) : .to(prefix) }
}

/// How many addresses a chain asks at most, one after the other; where there are more, chains for parts of them lie
/// between. Rules of iptables are read from top to bottom, so a chain with all addresses of a large policy would cost
/// each packet as much as the policy has publications.
private let mostInARow = 32

extension IptablesRuleset {
  /// Adds a chain that leads to the rules of an address. A packet that no rule ends returns to where the chain was
  /// asked, whatever it met.
  ///
  /// - Parameters:
  ///   - entries: Rules by address, in any order; those of equal addresses stay in theirs. Prefixes of different
  ///     entries do not overlap.
  ///   - tail: What becomes of packets that no rule ended.
  mutating func addTree(
    _ chain: String, _ table: IptablesTable, by end: AddressedEnd, _ entries: [AddressedRules],
    tail: IptablesRule? = nil
  ) {
    addTree(chain, stem: chain, table, by: end, Self.grouped(entries)[...], tail: tail)
  }

  /// One entry for each prefix, in ascending order.
  private static func grouped(_ entries: [AddressedRules]) -> [AddressedRules] {
    let order = entries.indices.sorted { left, right in
      let (one, other) = (entries[left].prefix.address, entries[right].prefix.address)
      return one == other ? left < right : one < other
    }
    var groups: [AddressedRules] = []
    for index in order {
      if let last = groups.indices.last, groups[last].prefix == entries[index].prefix {
        groups[last].rules += entries[index].rules
      } else {
        groups.append(entries[index])
      }
    }
    return groups
  }

  private mutating func addTree(
    _ chain: String, stem: String, _ table: IptablesTable, by end: AddressedEnd,
    _ entries: ArraySlice<AddressedRules>, tail: IptablesRule?
  ) {
    var rules: [IptablesRule] = []
    for part in parts(of: entries) {
      guard part.entries.count > 1, let prefix = part.prefix else {
        for entry in part.entries {
          for rule in entry.rules {
            var whole = rule
            if entry.prefix.length > 0 {
              whole.matches.insert(end.match(entry.prefix), at: rule.matches.addressPlace)
            }
            rules.append(whole)
          }
        }
        continue
      }
      let next = freshName(stem)
      rules.append(IptablesRule([end.match(prefix)], .goto(next), for: part.entries.first?.rules.first?.provenance))
      addTree(next, stem: stem, table, by: end, part.entries, tail: tail)
    }
    add(rules + (tail.map { [$0] } ?? []), to: chain, table)
  }

  /// Divides entries by the bits that follow those which all have in common; what one chain can hold is not divided.
  private func parts(
    of entries: ArraySlice<AddressedRules>
  ) -> [(prefix: Prefix?, entries: ArraySlice<AddressedRules>)] {
    guard entries.count > mostInARow, kernel.hasRevisions, let first = entries.first?.prefix,
      let last = entries.last?.prefix
    else { return entries.isEmpty ? [] : [(nil, entries)] }
    let bits = first.family.bits
    let differing = (first.bounds.lowerBound ^ last.bounds.lowerBound) << UInt128(128 - bits)
    let length = min(differing.leadingZeroBitCount + 4, bits)
    var parts: [(prefix: Prefix?, entries: ArraySlice<AddressedRules>)] = []
    var rest = entries
    while let entry = rest.first {
      guard let prefix = Prefix(entry.prefix.address, length: length)?.canonical, entry.prefix.length >= length else {
        parts.append((nil, rest.prefix(1)))
        rest = rest.dropFirst()
        continue
      }
      let part = rest.prefix { prefix.bounds.contains($0.prefix.bounds.lowerBound) && $0.prefix.length >= length }
      parts.append((prefix, part))
      rest = rest[part.endIndex...]
    }
    return parts
  }
}

extension [IptablesMatch] {
  /// Where an address stands among the matches: after the interfaces.
  fileprivate var addressPlace: Int {
    firstIndex { match in
      switch match {
      case .comesIn, .leaves: false
      default: true
      }
    } ?? endIndex
  }
}
