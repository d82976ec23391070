import Addressing

/// What the constants are that stand beside an expression: how their words and numbers are read.
indirect enum ConstantKind {
  case address(AddressFamily), port, interface, text
  /// One for each field.
  case fields([ConstantKind])
  /// Addresses of any family, numbers and words.
  case other
}

extension Expression {
  /// What nft lists beside it.
  var constants: ConstantKind {
    switch self {
    case .payload("ip", "saddr"), .payload("ip", "daddr"): .address(.ipv4)
    case .payload("ip6", "saddr"), .payload("ip6", "daddr"): .address(.ipv6)
    case .payload(_, "sport"), .payload(_, "dport"), .tuple(_, "proto-src"), .tuple(_, "proto-dst"): .port
    case .meta("iifname"), .meta("oifname"), .meta("iif"), .meta("oif"), .fib("oif", _), .fib("oifname", _):
      .interface
    case .conntrack("helper"): .text
    case .concatenation(let fields): .fields(fields.map(\.constants))
    case .masked(let inner, _), .element(let inner, _): inner.constants
    case .arithmetic(_, let parts): parts.first?.constants ?? .other
    default: .other
    }
  }
}

extension Expression {
  /// An expression as a listing has it.
  ///
  /// - Parameter kind: How constants in it are read.
  init(listed: JSONValue, as kind: ConstantKind) { self = Self.read(listed, kind) ?? .foreign(listed) }

  /// The same where nothing tells what its constants are.
  package init(listed: JSONValue) { self.init(listed: listed, as: .other) }

  /// `nil` for what this program does not know.
  private static func read(_ listed: JSONValue, _ kind: ConstantKind) -> Expression? {
    switch listed {
    case .null: return nil
    case .bool(let value): return .value(.boolean(value))
    case .number(let value): return .value(Value(listed: value, kind))
    case .string(let text): return listed.setName.map { .set($0) } ?? .value(Value(listed: text, kind))
    case .array(let parts): return .list(parts.map { Expression(listed: $0, as: kind) })
    case .object(let members):
      guard let (name, value) = members.first, members.count == 1 else { return nil }
      return read(name, value, kind) ?? Verdict(listed: listed).map { .value(.verdict($0)) }
    }
  }

  private static func read(_ name: String, _ value: JSONValue, _ kind: ConstantKind) -> Expression? {
    switch name {
    case "payload": return payload(value)
    case "meta": return value.members(among: ["key"])?["key"]?.string.map { .meta($0) }
    case "ct":
      guard let parts = value.members(among: ["key", "dir"]), let key = parts["key"]?.string else { return nil }
      guard let direction = parts["dir"] else { return .conntrack(key) }
      return direction.string.map { .tuple($0, key) }
    case "rt": return value.members(among: ["key"])?["key"]?.string.map { .route($0) }
    case "fib":
      guard let parts = value.members(among: ["result", "flags"]), let result = parts["result"]?.string,
        let fields = parts["flags"]?.words
      else { return nil }
      return .fib(result, fields)
    case "tcp option", "ip option", "exthdr":
      guard let parts = value.members(among: ["name", "field"]), let option = parts["name"]?.string,
        parts["field"].map({ $0.string != nil }) ?? true
      else { return nil }
      return .option(name, option, parts["field"]?.string)
    case "numgen", "jhash", "symhash": return Generator(listed: value, name).map { .generator($0) }
    case "concat": return concatenation(value.list, kind)
    case "map": return Expression(map: value)
    case "set":
      guard case .array(let elements) = value, !elements.isEmpty else { return nil }
      return .members(elements.map { Member(listed: $0, kind) })
    case "elem": return element(value, kind)
    case "prefix": return prefix(value, kind)
    case "range":
      guard value.list.count == 2, let low = value.list.first, let high = value.list.last else { return nil }
      return joined(Expression(listed: low, as: kind), Expression(listed: high, as: kind))
    default: return Arithmetic(rawValue: name).flatMap { arithmetic($0, value, kind) }
    }
  }

  private static func payload(_ value: JSONValue) -> Expression? {
    if let parts = value.members(among: ["base", "offset", "len"]), let base = parts["base"]?.string,
      let offset = parts["offset"]?.number, let length = parts["len"]?.number
    {
      return .bits(base, offset: offset, length: length)
    }
    guard let parts = value.members(among: ["protocol", "field"]), let header = parts["protocol"]?.string,
      let field = parts["field"]?.string
    else { return nil }
    return .payload(header, field)
  }

  /// nft up to 1.1.3 wrote a boolean as one byte of a register, which 1.1.7 lists as a concatenation of one field; see
  /// `prefix` for the other way.
  private static func concatenation(_ fields: [JSONValue], _ kind: ConstantKind) -> Expression {
    if let only = fields.first, fields.count == 1 { return Expression(listed: only, as: kind) }
    guard case .fields(let kinds) = kind, kinds.count == fields.count else {
      return .concatenation(fields.map { Expression(listed: $0, as: .other) })
    }
    return .concatenation(zip(fields, kinds).map { Expression(listed: $0, as: $1) })
  }

