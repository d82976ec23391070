import Addressing
import Nftables

/// The sets of `ipset`, by name and by the index that rules have, and which of them rules test.
struct IPSets: Sendable {
  private var byName: [String: IPSet] = [:]
  private var byIndex: [Int: String] = [:]
  /// Indices of sets that a rule tests.
  var tested: Set<Int> = []

  init(_ sets: [IPSet]) {
    for set in sets {
      byName[set.name] = set
      if let index = set.index { byIndex[index] = set.name }
    }
  }

  func name(_ index: Int) -> String? { byIndex[index] }

  /// The elements of a set, and those of the sets in a list of sets.
  func forEachElement(of index: Int, _ use: (IPSet.Element) -> Void) {
    guard let set = byIndex[index].flatMap({ byName[$0] }) else { return }
    for element in set.elements {
      use(element)
      element.member.flatMap { byName[$0] }?.elements.forEach(use)
    }
  }

  /// Whether a packet is in a set; `nil` where that cannot be told.
  ///
  /// - Parameter sides: For each field whether it is taken from the source.
  func contains(_ context: ExtensionContext, index: Int, sides: [Bool]) -> Bool? {
    guard let set = byIndex[index].flatMap({ byName[$0] }) else { return nil }
    if let key = key(context, index, sides) {
      switch context.view.memory.state(of: key, in: SetName(owner: SetName.ofIPSet, name: set.name)) {
      case .isElement?: return true
      case .isNone?: return false
      case .unknown?: return nil
      case nil: break
      }
    }
    guard set.fields == ["set"] else { return contains(context, set, sides) }
    var result: Bool? = false
    for member in set.elements {
      guard let inner = member.member.flatMap({ byName[$0] }), inner.fields != ["set"] else { return nil }
      switch contains(context, inner, sides) {
      case true?: return true
      case false?: continue
      case nil: result = nil
      }
    }
    return result
  }

  /// What a packet has for the fields of a set; `nil` for sets of others than addresses and ports.
  func key(_ context: ExtensionContext, _ index: Int, _ sides: [Bool]) -> [Datum]? {
    guard let set = byIndex[index].flatMap({ byName[$0] }), !set.fields.isEmpty, sides.count >= set.fields.count,
      set.family == nil || set.family == context.family || !set.fields.contains(where: { $0 == "ip" || $0 == "net" })
    else { return nil }
    var key: [Datum] = []
    for (field, isSource) in zip(set.fields, sides) {
      let tuple = context.tuple
      switch field {
      case "ip", "net": key.append(.number((isSource ? tuple.source : tuple.destination).value))
      case "port": key.append(.number(UInt128(isSource ? tuple.sourcePort : tuple.destinationPort)))
      default: return nil
      }
    }
    return key
  }

  private func contains(_ context: ExtensionContext, _ set: IPSet, _ sides: [Bool]) -> Bool? {
    let fields = set.fields
    guard !fields.isEmpty, fields.allSatisfy({ ["ip", "net", "port", "iface"].contains($0) }) else { return nil }
    // A set of several fields that is asked for fewer matches nothing (`ip_set_test`).
    guard sides.count >= fields.count else { return false }
    if fields.contains(where: { $0 != "port" && $0 != "iface" }), let family = set.family, family != context.family {
      return false
    }
    var best: IPSet.Element?
    for element in set.elements where fits(context, element, fields, sides) {
      if element.length > best?.length ?? -1 { best = element }
    }
    return best.map { !$0.isException } ?? false
  }

  private func fits(
    _ context: ExtensionContext, _ element: IPSet.Element, _ fields: [String], _ sides: [Bool]
  ) -> Bool {
    var addresses = element.addresses[...]
    for (field, isSource) in zip(fields, sides) {
      switch field {
      case "ip", "net":
        let address = isSource ? context.tuple.source : context.tuple.destination
        guard addresses.popFirst()?.contains(address.value) == true else { return false }
      case "port":
        let port = isSource ? context.tuple.sourcePort : context.tuple.destinationPort
        guard element.ports?.contains(port) == true, element.transport == nil || element.transport == 6 else {
          return false
        }
      default:
        guard let interface = isSource ? context.view.input : context.view.output, let name = element.interface,
          element.isPrefixOfInterface ? interface.hasPrefix(name) : interface == name
        else { return false }
      }
    }
    return true
  }
}

extension IPSets {
  /// The set that an extension of xtables tests.
  mutating func noteTest(of statement: Statement) {
    guard case .xtables(let test) = statement, test.name == "set", test.type == "match",
      let index = test.info.flatMap({ Octets(hex: $0)?.u16(0) })
    else { return }
    tested.insert(Int(index))
  }
}

extension ExtensionMatch {
  /// `set_match_v1` to `set_match_v4` in xt_set.c.
  @Sendable static func set(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let info = arguments.info
    guard (1...4).contains(arguments.revision), let index = info.u16(0).map(Int.init), let count = info.u8(2),
      let flags = info.u8(3), count <= 6
    else { return nil }
    let sides = (0..<Int(count)).map { flags & (2 << UInt8($0)) != 0 }
    let isInverse = flags & 1 != 0
    let places = sides.map { $0 ? "src" : "dst" }.joined(separator: ",")
    // Packets and bytes of an element (`struct ip_set_counter_match`), whose operation is 0 for none.
    let countsPackets = arguments.revision >= 3 && info.rest(4)?.bytes.contains { $0 != 0 } == true
    var match = ExtensionMatch("-m set \(isInverse ? "! " : "")--match-set \(Self.setMark(index)) \(places)") {
      context in
      let name = context.sets.name(index) ?? "?"
      let words = "-m set \(isInverse ? "! " : "")--match-set \(name) \(places)"
      if countsPackets { return .unknown("`\(words)` asks for counters or flags of the set") }
      guard let isMember = context.sets.contains(context, index: index, sides: sides) else {
        return .unknown("`\(words)` depends on a set that could not be read; `ipset list \(name)` shows it")
      }
      return Answer(isMember != isInverse)
    }
    match.set = index
    return match
  }

  /// Stands in words for the name of a set, which only the ruleset knows.
  static func setMark(_ index: Int) -> String { "\u{1}\(index)\u{2}" }
}

extension IPSets {
  /// Words with the names of sets in them.
  func named(_ words: String) -> String {
    guard words.contains("\u{1}") else { return words }
    var text = ""
    for (number, part) in words.split(separator: "\u{1}", omittingEmptySubsequences: false).enumerated() {
      guard number > 0 else {
        text += part
        continue
      }
      let pieces = part.split(separator: "\u{2}", maxSplits: 1, omittingEmptySubsequences: false)
      text += pieces.first.flatMap { Int($0) }.flatMap { name($0) } ?? "?"
      text += pieces.count > 1 ? pieces[1] : ""
    }
    return text
  }
}
