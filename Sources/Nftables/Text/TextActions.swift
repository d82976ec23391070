/// Statements that count, note or hand over.
extension TextStatements {
  /// Counters, limits and quotas, by themselves or by the name of an object.
  mutating func measured(_ kind: String) -> JSONValue? {
    cursor.advance()
    if cursor.take("name") {
      if let token = cursor.first, token.kind == .quoted || !TextExpressions.begins(token) {
        return cursor.name().map { .object([kind: .string($0)]) }
      }
      guard let key = expression({ $0.key() }), cursor.take("map") else { return nil }
      let map: JSONValue?
      if cursor.take("@") {
        map = cursor.word().map { .string("@\($0)") }
      } else {
        map = expression { $0.members(isMap: true) }
      }
      return map.map { .object([kind: ["map": ["key": key, "data": $0]]]) }
    }
    switch kind {
    case "counter":
      var counts: [String: JSONValue] = [:]
      if cursor.take("packets") { counts["packets"] = cursor.number().map { .number($0) } }
      if cursor.take("bytes") { counts["bytes"] = cursor.number().map { .number($0) } }
      return ["counter": counts.isEmpty ? .null : .object(counts)]
    case "limit": return cursor.take("rate") ? rate().map { ["limit": $0] } : nil
    case "quota": return quota().map { ["quota": $0] }
    case "last":
      if cursor.take("used") {
        // `never`, or how long ago.
        _ = cursor.word()
      }
      return ["last": .null]
    default: return synproxy().map { ["synproxy": $0] }
    }
  }

  private static let amounts: Set = ["bytes", "kbytes", "mbytes", "gbytes", "tbytes"]

  /// `over 5/second burst 10 packets`, of which `rate` is read.
  mutating func rate() -> JSONValue? {
    let isOver = cursor.take("over")
    if !isOver { _ = cursor.take("until") }
    guard let count = cursor.number() else { return nil }
    var unit: String?
    if let word = cursor.text(), Self.amounts.contains(String(word.prefix { $0 != "/" })) {
      unit = String(word.prefix { $0 != "/" })
      cursor.advance()
      if word.contains("/") { return rate(count, unit, String(word.drop { $0 != "/" }.dropFirst()), isOver) }
    }
    guard cursor.take("/"), let per = cursor.word() else { return nil }
    return rate(count, unit, per, isOver)
  }

  private mutating func rate(_ count: Int64, _ unit: String?, _ per: String, _ isOver: Bool) -> JSONValue? {
    // Without a burst it is 5 packets, or no bytes.
    var burst: Int64 = unit == nil ? 5 : 0
    var burstUnit: String? = unit == nil ? nil : "bytes"
    if cursor.take("burst") {
      guard let number = cursor.number() else { return nil }
      burst = number
      if !cursor.take("packets") {
        burstUnit = cursor.text().flatMap { Self.amounts.contains($0) ? $0 : nil }
        if burstUnit != nil { cursor.advance() }
      }
    }
    return .object([
      "rate": .number(count), "burst": .number(burst), "per": .string(per), "inv": isOver ? .bool(true) : nil,
      "rate_unit": unit.map { .string($0) }, "burst_unit": burstUnit.map { .string($0) },
    ])
  }

  mutating func quota() -> JSONValue? {
    let isOver = cursor.take("over")
    if !isOver { _ = cursor.take("until") }
    guard let count = cursor.number(), let unit = cursor.word() else { return nil }
    var members: [String: JSONValue] = ["val": .number(count), "val_unit": .string(unit)]
    if isOver { members["inv"] = .bool(true) }
    if cursor.take("used") {
      guard let used = cursor.number(), let unit = cursor.word() else { return nil }
      members["used"] = .number(used)
      members["used_unit"] = .string(unit)
    }
    return .object(members)
  }

  private mutating func synproxy() -> JSONValue? {
    var members: [String: JSONValue] = [:]
    var flags: [JSONValue] = []
    while let word = cursor.text() {
      switch word {
      case "mss", "wscale":
        cursor.advance()
        guard let number = cursor.number() else { return nil }
        members[word] = .number(number)
        continue
      case "timestamp", "sack-perm": flags.append(.string(word))
      default:
        if !flags.isEmpty { members["flags"] = flags.count == 1 ? flags.first : .array(flags) }
        return members.isEmpty ? .null : .object(members)
      }
      cursor.advance()
    }
    if !flags.isEmpty { members["flags"] = flags.count == 1 ? flags.first : .array(flags) }
    return members.isEmpty ? .null : .object(members)
  }