  private static func element(_ value: JSONValue, _ kind: ConstantKind) -> Expression? {
    guard let parts = value.members(among: ["val", "timeout", "expires", "comment"]), let key = parts["val"] else {
      return nil
    }
    let details = ElementDetails(
      timeout: parts["timeout"]?.number, expires: parts["expires"]?.number, comment: parts["comment"]?.string)
    return .element(Expression(listed: key, as: kind), details)
  }

  /// A boolean that 1.1.7 wrote is listed by older versions as a prefix of 8 bits.
  private static func prefix(_ value: JSONValue, _ kind: ConstantKind) -> Expression? {
    guard let parts = value.members(among: ["addr", "len"]), let base = parts["addr"],
      let length = parts["len"]?.number
    else { return nil }
    let first = Expression(listed: base, as: kind)
    if case .value(.boolean) = first { return first }
    if case .value(.address(let address)) = first {
      return Int(exactly: length).flatMap { Value(base: address, length: $0) }.map { .value($0) }
    }
    return .prefix(first, length)
  }

  private static func joined(_ low: Expression, _ high: Expression) -> Expression {
    switch (low, high) {
    case (.value(.address(let first)), .value(.address(let last))) where first.family == last.family && first <= last:
      return .value(Value(first...last))
    case (.value(.port(let first)), .value(.port(let last))):
      return PortRange(low: first, high: last).map { .value(Value($0)) } ?? .range(low, high)
    default: return .range(low, high)
    }
  }

  private static func arithmetic(_ sign: Arithmetic, _ value: JSONValue, _ kind: ConstantKind) -> Expression? {
    guard case .array(let parts) = value, let first = parts.first else { return nil }
    let left = Expression(listed: first, as: kind)
    if sign == .and, parts.count == 2, let mask = parts.last?.string.flatMap({ IPAddress($0) }) {
      return .masked(left, with: mask)
    }
    return .arithmetic(sign, [left] + parts.dropFirst().map { Expression(listed: $0, as: left.constants) })
  }

  /// A map and the key that is looked up in it: `nil` where one of them is missing.
  fileprivate init?(map value: JSONValue) {
    guard let (key, map) = value.keyAndMap else { return nil }
    self = .lookup(key, in: map)
  }
}

extension JSONValue {
  /// The name after `@`.
  var setName: String? {
    guard let text = string, text.utf8.first == UInt8(ascii: "@") else { return nil }
    return String(text.dropFirst())
  }

  /// Strings, one by itself or several in an array.
  var words: [String]? {
    let words = list.compactMap(\.string)
    return words.count == list.count ? words : nil
  }

  /// The key that is looked up in a map, and the map, by its name or with its elements.
  var keyAndMap: (key: Expression, map: Expression)? {
    guard let parts = members(among: ["key", "data"]), let listed = parts["key"], let data = parts["data"] else {
      return nil
    }
    let key = Expression(listed: listed, as: .other)
    return (key, Expression(listed: data, as: key.constants))
  }
}

extension Value {
  fileprivate init(listed number: Int64, _ kind: ConstantKind) {
    if case .port = kind, let port = UInt16(exactly: number) { self = .port(port) } else { self = .number(number) }
  }

  fileprivate init(listed text: String, _ kind: ConstantKind) {
    switch kind {
    case .interface: self = .interface(text)
    case .text: self = .string(text)
    case .address(let family):
      self = IPAddress(text).flatMap { $0.family == family ? .address($0) : nil } ?? .symbol(text)
    case .other: self = IPAddress(text).map { .address($0) } ?? .symbol(text)
    case .port, .fields: self = .symbol(text)
    }
  }
}

extension Member {
  /// An array of two is a key and what the map holds under it.
  fileprivate init(listed: JSONValue, _ kind: ConstantKind) {
    guard case .array(let pair) = listed, pair.count == 2, let key = pair.first, let data = pair.last else {
      self.init(Expression(listed: listed, as: kind))
      return
    }
    self.init(Expression(listed: key, as: kind), Expression(listed: data, as: .other))
  }
}

extension Generator {
  fileprivate init?(listed: JSONValue, _ name: String) {
    guard let kind = Kind(rawValue: name),
      let parts = listed.members(among: ["mode", "mod", "seed", "offset", "expr"]),
      let modulus = parts["mod"]?.number
    else { return nil }
    self.init(
      kind: kind, modulus: modulus, offset: parts["offset"]?.number, mode: parts["mode"]?.string,
      key: parts["expr"].map { Expression(listed: $0, as: .other) }, seed: parts["seed"]?.number)
  }
}
