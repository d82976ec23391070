import Diagnostics

/// What stands in tables and chains.
extension PrintedRuleset {
  mutating func read(statement tokens: [TextToken], inTable table: Int) {
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

  mutating func readChain(_ name: String, _ cursor: inout TextCursor, _ tokens: [TextToken], table: Int) {
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

  mutating func add(
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
}
