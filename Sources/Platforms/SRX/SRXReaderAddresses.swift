import Addressing

/// What an address or a list of them in a configuration means.
struct SRXAddresses {
  var set = AddressSet()
  /// What nobody can tell from the text alone, in words.
  var unread: [String] = []

  static let any: SRXAddresses = {
    var all = SRXAddresses()
    all.set = .any
    return all
  }()

  mutating func add(_ other: SRXAddresses) {
    set = AddressSet(unionOf: [set, other.set])
    unread += other.unread
  }
}

/// The address books: the global one, those that are attached to zones, and those within zones that old releases have.
struct SRXAddressBooks {
  private struct Book {
    var addresses: [String: JunosNode] = [:]
    var sets: [String: JunosNode] = [:]

    init(_ nodes: [JunosNode]) {
      for node in nodes {
        for address in node["address"]?.active ?? [] { addresses[address.word] = address }
        for set in node["address-set"]?.active ?? [] { sets[set.word] = set }
      }
    }
  }

  private struct Key: Hashable {
    var zone: String?
    var name: String
  }

  private struct ListKey: Hashable {
    var zone: String?
    var names: [String]
    var isSource: Bool
    var isExcluded: Bool
  }

  private var matches: [ListKey: [SRXMatch]] = [:]
  private var global: Book
  private var ofZones: [String: Book] = [:]
  private var known: [Key: SRXAddresses] = [:]

  init(_ root: JunosNode) {
    var attached: [String: [JunosNode]] = [:]
    for zone in root["security", "zones", "security-zone"]?.active ?? [] {
      if let book = zone["address-book"] { attached[zone.word, default: []].append(book) }
    }
    for book in root["security", "address-book"]?.active ?? [] {
      for zone in book["attach", "zone"]?.active ?? [] { attached[zone.word, default: []].append(book) }
    }
    global = Book(root["security", "address-book", "global"].map { [$0] } ?? [])
    for (zone, nodes) in attached { ofZones[zone] = Book(nodes) }
  }

  /// What a name means in a policy of a zone; the zone's own book counts before the global one.
  ///
  /// - Parameter zone: `nil` where the global book alone is asked.
  mutating func meaning(of name: String, in zone: String?) -> SRXAddresses {
    switch name {
    case "any": return .any
    case "any-ipv4", "any-ipv6":
      var all = SRXAddresses()
      if name == "any-ipv4" { all.set.ipv4 = AddressSet.any.ipv4 } else { all.set.ipv6 = AddressSet.any.ipv6 }
      return all
    default: return meaning(of: name, in: zone, depth: 0)
    }
  }

  /// What addresses match that a policy names, each list worked out once: many policies have one in common.
  mutating func matches(of names: [String], in zone: String?, isSource: Bool, isExcluded: Bool) -> [SRXMatch] {
    let key = ListKey(zone: zone, names: names, isSource: isSource, isExcluded: isExcluded)
    if let found = matches[key] { return found }
    let found = SRXMatch.of(meaning(of: names, in: zone), isSource: isSource, isExcluded: isExcluded)
    matches[key] = found
    return found
  }

  /// What a list of names means.
  mutating func meaning(of names: [String], in zone: String?) -> SRXAddresses {
    if names.count == 1, let only = names.first { return meaning(of: only, in: zone) }
    let parts = names.map { meaning(of: $0, in: zone) }
    var all = SRXAddresses()
    all.set = AddressSet(unionOf: parts.map(\.set))
    all.unread = parts.flatMap(\.unread)
    return all
  }

  private mutating func meaning(of name: String, in zone: String?, depth: Int) -> SRXAddresses {
    let key = Key(zone: zone, name: name)
    if let found = known[key] { return found }
    // A set that contains itself is none that Junos takes.
    known[key] = SRXAddresses(unread: ["the address set `\(name)`, which contains itself"])
    let found = find(name, zone, depth)
    known[key] = found
    return found
  }

  private mutating func find(_ name: String, _ zone: String?, _ depth: Int) -> SRXAddresses {
    for (book, zone) in [(zone.flatMap { ofZones[$0] }, zone), (global, nil)] {
      if let address = book?.addresses[name] { return Self.meaning(ofAddress: address) }
      guard let set = book?.sets[name] else { continue }
      guard depth < 40 else { break }
      let members = (set["address"]?.active ?? []) + (set["address-set"]?.active ?? [])
      let parts = members.map { meaning(of: $0.word, in: zone, depth: depth + 1) }
      var all = SRXAddresses()
      all.set = AddressSet(unionOf: parts.map(\.set))
      all.unread = parts.flatMap(\.unread)
      return all
    }
    return SRXAddresses(unread: ["the address `\(name)`, which no address book has"])
  }

  private static func meaning(ofAddress node: JunosNode) -> SRXAddresses {
    var found = SRXAddresses()
    for child in node.active {
      switch child.word {
      case "description": continue
      case "range-address":
        guard let low = child.value, let first = IPAddress(low.word),
          let last = low["to"]?.value.flatMap({ IPAddress($0.word) }),
          first.family == last.family, first <= last
        else {
          found.unread.append("the address `\(node.word)`, which is a range without end")
          continue
        }
        found.set = AddressSet(unionOf: [found.set, AddressSet(first...last)])
      case "dns-name": found.unread.append("the address `\(node.word)`, which is a name in DNS")
      case "wildcard-address": found.unread.append("the address `\(node.word)`, which is a wildcard")
      default:
        guard let prefix = Prefix(junos: child.word) else {
          found.unread.append("the address `\(node.word)`, which is `\(child.word)`")
          continue
        }
        found.set = AddressSet(unionOf: [found.set, AddressSet([prefix])])
      }
    }
    if found.set.isEmpty, found.unread.isEmpty {
      found.unread.append("the address `\(node.word)`, which has no value")
    }
    return found
  }
}

extension Prefix {
  /// `ADDRESS/LENGTH`, or an address alone.
  init?(junos text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, let address = IPAddress(first) else { return nil }
    guard parts.count > 1 else {
      self.init(address)
      return
    }
    guard let length = parts.last.flatMap({ Int($0) }), let prefix = Prefix(address, length: length) else {
      return nil
    }
    self = prefix.canonical
  }
}

extension AddressSet {
  /// The addresses of a range of one family.
  init(_ range: ClosedRange<IPAddress>) {
    self.init()
    let (low, high) = (range.lowerBound.value, range.upperBound.value)
    switch range.lowerBound.family {
    case .ipv4: ipv4 = IntervalSet([UInt32(truncatingIfNeeded: low)...UInt32(truncatingIfNeeded: high)])
    case .ipv6: ipv6 = IntervalSet([low...high])
    }
  }
}
