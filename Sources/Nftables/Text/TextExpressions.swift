/// Reads expressions into what nft lists for them in JSON, so that text and JSON come to the same.
struct TextExpressions {
  var cursor: TextCursor
  /// Whether what is read is the priority of a packet.
  var isClass = false
  /// Whether names of headers are constants: `meta l4proto tcp`.
  var hasConstantsAlone = false

  init(_ cursor: TextCursor) { self.cursor = cursor }

  // MARK: - What is read from a packet

  /// Metadata that stands without the word `meta` (`meta_key_unqualified` in nft's grammar).
  private static let plainMeta: Set = [
    "iif", "iifname", "iiftype", "iifgroup", "oif", "oifname", "oiftype", "oifgroup", "mark", "skuid", "skgid",
    "rtclassid", "ibriport", "obriport", "ibrname", "obrname", "pkttype", "cpu", "cgroup",
  ]
  private static let headers: Set = [
    "ether", "vlan", "arp", "ip", "icmp", "igmp", "ip6", "icmpv6", "ah", "esp", "comp", "udp", "udplite", "tcp",
    "dccp", "sctp", "th",
  ]
  private static let extensionHeaders: Set = ["hbh", "rt", "rt0", "rt2", "rt4", "frag", "dst", "mh"]
  private static let others: Set = ["meta", "ct", "fib", "numgen", "jhash", "symhash", "exthdr"]

  /// Whether a word begins an expression.
  static func begins(_ token: TextToken) -> Bool {
    guard token.kind == .word else { return token.isSign("@") || token.isSign("(") }
    return plainMeta.contains(token.text) || headers.contains(token.text) || extensionHeaders.contains(token.text)
      || others.contains(token.text)
  }

  /// One field, or several joined by `.`; `nil` for what is not known.
  mutating func key() -> JSONValue? {
    guard let first = sum() else { return nil }
    var fields = [first]
    while cursor.first?.isSign(".") == true {
      cursor.advance()
      guard let field = sum() else { return nil }
      fields.append(field)
    }
    return fields.count == 1 ? first : ["concat": .array(fields)]
  }

  /// Fields joined by arithmetic; `&` binds closer than `^`, and that closer than `|`.
  mutating func sum(_ level: Int = 0) -> JSONValue? {
    let signs = ["|", "^", "&", "<<"]
    guard level < signs.count else { return operand() }
    guard var left = sum(level + 1) else { return nil }
    while let token = cursor.first, token.kind == .sign,
      token.text == signs[level] || level == 3 && token.text == ">>"
    {
      cursor.advance()
      guard let right = sum(level + 1) else { return nil }
      // Alternatives of flags are one list.
      if token.text == "|", case .object(let members) = left, case .array(let parts)? = members["|"],
        parts.allSatisfy({ $0.string != nil })
      {
        left = ["|": .array(parts + [right])]
      } else {
        left = .object([token.text: .array([left, right])])
      }
    }
    return left
  }

  private mutating func operand() -> JSONValue? {
    if cursor.take("(") {
      let inner = sum()
      return cursor.take(")") ? inner : nil
    }
    guard let token = cursor.first else { return nil }
    // `@NAME` is a set, `@nh,96,32` a place in the packet.
    let isSet = token.isSign("@") && cursor.token(2)?.isSign(",") != true
    guard Self.begins(token), !isSet, !(token.kind == .word && isConstantHere(token)) else { return constant() }
    return field()
  }

  /// Words that are fields as well as constants are constants where nothing follows that a field has.
  private func isConstantHere(_ token: TextToken) -> Bool {
    guard Self.headers.contains(token.text) || Self.extensionHeaders.contains(token.text) else { return false }
    if hasConstantsAlone { return true }
    guard let next = cursor.token(1) else { return true }
    return next.kind == .sign || next.kind == .quoted || Self.isStatementWord(next.text)
  }

  private static let statementWords: Set = [
    "accept", "drop", "return", "continue", "jump", "goto", "counter", "log", "limit", "quota", "reject", "dnat",
    "snat", "masquerade", "redirect", "queue", "notrack", "comment", "timeout", "expires", "map", "vmap", "th",
    "meta",
    "ct", "iifname", "oifname", "iif", "oif", "tcp", "udp", "ip", "ip6",
  ]

