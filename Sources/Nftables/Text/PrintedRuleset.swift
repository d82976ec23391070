package import Diagnostics

/// A ruleset that nft printed for people, or that stands in a script for `nft -f`, as tables of this module.
///
/// Statements come to what the same ruleset comes to as JSON. One that is not known becomes a statement that was not
/// read, in its place: a packet that meets it makes the verdict undecided, and no other packet does.
package struct PrintedRuleset: Sendable {
  /// Each rule bears the line in which it begins.
  package private(set) var ruleset = Ruleset([])
  /// Where chains with a policy are declared, by `FAMILY TABLE CHAIN`.
  package private(set) var declarations: [String: SourceSpan] = [:]
  /// Lines that break a table, and commands of which nobody can tell here what they do.
  package private(set) var faults: [(message: String, span: SourceSpan)] = []

  private let spans: [SourceSpan]
  private var tokens: ArraySlice<TextToken> = []
  private var variables: [String: [TextToken]] = [:]
  private var positions: [TableName: Int] = [:]

  private struct TableName: Hashable {
    var family: TableFamily
    var name: String
  }

  package init(_ lines: [(text: String, span: SourceSpan)]) {
    spans = lines.map(\.span)
    let lexer = TextLexer(lines.map(\.text))
    for fault in lexer.faults { fail(fault.message, fault.line) }
    tokens = lexer.tokens[...]
    while faults.isEmpty, let statement = nextStatement() { read(command: statement) }
    if faults.isEmpty, let token = tokens.first { fail("this brace closes nothing", token.line) }
  }

  private mutating func fail(_ message: String, _ line: Int) {
    guard spans.indices.contains(line) else { return }
    faults.append((message, spans[line]))
  }

  private mutating func fail(_ message: String, _ tokens: [TextToken]) { fail(message, tokens.first?.line ?? 0) }

  private func span(_ line: Int) -> SourceSpan { spans.indices.contains(line) ? spans[line] : .none }

  // MARK: - Statements and blocks

  /// The tokens to the end of the line or to `;`, with what stands in braces on the way, and with variables replaced;
  /// `nil` at the end and where a block ends.
  ///
  /// - Parameter opensBlocks: Words after which a brace opens a block: there the statement ends, brace included.
  private mutating func nextStatement(_ opensBlocks: Bool = true) -> [TextToken]? {
    var result: [TextToken] = []
    var depth = 0
    while let token = tokens.first {
      if depth == 0, token.isSign("}") {
        return result.isEmpty ? nil : result
      }
      tokens.removeFirst()
      if token.kind == .endOfLine || token.isSign(";") {
        if depth > 0 { continue }
        if result.isEmpty { continue }
        return result
      }
      if token.kind == .word, token.text.hasPrefix("$") {
        guard let value = variables[String(token.text.dropFirst())] else {
          fail("the variable `\(token.text)` is not defined before this line", token.line)
          return nil
        }
        result += value.map { TextToken(kind: $0.kind, text: $0.text, line: token.line, isApart: true) }
        continue
      }
      result.append(token)
      if token.isSign("{") {
        if depth == 0, opensBlocks, Self.opensBlock(result) { return result }
        depth += 1
      }
      if token.isSign("}") { depth -= 1 }
    }
    if depth > 0 {
      fail("a brace that opens on this line is not closed, so rules may be missing", result.first?.line ?? 0)
    }
    return result.isEmpty ? nil : result
  }

  private static let blocks: Set = [
    "table", "chain", "set", "map", "counter", "quota", "limit", "ct", "flowtable", "secmark", "synproxy",
  ]

  /// Whether the brace at the end of tokens opens the block of a table, a chain or an object: it stands after names
  /// alone.
  private static func opensBlock(_ tokens: [TextToken]) -> Bool {
    let words = tokens.dropLast()
    guard let first = words.first, words.allSatisfy({ $0.kind == .word || $0.kind == .quoted }) else { return false }
    let verb = ["add", "create"].contains(first.text) ? words.dropFirst().first : first
    guard let verb, verb.kind == .word, blocks.contains(verb.text) else { return false }
    // `counter { ... }` is none, and neither are rules that begin so.
    return words.count >= 2
  }

  /// The statements of a block, of which the brace is read.
  ///
  /// - Parameter hasBlocks: Whether there are blocks in it.
  private mutating func block(
    _ opening: [TextToken], hasBlocks: Bool = false, _ body: (inout Self, [TextToken]) -> Void
  ) {
    while faults.isEmpty {
      if let statement = nextStatement(hasBlocks) {
        body(&self, statement)
        continue
      }
      guard faults.isEmpty else { return }
      guard tokens.first?.isSign("}") == true else {
        return fail("this block has no end, so rules may be missing", opening)
      }
      tokens.removeFirst()
      return
    }
  }

  // MARK: - Commands

  private mutating func read(command tokens: [TextToken]) {
    var cursor = TextCursor(tokens)
    guard let first = cursor.text(), cursor.first?.kind == .word else {
      return fail("`\(TextCursor.words(tokens.prefix(8)))` is no command of nft", tokens)
    }
    if readDefinition(first, tokens) { return }
    switch first {
    case "include":
      return fail("what this file includes is not here", tokens)
    case "add", "create", "insert":
      cursor.advance()
      change(cursor, tokens, isInsertion: first == "insert")
    case "delete", "destroy", "flush":
      cursor.advance()
      remove(first, cursor, tokens)
    case "list", "reset", "monitor", "describe", "export": return
    case "table", "chain", "rule", "set", "map", "element", "counter", "quota", "limit", "ct", "flowtable":
      change(cursor, tokens, isInsertion: false)
    default: fail("`\(TextCursor.words(tokens.prefix(8)))` is no command that is known here", tokens)
    }
  }

  /// `define NAME = ...`. Returns whether it is one.
  private mutating func readDefinition(_ word: String, _ tokens: [TextToken]) -> Bool {
    guard ["define", "redefine", "undefine"].contains(word) else { return false }
    guard tokens.count > 1 else {
      fail("a definition has a name", tokens)
      return true
    }
    if word == "undefine" {
      variables[tokens[1].text] = nil
    } else if tokens.count > 3, tokens[2].isSign("=") {
      variables[tokens[1].text] = Array(tokens.dropFirst(3))
    } else {
      fail("a definition has a name and a value: `define NAME = VALUE`", tokens)
    }
    return true
  }

  /// The family and the name of a table that stand next; `ip` where no family does.
  private func tableName(_ cursor: inout TextCursor) -> TableName? {
    var family = TableFamily.ip
    if let word = cursor.text(), let known = TableFamily(rawValue: word), cursor.token(1)?.kind != .sign,
      cursor.token(1) != nil
    {
      family = known
      cursor.advance()
    }
    return cursor.name().map { TableName(family: family, name: $0) }
  }

  private mutating func position(of name: TableName) -> Int {
    if let known = positions[name] { return known }
    positions[name] = ruleset.tables.count
    ruleset.tables.append(Table(name.name, family: name.family))
    return ruleset.tables.count - 1
  }

  private mutating func change(_ start: TextCursor, _ tokens: [TextToken], isInsertion: Bool) {
    var cursor = start
    guard var kind = cursor.word() else { return fail("this command names nothing", tokens) }
    if kind == "ct", let more = cursor.word() { kind += " \(more)" }
    let isImplied = !Self.blocks.contains(kind) && kind != "rule" && kind != "element" && !kind.hasPrefix("ct ")
    if isImplied {
      // `add ip filter INPUT ...` is `add rule`.
      cursor = start
      kind = "rule"
    }
    guard let name = tableName(&cursor) else { return fail("this command names no table", tokens) }
    let table = position(of: name)
    switch kind {
    case "table":
      guard cursor.take("{") else { return }
      block(tokens, hasBlocks: true) { $0.read(statement: $1, inTable: table) }
    case "rule":
      guard let chain = cursor.name() else { return fail("this command names no chain", tokens) }
      var place: Int?
      while let word = cursor.text(), ["position", "handle", "index"].contains(word) {
        cursor.advance()
        guard let number = cursor.number(), word == "index" else {
          return fail("nobody knows here which rule has this number", tokens)
        }
        place = Int(clamping: number) + (isInsertion ? 0 : 1)
      }
      add(rule: cursor, tokens, table: table, chain: chain, at: isInsertion ? place ?? 0 : place)
    case "element": addElements(&cursor, tokens, table: table)
    default:
      guard let object = cursor.name() else { return fail("this command names no object", tokens) }
      if kind == "chain" {
        readChain(object, &cursor, tokens, table: table)
      } else {
        readObject(kind, object, &cursor, tokens, table: table)
      }
    }
  }

  private mutating func remove(_ verb: String, _ start: TextCursor, _ tokens: [TextToken]) {
    var cursor = start
    guard let kind = cursor.word() else { return fail("this command names nothing", tokens) }
    if kind == "ruleset" {
      let family = cursor.word().flatMap(TableFamily.init(rawValue:))
      ruleset.tables.removeAll { family == nil || $0.family == family }
      return index()
    }
    guard let name = tableName(&cursor) else { return fail("this command names no table", tokens) }
    guard kind != "rule", kind != "element" else {
      return fail("nobody knows here what this command takes away", tokens)
    }
    guard let table = positions[name] else { return }
    let object = cursor.name()
    switch (verb, kind) {
    case ("flush", "table"):
      for chain in ruleset.tables[table].chains.indices { ruleset.tables[table].chains[chain].rules = [] }
    case (_, "table"):
      ruleset.tables.remove(at: table)
      index()
    case ("flush", "chain"):
      for chain in ruleset.tables[table].chains.indices where ruleset.tables[table].chains[chain].name == object {
        ruleset.tables[table].chains[chain].rules = []
      }
    case (_, "chain"): ruleset.tables[table].chains.removeAll { $0.name == object }
    case ("flush", "set"), ("flush", "map"):
      for set in ruleset.tables[table].sets.indices where ruleset.tables[table].sets[set].name == object {
        ruleset.tables[table].sets[set].elements = ElementList()
      }
    case (_, "set"), (_, "map"): ruleset.tables[table].sets.removeAll { $0.name == object }
    case (_, "counter"), (_, "quota"), (_, "limit"), (_, "flowtable"):
      ruleset.tables[table].foreign.removeAll { $0.kind == kind && $0.name == object }
    default: fail("nobody knows here what this command takes away", tokens)
    }
  }

  private mutating func index() {
    positions = Dictionary(
      ruleset.tables.enumerated().map { (TableName(family: $1.family, name: $1.name), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  // MARK: - Tables

  private mutating func read(statement tokens: [TextToken], inTable table: Int) {
    var cursor = TextCursor(tokens)
    guard var kind = cursor.word() else { return fail("this is nothing that a table has", tokens) }
    if readDefinition(kind, tokens) { return }
    if kind == "ct", let more = cursor.word() { kind += " \(more)" }
    switch kind {
    case "flags":
      while let flag = cursor.word() {
        if flag == "dormant" { ruleset.tables[table].isDormant = true }
        _ = cursor.take(",")
      }
    case "comment": return
    case "include": fail("what this file includes is not here", tokens)
    case "chain":
      guard let name = cursor.name() else { return fail("a chain has a name", tokens) }
      readChain(name, &cursor, tokens, table: table)
    case _ where Self.blocks.contains(kind) || kind.hasPrefix("ct "):
      guard let name = cursor.name() else { return fail("this has a name", tokens) }
      readObject(kind, name, &cursor, tokens, table: table)
    default: fail("`\(TextCursor.words(tokens.prefix(8)))` is nothing that a table has", tokens)
    }
  }

  // MARK: - Chains

  private mutating func chain(_ name: String, table: Int) -> Int {
    if let known = chainPositions[table]?[name], ruleset.tables[table].chains.indices.contains(known),
      ruleset.tables[table].chains[known].name == name
    {
      return known
    }
    let chains = ruleset.tables[table].chains
    let place = chains.firstIndex { $0.name == name } ?? chains.count
    if place == chains.count { ruleset.tables[table].chains.append(Chain(name)) }
    chainPositions[table, default: [:]][name] = place
    return place
  }

  private var chainPositions: [Int: [String: Int]] = [:]

  private mutating func readChain(_ name: String, _ cursor: inout TextCursor, _ tokens: [TextToken], table: Int) {
    let chain = chain(name, table: table)
    guard cursor.take("{") else { return }
    block(tokens) { $0.read(statement: $1, inChain: chain, table: table, opening: tokens) }
  }

  private mutating func read(statement tokens: [TextToken], inChain chain: Int, table: Int, opening: [TextToken]) {
    let cursor = TextCursor(tokens)
    let family = ruleset.tables[table].family
    switch cursor.text() {
    case "type" where cursor.text(2) == "hook":
      guard let base = Self.baseChain(cursor, family: family) else {
        return fail("this chain has a type, hook or priority that is not known", tokens)
      }
      let drops = ruleset.tables[table].chains[chain].base?.dropsByPolicy ?? false
      ruleset.tables[table].chains[chain].base = base
      ruleset.tables[table].chains[chain].base?.dropsByPolicy = drops
      declare(chain, table, tokens)
    case "policy":
      guard let policy = cursor.text(1), ["accept", "drop"].contains(policy) else {
        return fail("a policy is `accept` or `drop`", tokens)
      }
      ruleset.tables[table].chains[chain].base?.dropsByPolicy = policy == "drop"
      declare(chain, table, tokens)
    case "comment" where cursor.token(1)?.kind == .quoted && cursor.token(2) == nil: return
    case "flags" where cursor.text(1) == "offload": return
    default: add(rule: cursor, tokens, table: table, chain: ruleset.tables[table].chains[chain].name, at: nil)
    }
  }

  private mutating func declare(_ chain: Int, _ table: Int, _ tokens: [TextToken]) {
    let (own, line) = (ruleset.tables[table], tokens.first?.line ?? 0)
    declarations["\(own.family) \(own.name) \(own.chains[chain].name)"] = span(line)
  }

  private static func baseChain(_ start: TextCursor, family: TableFamily) -> BaseChain? {
    var cursor = start
    guard cursor.take("type"), let kind = cursor.word().flatMap(BaseChain.Kind.init(rawValue:)), cursor.take("hook"),
      let name = cursor.word(), let hook = BaseChain.Hook(rawValue: name)
    else { return nil }
    var devices: [String]?
    if cursor.take("device") { devices = TextDevices.read(&cursor) }
    if cursor.take("devices"), cursor.take("=") { devices = TextDevices.read(&cursor) }
    guard cursor.take("priority"), let priority = TextPriority.read(&cursor, family: family, hook: name) else {
      return nil
    }
    var base = BaseChain(kind, hook, priority: priority)
    if hook.isOfDevices { base.devices = devices }
    return base
  }

  private mutating func add(
    rule cursor: TextCursor, _ tokens: [TextToken], table: Int, chain name: String, at place: Int?
  ) {
    let chain = chain(name, table: table)
    var reader = TextStatements(cursor, family: ruleset.tables[table].family)
    let (statements, comment) = reader.rule()
    var rule = Rule(statements, comment: comment, provenance: [span(tokens.first?.line ?? 0)])
    rule.quotation = TextCursor.words(tokens.dropFirst(cursor.position))
    let count = ruleset.tables[table].chains[chain].rules.count
    guard let place, place < count else { return ruleset.tables[table].chains[chain].rules.append(rule) }
    ruleset.tables[table].chains[chain].rules.insert(rule, at: max(0, place))
  }

  // MARK: - Objects

  private mutating func readObject(
    _ kind: String, _ name: String, _ cursor: inout TextCursor, _ tokens: [TextToken], table: Int
  ) {
    var object = TextObjects(family: ruleset.tables[table].family)
    if cursor.take("{") {
      block(tokens) { reader, statement in object.read(kind, statement) }
      if !faults.isEmpty { return }
    } else if !cursor.isAtEnd {
      object.read(kind, Array(tokens.dropFirst(cursor.position)))
    }
    if let fault = object.fault { return fail(fault.message, fault.line) }
    let own = ruleset.tables[table]
    if kind == "set" || kind == "map" {
      let listed = ListedObject(kind: kind, value: object.set(kind, table: own.name, name: name), path: kind)
      guard let set = try? listed.set() else { return fail("this set has no type that is known", tokens) }
      return add(set.placed(object.elements.map { span($0.line) }), table: table)
    }
    if kind == "ct helper", object.members["protocol"] == "tcp", let type = object.members["type"]?.string {
      ruleset.tables[table].helpers.append(
        HelperObject(name, type: type, provenance: [span(tokens.first?.line ?? 0)]))
    } else {
      ruleset.tables[table].foreign.append(
        ForeignObject(kind: kind, name: name, definition: .object(object.members)))
    }
  }

  private mutating func add(_ set: NamedSet, table: Int) {
    guard let known = ruleset.tables[table].sets.firstIndex(where: { $0.name == set.name }) else {
      return ruleset.tables[table].sets.append(set)
    }
    ruleset.tables[table].sets[known].elements.append(set.elements)
  }

  private mutating func addElements(_ cursor: inout TextCursor, _ tokens: [TextToken], table: Int) {
    guard let name = cursor.name(), let set = ruleset.tables[table].sets.firstIndex(where: { $0.name == name }) else {
      return fail("the set is not declared before this line", tokens)
    }
    let known = ruleset.tables[table].sets[set]
    var object = TextObjects(family: ruleset.tables[table].family)
    object.declare(known)
    object.readElements(&cursor, tokens)
    if let fault = object.fault { return fail(fault.message, fault.line) }
    let listed = ListedObject(
      kind: "set", value: object.set("set", table: ruleset.tables[table].name, name: name), path: "set")
    guard let more = try? listed.set() else { return fail("these elements are not understood", tokens) }
    ruleset.tables[table].sets[set].elements.append(more.placed(object.elements.map { span($0.line) }).elements)
  }
}

extension NamedSet {
  /// The set with a place for each element.
  fileprivate func placed(_ places: [SourceSpan]) -> NamedSet {
    var set = self
    var list = ElementList()
    list.reserve(elements.count, width: key.count + data.count)
    for (element, place) in zip(elements, places) {
      list.append(key: Array(element.key), data: Array(element.data), comment: element.comment, provenance: place)
    }
    set.elements = list
    return set
  }
}
