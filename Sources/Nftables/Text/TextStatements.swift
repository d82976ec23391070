import Addressing

/// Reads statements of rules into what nft lists for them in JSON.
struct TextStatements {
  var cursor: TextCursor
  let family: TableFamily

  init(_ cursor: TextCursor, family: TableFamily) { (self.cursor, self.family) = (cursor, family) }

  /// The statements of a rule, and its comment.
  mutating func rule() -> (statements: [Statement], comment: String?) {
    var statements: [Statement] = []
    var comment: String?
    while let token = cursor.first {
      let start = cursor.position
      if token.isWord("comment"), let text = cursor.token(1), text.kind != .sign {
        comment = text.text
        cursor.advance(2)
        continue
      }
      if let listed = listed() {
        statements.append(Statement(listed: listed))
        continue
      }
      cursor.go(to: start + 1)
      skip()
      statements.append(.unread(cursor.words(from: start)))
    }
    return (statements, comment)
  }

  /// Goes to the next word that begins a statement, or to the end.
  private mutating func skip() {
    var depth = 0
    while let token = cursor.first {
      if token.isSign("{") || token.isSign("(") { depth += 1 }
      if token.isSign("}") || token.isSign(")") { depth -= 1 }
      if depth == 0, token.kind == .word, Self.starts.contains(token.text) { return }
      cursor.advance()
    }
  }

  private static let starts: Set = [
    "accept", "drop", "return", "continue", "jump", "goto", "counter", "log", "limit", "quota", "reject", "dnat",
    "snat", "masquerade", "redirect", "queue", "notrack", "comment",
  ]

  /// One statement; `nil` for what is not known.
  mutating func listed() -> JSONValue? {
    guard let token = cursor.first else { return nil }
    guard token.kind == .word else { return match() }
    switch token.text {
    case "accept", "drop", "return", "continue", "jump", "goto": return expression { $0.verdict() }
    case "counter", "limit", "quota", "synproxy", "last": return measured(token.text)
    case "log": return log()
    case "reject": return reject()
    case "dnat", "snat", "masquerade", "redirect": return translation(token.text)
    case "notrack":
      cursor.advance()
      return ["notrack": .null]
    case "queue": return queue()
    case "dup", "fwd", "tproxy": return handOver(token.text)
    case "flow": return flow()
    case "xt": return xtables()
    case "reset":
      cursor.advance()
      return expression { $0.key() }.map { ["reset": $0] }
    case "add", "update", "delete", "set": return update(token.text)
    case "ct": return connection() ?? match()
    default: return match()
    }
  }

  /// Reads by the reader of expressions.
  mutating func expression(_ read: (inout TextExpressions) -> JSONValue?) -> JSONValue? {
    var reader = TextExpressions(cursor)
    let value = read(&reader)
    cursor = reader.cursor
    return value
  }

  // MARK: - Matches

