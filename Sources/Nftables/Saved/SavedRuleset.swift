package import Addressing
package import Diagnostics

/// Rules that iptables-save or ip6tables-save printed, or that stand in a file for iptables-restore, as tables of this
/// module.
///
/// Matches and targets become what iptables-restore-translate makes of them, where the kernel does the same; one that
/// is not known becomes a statement that was not read, so that a packet which meets it makes the verdict undecided.
package struct SavedRuleset: Sendable {
  package let family: AddressFamily
  /// Each rule bears the line that it stands in.
  package private(set) var tables: [Table] = []
  /// Where chains with a policy are declared, by `TABLE CHAIN`, the table with its family: `ip filter FORWARD`.
  package private(set) var declarations: [String: SourceSpan] = [:]
  /// Lines that no program could have written. What such a line would have said is not known.
  package private(set) var diagnostics: [Diagnostic] = []

  /// Whether a text looks like one of these.
  package static func isSaved(_ bytes: [UInt8]) -> Bool {
    let lines = bytes.prefix(100_000).split(separator: 0x0A).lazy.map { $0.drop { $0 == 0x20 || $0 == 0x09 } }
    guard let first = lines.first(where: { !$0.isEmpty && $0.first != UInt8(ascii: "#") }) else { return false }
    return first.first == UInt8(ascii: "*") && first.dropFirst().allSatisfy { $0 > 0x20 || $0 == 0x0D }
  }

  /// - Parameters:
  ///   - sets: What `ipset save` printed on the same machine.
  ///   - file: What its lines are called in spans.
  ///   - family: `nil` to tell it from the text: its head, its addresses; IPv4 where neither says it.
  package init(_ bytes: [UInt8], file: SourceID, family: AddressFamily? = nil, sets: [IPSet] = []) {
    let indices = Dictionary(
      sets.compactMap { set in set.index.map { (set.name, $0) } }, uniquingKeysWith: { first, _ in first })
    let family = family ?? Self.family(of: bytes)
    self.family = family
    var open: OpenTable?
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      defer { start = end + 1 }
      let span = SourceSpan(file: file, start..<end)
      let line = bytes[start..<end]
      guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }), first != UInt8(ascii: "#")
      else {
        continue
      }
      guard let words = savedWords(line), let head = words.first else {
        fail("a quotation on this line has no end", at: span)
        continue
      }
      if head.text.hasPrefix("*") {
        if let open { close(open, isWhole: false) }
        open = OpenTable(name: String(head.text.dropFirst()), family: family, span: span, sets: indices)
      } else if head.text == "COMMIT" {
        if let table = open { close(table, isWhole: true) } else { fail("no table is open here", at: span) }
        open = nil
      } else if open != nil {
        if let fault = open?.read(words, span) { fail(fault, at: span) }
        if let table = open, head.text.hasPrefix(":") {
          declarations["\(table.family.header) \(table.name) \(head.text.dropFirst())"] = span
        }
      } else {
        fail("this stands in no table: a table begins with `*filter`", at: span)
      }
    }
    if let open { close(open, isWhole: false) }
  }

  private mutating func close(_ table: OpenTable, isWhole: Bool) {
    tables.append(table.table)
    if !isWhole {
      fail(
        "the table `\(table.name)` has no end, so rules may be missing", at: table.span,
        help: "save the rules again; a table ends with `COMMIT`")
    }
  }

  private mutating func fail(_ message: String, at span: SourceSpan, help: String? = nil) {
    diagnostics.append(
      .error(
        "gateway-file-error", message, at: span,
        help: help ?? "save the rules again with `\(family == .ipv4 ? "iptables-save" : "ip6tables-save")`"))
  }

  /// The family of a text that may not say it.
  private static func family(of bytes: [UInt8]) -> AddressFamily {
    for line in bytes.split(separator: 0x0A) {
      let text = String(decoding: line.prefix(400), as: UTF8.self)
      if text.hasPrefix("#") {
        if text.contains("ip6tables") { return .ipv6 }
        if text.contains("iptables") { return .ipv4 }
        continue
      }
      let words = text.split(separator: " ")
      for (option, value) in zip(words, words.dropFirst())
      where ["-s", "-d", "--source", "--destination"].contains(option) {
        guard let address = IPAddress(String(value.prefix { $0 != "/" && $0 != "," })) else { continue }
        return address.family
      }
    }
    return .ipv4
  }
}

/// A table while its lines are read.
private struct OpenTable {
  let name: String
  let family: AddressFamily
  let span: SourceSpan
  private let sets: [String: Int]
  private var chains: [Chain] = []
  private var positions: [String: Int] = [:]

  init(name: String, family: AddressFamily, span: SourceSpan, sets: [String: Int]) {
    (self.name, self.family, self.span, self.sets) = (name, family, span, sets)
  }

  var table: Table { Table(name, family: family == .ipv4 ? .ip : .ip6, chains: chains) }

  /// Reads one line. Returns what is wrong with it; `nil` when it is in order.
  mutating func read(_ words: [SavedWord], _ span: SourceSpan) -> String? {
    var words = words[...]
    // Counters, `[12:3456]`.
    if let first = words.first, first.text.hasPrefix("["), first.text.hasSuffix("]") { words = words.dropFirst() }
    guard let command = words.popFirst() else { return nil }
    if command.text.hasPrefix(":") {
      let name = String(command.text.dropFirst())
      guard !name.isEmpty, let policy = words.first?.text else { return "a chain has a name and a policy" }
      return declare(name, policy)
    }
    guard let name = words.popFirst()?.text else { return "`\(command.text)` names no chain" }
    switch command.text {
    case "-N", "--new-chain": return declare(name, "-")
    case "-P", "--policy": return declare(name, words.first?.text ?? "")
    case "-A", "--append", "-I", "--insert":
      var place: Int?
      if command.text.hasPrefix("-I") || command.text == "--insert" {
        place = words.first.flatMap { Int($0.text) }
        if place != nil { words = words.dropFirst() }
        place = (place ?? 1) - 1
      }
      guard let position = positions[name] ?? built(name) else { return "the chain `\(name)` is not declared" }
      var reader = SavedRule(words, family, sets: sets)
      let rule = reader.read(span)
      let count = chains[position].rules.count
      chains[position].rules.insert(rule, at: min(max(place ?? count, 0), count))
      return reader.fault
    default: return "`\(command.text)` is no command that adds to a table"
    }
  }

  private mutating func declare(_ name: String, _ policy: String) -> String? {
    let base = baseChain(name)
    guard base != nil || policy == "-" else { return "the table `\(self.name)` has no chain `\(name)` with a policy" }
    guard base == nil || ["ACCEPT", "DROP"].contains(policy) else { return "`\(policy)` is no policy" }
    let position = positions[name] ?? add(name, base)
    chains[position].base?.dropsByPolicy = policy == "DROP"
    return nil
  }

  /// A chain of the table that its file does not declare, as files for iptables-restore may leave it out.
  private mutating func built(_ name: String) -> Int? { baseChain(name).map { add(name, $0) } }

  private mutating func add(_ name: String, _ base: BaseChain?) -> Int {
    positions[name] = chains.count
    chains.append(Chain(name, base))
    return chains.count - 1
  }

  private func baseChain(_ name: String) -> BaseChain? {
    guard let number = LegacyTable.chainNames.firstIndex(of: name),
      let priority = LegacyTable.priority(of: self.name, LegacyTable.hooks[number])
    else { return nil }
    return BaseChain(self.name == "nat" ? .nat : .filter, LegacyTable.hooks[number], priority: priority)
  }
}
