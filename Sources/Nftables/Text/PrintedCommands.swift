/// Commands of scripts.
extension PrintedRuleset {
  mutating func read(command tokens: [TextToken]) {
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
  mutating func readDefinition(_ word: String, _ tokens: [TextToken]) -> Bool {
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
}
