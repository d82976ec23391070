import Addressing

/// Constants, and the elements of sets and maps.
extension TextExpressions {
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

  /// A constant, or flags joined by `|`.
  private mutating func constantField() -> JSONValue? {
    guard let first = constant() else { return nil }
    var flags = [first]
    while cursor.take("|") {
      guard let flag = constant() else { return nil }
      flags.append(flag)
    }
    return flags.count == 1 ? first : ["|": .array(flags)]
  }

  private mutating func constantKey() -> JSONValue? {
    guard let first = constantField() else { return nil }
    var fields = [first]
    while cursor.take(".") {
      guard let field = constantField() else { return nil }
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
