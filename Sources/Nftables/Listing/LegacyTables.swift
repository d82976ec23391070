import Addressing

extension Table {
  /// What follows the name of a table of iptables-legacy.
  package static let legacySuffix = " (iptables-legacy)"
}

/// Reads tables of iptables-legacy into the values of this module: rules become statements as nft lists them.
func legacyTables(_ bytes: [UInt8]) -> [Table] {
  var tables: [Table] = []
  var rest = Octets(bytes)
  while let family = rest.u8(0), let info = rest.slice(1, LegacyTable.infoLength),
    let size = info.u32(80).map(Int.init), let entries = rest.slice(1 + LegacyTable.infoLength, size),
    let next = rest.rest(1 + LegacyTable.infoLength + size)
  {
    tables.append(LegacyTable(isIPv6: family == 6, info: info, entries: entries).table)
    rest = next
  }
  return tables
}

/// Tables that exist and could not be read: a packet that meets one makes the verdict undecided.
func unreadLegacyTables(_ lines: [UInt8]) -> [Table] {
  String(decoding: lines, as: UTF8.self).split(separator: "\n").compactMap { line in
    let words = line.split(separator: " ", maxSplits: 1)
    guard words.count == 2, let family = TableFamily(rawValue: String(words[0])) else { return nil }
    let name = String(words[1])
    let program = family == .ip6 ? "ip6tables-legacy-save" : "iptables-legacy-save"
    let rule = Rule(
      [.unread("the table `\(name)` of iptables-legacy; `\(program)` shows it")], provenance: []
    )
    let chains = LegacyTable.hooks.enumerated().compactMap { number, hook -> Chain? in
      guard let priority = LegacyTable.priority(of: name, hook) else { return nil }
      return Chain(
        LegacyTable.chainNames[number], BaseChain(name == "nat" ? .nat : .filter, hook, priority: priority),
        rules: [rule])
    }
    return Table(name + Table.legacySuffix, family: family, chains: chains)
  }
}

