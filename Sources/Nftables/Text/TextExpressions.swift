import Addressing

/// Reads expressions into what nft lists for them in JSON, so that text and JSON come to the same.
struct TextExpressions {
  var cursor: TextCursor

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

  // MARK: - Constants

  /// What stands at the right side, or in a set: `nil` for what is none.
  mutating func constant() -> JSONValue? {
    guard let first = single() else { return nil }
    if cursor.first?.isSign("-") == true {
      cursor.advance()
      return single().map { ["range": [first, $0]] }
    }
    if cursor.first?.isSign("/") == true, let length = cursor.token(1).flatMap({ TextCursor.number($0.text) }) {
      cursor.advance(2)
      return ["prefix": ["addr": first, "len": .number(length)]]
    }
    if cursor.first?.isSign("/") == true, let mask = cursor.token(1).flatMap({ IPAddress($0.text) }),
      first.string.flatMap({ IPAddress($0) }) != nil, let length = mask.prefixLength
    {
      cursor.advance(2)
      return ["prefix": ["addr": first, "len": .number(Int64(length))]]
    }
    return first
  }

  /// A number, a word, a quotation, an address.
  private mutating func single() -> JSONValue? {
    if cursor.take("@") {
      return cursor.word().map { .string("@\($0)") }
    }
    if cursor.take("*") { return "*" }
    if cursor.take("[") {
      let address = cursor.word()
      return cursor.take("]") ? address.map { .string($0) } : nil
    }
    guard let token = cursor.first, token.kind != .sign else { return nil }
    cursor.advance()
    if token.kind == .quoted { return .string(token.text) }
    switch token.text {
    case "exists": return .bool(true)
    case "missing": return .bool(false)
    default: break
    }
    if let number = TextCursor.number(token.text) {
      // Handles of classes, `1:1`.
      if cursor.first?.isSign(":") == true, cursor.first?.isApart == false, let minor = cursor.token(1),
        !minor.isApart, minor.kind == .word, isClass
      {
        cursor.advance(2)
        return .string("\(token.text):\(minor.text)")
      }
      return .number(number)
    }
    return .string(token.text)
  }

  /// Whether what is read is the priority of a packet.
  private var isClass = false
  /// Whether names of headers are constants: `meta l4proto tcp`.
  private var hasConstantsAlone = false

  /// The right side of a match, or what a field is set to.
  ///
  /// - Parameter isMatch: Whether it is a match, so that there are constants alone.
  mutating func right(of left: JSONValue, isMatch: Bool) -> JSONValue? {
    (isClass, hasConstantsAlone) = (left["meta"]?["key"] == "priority", isMatch)
    defer { (isClass, hasConstantsAlone) = (false, false) }
    if cursor.first?.isSign("{") == true { return members(isMap: false).map { left.translated($0) } }
    guard var value = sumOfConstants() else { return nil }
    if cursor.first?.isSign(",") == true {
      var words = [value]
      while cursor.take(",") {
        guard let word = constant() else { return nil }
        words.append(word)
      }
      value = .array(words)
    }
    return left.translated(value)
  }

  private mutating func sumOfConstants() -> JSONValue? {
    guard let first = sum() else { return nil }
    guard cursor.first?.isSign(".") == true else { return first }
    var fields = [first]
    while cursor.take(".") {
      guard let field = sum() else { return nil }
      fields.append(field)
    }
    return ["concat": .array(fields)]
  }

  /// `{ a, b : c }`.
  mutating func members(isMap: Bool) -> JSONValue? {
    guard cursor.take("{") else { return nil }
    var elements: [JSONValue] = []
    while !cursor.take("}") {
      if cursor.first?.isSign("{") == true {
        // What a variable stands for.
        guard case .array(let inner)? = members(isMap: isMap)?["set"] else { return nil }
        elements += inner
      } else {
        guard let element = element(data: isMap) else { return nil }
        elements.append(element)
      }
      guard cursor.take(",") || cursor.first?.isSign("}") == true else { return nil }
    }
    return elements.isEmpty ? nil : ["set": .array(elements)]
  }

  /// One element, with what belongs to it.
  mutating func element(data hasData: Bool) -> JSONValue? {
    guard let first = constantKey() else { return nil }
    var extra: [String: JSONValue] = [:]
    guard details(&extra) else { return nil }
    var key = first
    if !extra.isEmpty {
      extra["val"] = first
      key = ["elem": .object(extra)]
    }
    guard cursor.take(":") else { return hasData ? nil : key }
    return data().map { [key, $0] }
  }