  static func isStatementWord(_ text: String) -> Bool { statementWords.contains(text) }

  private mutating func field() -> JSONValue? {
    if cursor.take("@") { return rawField() }
    guard let word = cursor.word() else { return nil }
    if Self.plainMeta.contains(word) { return ["meta": ["key": .string(word)]] }
    switch word {
    case "meta": return cursor.word().map { ["meta": ["key": .string($0)]] }
    case "ct": return tracked()
    case "fib": return fib()
    case "numgen", "jhash", "symhash": return generator(word)
    case "exthdr": return cursor.word().map { ["exthdr": ["name": .string($0)]] }
    case "rt" where ["classid", "nexthop", "mtu", "ipsec"].contains(cursor.text() ?? ""):
      return cursor.word().map { ["rt": ["key": .string($0)]] }
    case "rt" where cursor.text() == "ip" || cursor.text() == "ip6":
      guard let family = cursor.word() else { return nil }
      return cursor.word().map { ["rt": ["key": .string($0), "family": .string(family)]] }
    default: break
    }
    if Self.extensionHeaders.contains(word) {
      return cursor.word().map { ["exthdr": ["name": .string(word), "field": .string($0)]] }
    }
    return header(word)
  }

  private mutating func header(_ word: String) -> JSONValue? {
    if word == "tcp" || word == "ip", cursor.take("option") {
      guard let name = cursor.name() else { return nil }
      let fields: Set = [
        "kind", "length", "size", "count", "left", "right", "tsval", "tsecr", "type", "ptr", "value", "addr",
      ]
      guard let next = cursor.first, next.kind == .word, fields.contains(next.text) else {
        return .object(["\(word) option": ["name": .string(name)]])
      }
      cursor.advance()
      return .object(["\(word) option": ["name": .string(name), "field": .string(next.text)]])
    }
    guard var field = cursor.word() else { return nil }
    if word == "arp", field == "saddr" || field == "daddr", let kind = cursor.word() { field += " \(kind)" }
    return ["payload": ["protocol": .string(word), "field": .string(field)]]
  }

  /// `@nh,96,32`, of which the `@` is read.
  private mutating func rawField() -> JSONValue? {
    guard ["ll", "nh", "th", "ih"].contains(cursor.text() ?? ""), cursor.token(1)?.isSign(",") == true,
      let base = cursor.word(), cursor.take(","), let offset = cursor.number(), cursor.take(","),
      let length = cursor.number()
    else { return nil }
    return ["payload": ["base": .string(base), "offset": .number(offset), "len": .number(length)]]
  }

  private mutating func tracked() -> JSONValue? {
    guard var key = cursor.word() else { return nil }
    guard key == "original" || key == "reply" else {
      return ["ct": ["key": .string(key)]]
    }
    let direction = key
    guard let first = cursor.word() else { return nil }
    key = first
    if first == "ip" || first == "ip6" {
      guard let field = cursor.word() else { return nil }
      key += " \(field)"
    }
    return ["ct": ["key": .string(key), "dir": .string(direction)]]
  }

  private mutating func fib() -> JSONValue? {
    var flags: [JSONValue] = []
    repeat {
      guard let flag = cursor.word() else { return nil }
      flags.append(.string(flag))
    } while cursor.take(".")
    guard let result = cursor.word() else { return nil }
    // Newer versions print `check` where they list `oif`, and ask whether there is a route.
    return ["fib": ["result": result == "check" ? "oif" : .string(result), "flags": .array(flags)]]
  }

  private mutating func generator(_ kind: String) -> JSONValue? {
    var members: [String: JSONValue] = [:]
    if kind == "numgen" {
      guard let mode = cursor.word() else { return nil }
      members["mode"] = .string(mode)
      members["offset"] = 0
    } else if kind == "jhash" {
      guard let key = key() else { return nil }
      members["expr"] = key
      members["offset"] = 0
    } else {
      members["offset"] = 0
    }
    guard cursor.take("mod"), let modulus = cursor.number() else { return nil }
    members["mod"] = .number(modulus)
    if cursor.take("seed") { members["seed"] = cursor.number().map { .number($0) } }
    if cursor.take("offset") { members["offset"] = cursor.number().map { .number($0) } }
    return .object([kind: .object(members)])
  }
}