/// One table as `IPT_SO_GET_INFO` and `IPT_SO_GET_ENTRIES` give it (`linux/netfilter_ipv4/ip_tables.h` and its
/// sibling).
struct LegacyTable {
  static let infoLength = 84
  static let hooks: [BaseChain.Hook] = [.prerouting, .input, .forward, .output, .postrouting]
  static let chainNames = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]

  let isIPv6: Bool
  let info: Octets
  let entries: Octets

  /// Where a table is called (`NF_IP_PRI_*`); `nil` for a hook that it does not have.
  static func priority(of table: String, _ hook: BaseChain.Hook) -> Int? {
    switch (table, hook) {
    case ("raw", .prerouting), ("raw", .output): -300
    case ("mangle", _): -150
    case ("nat", .prerouting), ("nat", .output): -100
    case ("nat", .input), ("nat", .postrouting): 100
    case ("filter", .input), ("filter", .forward), ("filter", .output): 0
    case ("security", .input), ("security", .forward), ("security", .output): 50
    default: nil
    }
  }

  private struct Entry {
    var offset: Int
    var statements: [Statement]
    var target: Target
  }

  private enum Target {
    case verdict(Int32)
    /// The head of a chain, or `ERROR`, the end of the table.
    case head(String)
    case other(Statement)
  }

  var table: Table {
    let name = info.text(0, 32) ?? ""
    let all = parsed
    let places = Dictionary(all.enumerated().map { ($1.offset, $0) }, uniquingKeysWith: { first, _ in first })
    var names: [Int: String] = [:]
    for (position, entry) in all.enumerated() {
      if case .head(let chain) = entry.target, chain != "ERROR", all.indices.contains(position + 1) {
        names[all[position + 1].offset] = chain
      }
    }
    var chains: [Chain] = []
    for (number, hook) in Self.hooks.enumerated() {
      guard (info.u32(32) ?? 0) & (1 << UInt32(number)) != 0, let priority = Self.priority(of: name, hook),
        let first = info.u32(36 + 4 * number).flatMap({ places[Int($0)] }),
        let last = info.u32(56 + 4 * number).flatMap({ places[Int($0)] }), first <= last
      else { continue }
      var drops = false
      if case .verdict(let verdict) = all[last].target { drops = verdict == -1 }
      let base = BaseChain(name == "nat" ? .nat : .filter, hook, priority: priority, dropsByPolicy: drops)
      chains.append(Chain(Self.chainNames[number], base, rules: all[first..<last].map { rule($0, names) }))
    }
    for (position, entry) in all.enumerated() {
      guard case .head(let chain) = entry.target, chain != "ERROR" else { continue }
      let body = all[(position + 1)...].prefix { if case .head = $0.target { false } else { true } }
      chains.append(Chain(chain, rules: body.map { rule($0, names) }))
    }
    return Table(name + Table.legacySuffix, family: isIPv6 ? .ip6 : .ip, chains: chains)
  }

  private func rule(_ entry: Entry, _ names: [Int: String]) -> Rule {
    var statements = entry.statements
    switch entry.target {
    case .head: break
    case .other(let statement): statements.append(statement)
    case .verdict(let verdict):
      switch verdict {
      case -1: statements.append(.verdict(.drop))
      case -2: statements.append(.verdict(.accept))
      case -5: statements.append(.verdict(.return))
      case let offset where offset >= 0:
        if let chain = names[Int(offset)] {
          let isGoto = entry.statements.last == Self.gotoMark
          if isGoto { statements.removeLast() }
          statements.append(.verdict(isGoto ? .goto(chain) : .jump(chain)))
        } else if places(entry).contains(Int(offset)) {
          // A rule without a target goes on with the next one.
          return Rule(statements, provenance: [])
        } else {
          statements.append(.unread("a jump that leads to no chain"))
        }
      default: statements.append(.unread("a verdict of iptables-legacy"))
      }
    }
    return Rule(statements, provenance: [])
  }

  /// Where the next rule begins.
  private func places(_ entry: Entry) -> [Int] {
    entries.u16(entry.offset + layout.nextOffset).map { [entry.offset + Int($0)] } ?? []
  }

  private static let gotoMark = Statement.unread("a goto of iptables-legacy")

  private struct Layout {
    var targetOffset: Int
    var nextOffset: Int
    var extensions: Int
  }

  private var layout: Layout {
    isIPv6
      ? Layout(targetOffset: 140, nextOffset: 142, extensions: 168)
      : Layout(targetOffset: 88, nextOffset: 90, extensions: 112)
  }

  private var parsed: [Entry] {
    var found: [Entry] = []
    var offset = 0
    while offset < entries.count, let next = entries.u16(offset + layout.nextOffset).map(Int.init), next > 0,
      let entry = entries.slice(offset, next), let target = entry.u16(layout.targetOffset).map(Int.init)
    {
      var statements = header(entry)
      var place = layout.extensions
      while place < target, let size = entry.u16(place).map(Int.init), size >= 32,
        let match = entry.slice(place, size)
      {
        statements.append(Self.extension("match", match))
        place += size
      }
      found.append(Entry(offset: offset, statements: statements, target: self.target(entry, target, &statements)))
      if case .verdict = found[found.count - 1].target { found[found.count - 1].statements = statements }
      offset += next
    }
    return found
  }

  private static func `extension`(_ type: String, _ bytes: Octets) -> Statement {
    .xtables(
      type, bytes.text(2, 29) ?? "", UInt32(bytes.u8(31) ?? 0), bytes.rest(32) ?? Octets([]))
  }

  private func target(_ entry: Octets, _ offset: Int, _ statements: inout [Statement]) -> Target {
    guard let target = entry.rest(offset), let name = target.text(2, 29) else { return .verdict(-3) }
    switch name {
    case "":
      let isGoto = isIPv6 ? (entry.u8(131) ?? 0) & 4 != 0 : (entry.u8(82) ?? 0) & 2 != 0
      if isGoto { statements.append(Self.gotoMark) }
      return .verdict(target.i32(32) ?? -3)
    case "ERROR": return .head(target.text(32, 30) ?? "")
    default: return .other(Self.extension("target", target))
    }
  }

  /// What the header of a rule asks for: addresses, interfaces, protocol.
  private func header(_ entry: Octets) -> [Statement] {
    let family: AddressFamily = isIPv6 ? .ipv6 : .ipv4
    let width = isIPv6 ? 16 : 4
    let names = isIPv6 ? 64 : 16
    let inverse = entry.u8(isIPv6 ? 132 : 83) ?? 0
    let flags = entry.u8(isIPv6 ? 131 : 82) ?? 0
    let transport = entry.u16(isIPv6 ? 128 : 80) ?? 0
    var statements: [Statement] = []
    for (field, offset, bit) in [("saddr", 0, UInt8(8)), ("daddr", width, 16)] {
      guard let address = entry.address(offset, family), let mask = entry.big(offset + 2 * width, width), mask != 0
      else { continue }
      statements.append(Self.match(.payload(family.header, field), address, mask, inverse & bit != 0))
    }
    for (key, offset, bit) in [("iifname", names, UInt8(1)), ("oifname", names + 16, 2)] {
      guard let name = entry.text(offset, 16), let mask = entry.slice(offset + 32, 16) else { continue }
      // The mask covers the zero byte of a whole name, and ends before the `+` of a prefix.
      let count = mask.bytes.count { $0 != 0 }
      guard count > 0 else { continue }
      let prefix = String(decoding: name.utf8.prefix(count), as: UTF8.self)
      let right = Value.interface(count > name.utf8.count ? name : prefix + "*")
      statements.append(Self.match(.meta(key), right, inverse & bit != 0))
    }
    if transport != 0, !isIPv6 || flags & 1 != 0 {
      statements.append(
        Self.match(.meta("l4proto"), .number(Int64(transport)), inverse & 64 != 0))
    }
    if !isIPv6, flags & 1 != 0 {
      statements.append(.xtables("match", inverse & 32 != 0 ? "no-fragment" : "fragment", 0, Octets([])))
    }
    return statements
  }

  private static func match(_ left: Expression, _ right: Value, _ isInverse: Bool) -> Statement {
    .match(left, isInverse ? .notEqual : .equal, .value(right))
  }

  private static func match(
    _ left: Expression, _ address: IPAddress, _ mask: UInt128, _ isInverse: Bool
  ) -> Statement {
    let width = address.family == .ipv4 ? 32 : 128
    let length = (0...width).first { bits in
      Prefix(address, length: bits).map { $0.bounds.upperBound - $0.bounds.lowerBound } == inverted(mask, width)
    }
    if let length, let prefix = Value(base: address, length: length) { return match(left, prefix, isInverse) }
    guard let mask = IPAddress(family: address.family, value: mask) else {
      return .unread("a mask of an address in a rule of iptables-legacy")
    }
    return match(.masked(left, with: mask), .address(address), isInverse)
  }

  private static func inverted(_ mask: UInt128, _ width: Int) -> UInt128 {
    width == 32 ? mask ^ 0xFFFF_FFFF : ~mask
  }
}
