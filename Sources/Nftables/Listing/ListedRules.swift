import Addressing

extension Expression {
  /// `nil` for an expression that we never write.
  init?(listed: JSONValue) {
    guard case .object(let members) = listed, let (kind, value) = members.first, members.count == 1 else {
      return nil
    }
    switch kind {
    case "payload":
      guard let parts = value.members(among: ["protocol", "field"]), let header = parts["protocol"]?.string,
        let field = parts["field"]?.string
      else { return nil }
      self = .payload(header, field)
    case "meta":
      guard let key = value.members(among: ["key"])?["key"]?.string else { return nil }
      self = .meta(key)
    case "ct":
      guard let parts = value.members(among: ["key", "dir"]), let key = parts["key"]?.string else { return nil }
      if let direction = parts["dir"] {
        guard let direction = direction.string else { return nil }
        self = .tuple(direction, key)
      } else {
        self = .conntrack(key)
      }
    case "concat":
      var fields: [Expression] = []
      for field in value.list {
        guard let field = Expression(listed: field) else { return nil }
        fields.append(field)
      }
      self = .concatenation(fields)
    case "&":
      guard value.list.count == 2, let address = value.list.first.flatMap({ Expression(listed: $0) }),
        let mask = value.list.last?.string.flatMap({ IPAddress($0) })
      else { return nil }
      self = .masked(address, with: mask)
    case "map":
      guard let (key, name) = value.namedMap else { return nil }
      self = .map(key: key, name: name)
    default: return nil
    }
  }

  /// The right side of a match, read by what stands on its left; `nil` for one that we never write.
  fileprivate init?(listed: JSONValue, comparedWith left: Expression, flags: Bool) {
    if let name = listed.setName {
      self = .set(name)
      return
    }
    switch left {
    case .conntrack("state"), .conntrack("status"):
      var words: [String] = []
      for word in listed.list {
        guard let word = word.string else { return nil }
        words.append(word)
      }
      guard flags, !words.isEmpty else { return nil }
      self = .flags(words)
    case .conntrack("helper"):
      guard let name = listed.string else { return nil }
      self = .value(.string(name))
    case .meta("iifname"), .meta("oifname"), .payload("ip", "saddr"), .payload("ip", "daddr"),
      .payload("ip6", "saddr"), .payload("ip6", "daddr"), .payload("tcp", "sport"), .payload("tcp", "dport"):
      let value = Value(listed: listed, type: left.typeName)
      if case .foreign = value { return nil }
      self = .value(value)
    default: return nil
    }
  }
}

extension JSONValue {
  /// The name behind `@`.
  fileprivate var setName: String? {
    guard let text = string, text.utf8.first == UInt8(ascii: "@") else { return nil }
    return String(text.dropFirst())
  }

  /// Key and name of a reference to a named map.
  fileprivate var namedMap: (key: Expression, name: String)? {
    guard let parts = members(among: ["key", "data"]), let name = parts["data"]?.setName,
      let key = parts["key"].flatMap({ Expression(listed: $0) })
    else { return nil }
    return (key, name)
  }
}

extension Statement {
  /// A statement of a rule; a foreign one when we never write its like.
  init(listed: JSONValue) { self = Self.read(listed) ?? .foreign(listed) }

  private static func read(_ listed: JSONValue) -> Statement? {
    if let verdict = Verdict(listed: listed) { return .verdict(verdict) }
    guard case .object(let members) = listed, let (kind, value) = members.first, members.count == 1 else {
      return nil
    }
    switch kind {
    case "match": return match(value)
    case "ct helper": return value.string.map { .assignHelper($0) }
    case "dnat": return translation(value).map { .translateDestination($0, $1) }
    case "snat": return translation(value).map { .translateSource($0, $1) }
    case "masquerade": return value == .null ? .masquerade : nil
    case "counter": return value == .null || value.members(among: ["packets", "bytes"]) != nil ? .counter : nil
    case "limit": return Rate(listed: value).map { .limit($0) }
    case "log": return value.members(among: ["prefix"])?["prefix"]?.string.map { .log(prefix: $0) }
    case "ct count":
      guard let parts = value.members(among: ["val", "inv"]), parts["inv"] == .bool(true) else { return nil }
      return parts["val"]?.number.flatMap { UInt32(exactly: $0) }.map { .connectionCount(over: $0) }
    case "set": return dynamic(value)
    case "vmap": return value.namedMap.map { .verdictMap(key: $0.key, name: $0.name) }
    default: return nil
    }
  }

  private static func match(_ value: JSONValue) -> Statement? {
    guard let parts = value.members(among: ["op", "left", "right"]), let sign = parts["op"]?.string,
      let left = parts["left"].flatMap({ Expression(listed: $0) }), let right = parts["right"]
    else { return nil }
    // Flags are tested with `in`; `==` with flags means the exact value, which we never ask for.
    guard let comparison = MatchOperator(rawValue: sign == "in" ? "==" : sign),
      let right = Expression(listed: right, comparedWith: left, flags: sign != "==")
    else { return nil }
    if sign == "in", case .flags = right { return .match(left, comparison, right) }
    return sign == "in" ? nil : .match(left, comparison, right)
  }

  private static func translation(_ value: JSONValue) -> (AddressFamily, Expression)? {
    guard let parts = value.members(among: ["family", "addr"]), let name = parts["family"]?.string,
      let family = AddressFamily.allCases.first(where: { $0.header == name }),
      let target = parts["addr"].flatMap({ Expression(listed: $0) }), case .map = target
    else { return nil }
    return (family, target)
  }

  private static func dynamic(_ value: JSONValue) -> Statement? {
    guard let parts = value.members(among: ["op", "elem", "set", "stmt"]), let operation = parts["op"]?.string,
      let key = parts["elem"].flatMap({ Expression(listed: $0) }), let set = parts["set"]?.setName,
      let statements = parts["stmt"]?.list, let statement = statements.first, statements.count == 1
    else { return nil }
    return .dynamic(operation: operation, set: set, key: key, Statement(listed: statement))
  }
}

extension Rate {
  /// Where a listing has no burst it is the default of 5 packets.
  fileprivate init?(listed: JSONValue) {
    guard let parts = listed.members(among: ["rate", "burst", "per", "inv"]),
      let count = parts["rate"]?.number.flatMap({ UInt32(exactly: $0) }),
      let unit = parts["per"]?.string.flatMap(Unit.init(rawValue:)),
      let burst = UInt32(exactly: parts["burst"]?.number ?? 5)
    else { return nil }
    self.init(count, per: unit, burst: burst, over: parts["inv"] == .bool(true))
  }
}