  mutating func log() -> JSONValue? {
    cursor.advance()
    var members: [String: JSONValue] = [:]
    while let word = cursor.text(), cursor.first?.kind == .word {
      switch word {
      case "prefix", "level":
        cursor.advance()
        guard let text = cursor.name() else { return nil }
        // The default is not listed.
        if word == "prefix" || text != "warn" { members[word] = .string(text) }
      case "group", "snaplen", "queue-threshold":
        cursor.advance()
        guard let number = cursor.number() else { return nil }
        members[word] = .number(number)
      case "flags":
        cursor.advance()
        guard let flags = logFlags() else { return nil }
        let known = members["flags"].map { $0.list } ?? []
        let all = known + flags
        members["flags"] = all.count == 1 ? all.first : .array(all)
      default: return ["log": members.isEmpty ? .null : .object(members)]
      }
    }
    return ["log": members.isEmpty ? .null : .object(members)]
  }

  private mutating func logFlags() -> [JSONValue]? {
    guard let first = cursor.word() else { return nil }
    guard first == "tcp" || first == "ip" else { return [.string(first)] }
    var flags: [JSONValue] = []
    repeat {
      guard let word = cursor.word() else { return nil }
      flags.append(.string("\(first) \(word)"))
    } while cursor.take(",")
    return flags
  }

  mutating func reject() -> JSONValue? {
    cursor.advance()
    guard cursor.take("with") else {
      let type =
        switch family {
        case .ip: "icmp"
        case .ip6: "icmpv6"
        default: "icmpx"
        }
      return ["reject": ["type": .string(type), "expr": "port-unreachable"]]
    }
    if cursor.take("tcp", "reset") { return ["reject": ["type": "tcp reset"]] }
    guard let type = cursor.word(), ["icmp", "icmpv6", "icmpx"].contains(type) else { return nil }
    _ = cursor.take("type")
    guard let code = cursor.first, code.kind == .word else { return nil }
    cursor.advance()
    let value = TextCursor.number(code.text).map { JSONValue.number($0) } ?? .string(code.text)
    return ["reject": ["type": .string(type), "expr": value]]
  }

  mutating func queue() -> JSONValue? {
    cursor.advance()
    var members: [String: JSONValue] = [:]
    var flags: [JSONValue] = []
    while let word = cursor.text(), cursor.first?.kind == .word {
      switch word {
      case "flags": cursor.advance()
      case "bypass", "fanout":
        cursor.advance()
        flags.append(.string(word))
        _ = cursor.take(",")
      case "num", "to":
        cursor.advance()
        guard let number = expression({ $0.constant() }) else { return nil }
        members["num"] = number
      default: return finished(members, flags)
      }
    }
    return finished(members, flags)
  }

  private func finished(_ members: [String: JSONValue], _ flags: [JSONValue]) -> JSONValue {
    var members = members
    if !flags.isEmpty { members["flags"] = flags.count == 1 ? flags.first : .array(flags) }
    return ["queue": members.isEmpty ? .null : .object(members)]
  }

  mutating func handOver(_ kind: String) -> JSONValue? {
    cursor.advance()
    var members: [String: JSONValue] = [:]
    if let word = cursor.text(), word == "ip" || word == "ip6", cursor.text(1) == "to" {
      members["family"] = .string(word)
      cursor.advance()
    }
    guard cursor.take("to") else { return nil }
    let isOfDevice = kind == "fwd" && members["family"] == nil
    if isOfDevice {
      guard let device = expression({ $0.constant() }) else { return nil }
      members["dev"] = device
    } else if cursor.first?.isSign(":") != true {
      guard let address = expression({ $0.constant() }) else { return nil }
      members["addr"] = address
    }
    if cursor.take("device") {
      guard let device = expression({ $0.constant() }) else { return nil }
      members["dev"] = device
    }
    if cursor.take(":") {
      guard let port = cursor.number() else { return nil }
      members["port"] = .number(port)
    }
    return .object([kind: .object(members)])
  }

  /// `flow add @NAME`, in older scripts `flow offload @NAME`.
  mutating func flow() -> JSONValue? {
    cursor.advance()
    guard cursor.take("add") || cursor.take("offload"), cursor.take("@"), let name = cursor.word() else { return nil }
    return ["flow": ["op": "add", "flowtable": .string("@\(name)")]]
  }

  /// `xt match NAME` and `xt target NAME`: extensions of xtables, of which the text tells no more.
  mutating func xtables() -> JSONValue? {
    cursor.advance()
    guard let type = cursor.word(), ["match", "target", "watcher"].contains(type), let name = cursor.name() else {
      return nil
    }
    return ["xt": ["type": .string(type), "name": .string(name)]]
  }
}