  /// A match, a verdict map, or a field that is set.
  private mutating func match() -> JSONValue? {
    guard let token = cursor.first, TextExpressions.begins(token), let left = expression({ $0.key() }),
      left.string == nil
    else { return nil }
    switch cursor.text() ?? "" {
    case "set":
      guard cursor.first?.kind == .word else { return nil }
      cursor.advance()
      return value(of: left).map { ["mangle": ["key": left, "value": $0]] }
    case "vmap":
      cursor.advance()
      return map().map { ["vmap": ["key": left, "data": left.translated($0)]] }
    default: break
    }
    var sign = "=="
    var isExplicit = false
    if let text = cursor.text(), cursor.first?.kind == .sign, ["==", "!=", "<", ">", "<=", ">=", "!"].contains(text) {
      sign = text
      isExplicit = true
      cursor.advance()
    } else if let word = cursor.text(),
      let plain = ["eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">="][word]
    {
      sign = plain
      isExplicit = true
      cursor.advance()
    }
    guard let right = expression({ $0.right(of: left, isMatch: true) }) else { return nil }
    // Flags after `/` are the mask: `tcp flags syn / fin,syn,rst,ack`.
    if cursor.first?.isSign("/") == true, left.isBitmask {
      cursor.advance()
      guard let mask = expression({ $0.right(of: left, isMatch: true) }) else { return nil }
      return Self.match(["&": [left, mask]], sign, right)
    }
    let isTestOfBits = left.isBitmask && !isExplicit && right["set"] == nil && right.setName == nil
    return Self.match(left, isTestOfBits ? "in" : sign, right)
  }

  private static func match(_ left: JSONValue, _ sign: String, _ right: JSONValue) -> JSONValue {
    ["match": ["op": .string(sign), "left": left, "right": right]]
  }

  /// `@NAME` or `{ KEY : DATA, ... }`.
  private mutating func map() -> JSONValue? {
    if cursor.first?.isSign("@") == true, let name = cursor.token(1), name.kind != .sign {
      cursor.advance(2)
      return .string("@\(name.text)")
    }
    return expression { $0.members(isMap: true) }
  }

  /// What a field becomes: constants, other fields, or what a map holds.
  private mutating func value(of left: JSONValue) -> JSONValue? {
    guard let value = expression({ $0.right(of: left, isMatch: false) }) else { return nil }
    return looked(up: value)
  }

  private mutating func looked(up key: JSONValue) -> JSONValue? {
    guard cursor.take("map") else { return key }
    return map().map { ["map": ["key": key, "data": key.translated($0)]] }
  }

  /// An address, a port, or what a map holds.
  private mutating func target() -> JSONValue? {
    var reader = TextExpressions(cursor)
    let start = reader.cursor.position
    if let token = reader.cursor.first, TextExpressions.begins(token), let key = reader.key() {
      cursor = reader.cursor
      return looked(up: key)
    }
    reader.cursor.go(to: start)
    let value = reader.constant()
    cursor = reader.cursor
    return value
  }

  // MARK: - Connections

  /// `ct helper set`, `ct count` and their like, which are no fields; `nil` where it is one, and nothing is read.
  private mutating func connection() -> JSONValue? {
    if let kind = cursor.text(1), ["helper", "timeout", "expectation"].contains(kind), cursor.text(2) == "set" {
      let start = cursor.position
      cursor.advance(3)
      if let token = cursor.first, token.kind == .quoted || !TextExpressions.begins(token), let name = cursor.name() {
        return .object(["ct \(kind)": .string(name)])
      }
      if let key = expression({ $0.key() }), cursor.take("map"), let map = map() {
        return .object(["ct \(kind)": ["map": ["key": key, "data": map]]])
      }
      cursor.go(to: start)
      return nil
    }
    guard cursor.text(1) == "count" else { return nil }
    let start = cursor.position
    cursor.advance(2)
    let isOver = cursor.take("over")
    guard let count = cursor.number() else {
      cursor.go(to: start)
      return nil
    }
    return ["ct count": .object(["val": .number(count), "inv": isOver ? .bool(true) : nil])]
  }

  private mutating func update(_ word: String) -> JSONValue? {
    cursor.advance()
    if word == "set" { return oldUpdate() }
    guard cursor.take("@"), let name = cursor.word(), cursor.take("{"), var element = expression({ $0.key() }) else {
      return nil
    }
    var extra: [String: JSONValue] = [:]
    while let word = cursor.text(), word == "timeout" || word == "expires" || word == "comment" {
      cursor.advance()
      extra[word] = word == "comment" ? cursor.name().map { .string($0) } : cursor.time().map { .number($0) }
    }
    var statements: [JSONValue] = []
    while let token = cursor.first, token.kind == .word {
      guard let statement = listed() else { return nil }
      statements.append(statement)
    }
    if !extra.isEmpty {
      extra["val"] = element
      element = ["elem": .object(extra)]
    }
    var data: JSONValue?
    if cursor.take(":") {
      guard let held = target() else { return nil }
      data = held
    }
    guard cursor.take("}") else { return nil }
    let kind = data == nil ? "set" : "map"
    return .object([
      kind: .object(
        ["op": .string(word), "elem": element, kind: .string("@\(name)")]
          .merging(statements.isEmpty ? [:] : ["stmt": .array(statements)]) { $1 }
          .merging(data.map { ["data": $0] } ?? [:]) { $1 })
    ])
  }

  /// `set add KEY @NAME`, of which `set` is read.
  private mutating func oldUpdate() -> JSONValue? {
    guard let operation = cursor.word(), ["add", "update", "delete"].contains(operation),
      let key = expression({ $0.key() }), cursor.take("@"), let name = cursor.word()
    else { return nil }
    return ["set": ["op": .string(operation), "elem": key, "set": .string("@\(name)")]]
  }

  // MARK: - Translation

  private mutating func translation(_ kind: String) -> JSONValue? {
    cursor.advance()
    var members: [String: JSONValue] = [:]
    if kind == "dnat" || kind == "snat", let word = cursor.text(), word == "ip" || word == "ip6",
      ["to", "prefix", "addr", "interval"].contains(cursor.text(1) ?? "")
    {
      members["family"] = .string(word)
      cursor.advance()
    }
    if cursor.take("prefix") {
      members["type_flags"] = "prefix"
      members["flags"] = "netmap"
    } else if cursor.take("interval") {
      members["type_flags"] = "interval"
    } else if cursor.take("addr", ".", "port") {
      members["type_flags"] = nil
    }
    if cursor.take("to") {
      guard destination(kind, &members) else { return nil }
    } else if kind == "dnat" || kind == "snat" {
      guard destination(kind, &members) else { return nil }
    }
    var flags: [JSONValue] = members["flags"].map { [$0] } ?? []
    while let word = cursor.text(), ["random", "fully-random", "random-fully", "persistent"].contains(word) {
      cursor.advance()
      flags.append(.string(word == "random-fully" ? "fully-random" : word))
      _ = cursor.take(",")
    }
    members["flags"] = flags.count > 1 ? .array(flags) : flags.first
    return .object([kind: members.isEmpty ? .null : .object(members)])
  }

  /// `ADDRESS`, `ADDRESS:PORT` or `:PORT`.
  private mutating func destination(_ kind: String, _ members: inout [String: JSONValue]) -> Bool {
    let hasAddress = kind == "dnat" || kind == "snat"
    if hasAddress, cursor.first?.isSign(":") != true {
      guard let address = target() else { return false }
      members["addr"] = address
      if members["family"] == nil, family == .inet, let text = (address["range"]?.list.first ?? address).string,
        let known = IPAddress(text)
      {
        // In such a table nft lists the family.
        members["family"] = .string(known.family.header)
      }
    }
    // `redirect to 21` was the form before `redirect to :21`.
    if cursor.take(":") || !hasAddress {
      guard let port = target() else { return false }
      members["port"] = port.withServicePorts
    }
    return members["addr"] != nil || members["port"] != nil
  }
}

extension JSONValue {
  /// Whether a field is flags, of which a test asks whether one is set.
  fileprivate var isBitmask: Bool {
    if let key = self["ct"]?["key"]?.string { return ["state", "status", "label", "event"].contains(key) }
    return self["payload"] == ["protocol": "tcp", "field": "flags"]
  }

  fileprivate var withServicePorts: JSONValue {
    let port: JSONValue = ["payload": ["protocol": "tcp", "field": "dport"]]
    return port.translated(self)
  }
}