  private mutating func constantKey() -> JSONValue? {
    guard let first = constant() else { return nil }
    var fields = [first]
    while cursor.take(".") {
      guard let field = constant() else { return nil }
      fields.append(field)
    }
    return fields.count == 1 ? first : ["concat": .array(fields)]
  }

  /// What a map holds: a verdict, or constants.
  mutating func data() -> JSONValue? {
    if let verdict = verdict() { return verdict }
    return constantKey()
  }

  mutating func verdict() -> JSONValue? {
    guard let word = cursor.text(), cursor.first?.kind == .word else { return nil }
    switch word {
    case "accept", "drop", "return", "continue":
      cursor.advance()
      return .object([word: .null])
    case "jump", "goto":
      guard let target = cursor.token(1), target.kind != .sign else { return nil }
      cursor.advance(2)
      return .object([word: ["target": .string(target.text)]])
    default: return nil
    }
  }

  /// What stands after the key of an element. Returns whether it was understood.
  private mutating func details(_ extra: inout [String: JSONValue]) -> Bool {
    while let word = cursor.text() {
      switch word {
      case "timeout", "expires":
        cursor.advance()
        guard let time = cursor.time() else { return false }
        extra[word] = .number(time)
      case "comment":
        cursor.advance()
        guard let text = cursor.name() else { return false }
        extra[word] = .string(text)
      case "counter":
        cursor.advance()
        var counts: [String: JSONValue] = [:]
        if cursor.take("packets") { counts["packets"] = cursor.number().map { .number($0) } }
        if cursor.take("bytes") { counts["bytes"] = cursor.number().map { .number($0) } }
        extra[word] = counts.isEmpty ? .null : .object(counts)
      case "limit", "quota", "ct", "last":
        var statements = TextStatements(cursor, family: .inet)
        guard let statement = statements.listed(), case .object(let members) = statement, let only = members.first
        else { return false }
        cursor = statements.cursor
        extra[only.key] = only.value
      default: return true
      }
    }
    return true
  }
}

extension JSONValue {
  /// What stands beside an expression, with the names of services and times as numbers.
  ///
  /// - Parameter value: A constant, a set, or a map of which the keys are meant.
  func translated(_ value: JSONValue) -> JSONValue {
    if case .object(let members) = value, members.count == 1, let set = members["set"] {
      return [
        "set": .array(
          set.list.map { element in
            guard case .array(let pair) = element, pair.count == 2, let key = pair.first, let data = pair.last else {
              return translated(element)
            }
            return [translated(key), data]
          })
      ]
    }
    if let fields = self["concat"]?.list, let values = value["concat"]?.list, fields.count == values.count {
      return ["concat": .array(zip(fields, values).map { $0.translated($1) })]
    }
    let field = self["payload"]?["field"]?.string
    let key = self["ct"]?["key"]?.string
    if field == "dport" || field == "sport" || key == "proto-dst" || key == "proto-src" { return value.withPorts }
    if key == "expiration", let text = value.string, let seconds = TextCursor.seconds(text) {
      return .number(seconds)
    }
    return value
  }

  /// Names of services as their numbers.
  private var withPorts: JSONValue {
    switch self {
    case .string(let name): serviceNumbers[name].map { .number($0) } ?? self
    case .array(let values): .array(values.map(\.withPorts))
    case .object(let members) where members["range"] != nil: .object(members.mapValues(\.withPorts))
    default: self
    }
  }
}

/// Ports by the names that people write (`/etc/services`).
let serviceNumbers: [String: Int64] = [
  "ftp": 21, "ftp-data": 20, "ftps": 990, "ftps-data": 989, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53,
  "http": 80, "pop3": 110, "ntp": 123, "imap2": 143, "imap": 143, "snmp": 161, "ldap": 389, "https": 443,
  "submission": 587, "ldaps": 636, "imaps": 993, "pop3s": 995, "mysql": 3306, "postgresql": 5432,
]

extension IPAddress {
  /// The length of the prefix that a mask stands for; `nil` for one with holes.
  fileprivate var prefixLength: Int? {
    let hosts = ~value & family.highest
    guard hosts & (hosts &+ 1) == 0 else { return nil }
    return family.bits - (128 - hosts.leadingZeroBitCount)
  }
}
