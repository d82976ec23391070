import Addressing

extension Statement {
  /// A statement of a rule; a foreign one where this program does not know it.
  init(listed: JSONValue) { self = Self.read(listed) ?? .foreign(listed) }

  private static func read(_ listed: JSONValue) -> Statement? {
    if let verdict = Verdict(listed: listed) { return .verdict(verdict) }
    // nft 1.0.6 lists some statements as text.
    if listed == .string("notrack") { return .notrack }
    guard case .object(let members) = listed, let (kind, value) = members.first, members.count == 1 else {
      return nil
    }
    switch kind {
    case "match": return match(value)
    case "dnat", "snat", "masquerade", "redirect":
      return Translation.Kind(rawValue: kind).flatMap { Translation(listed: value, $0) }.map { .translate($0) }
    case "counter" where value == .null || value.members(among: ["packets", "bytes"]) != nil: return .counter
    case "ct helper" where value.string != nil: return value.string.map { .assignHelper($0) }
    case "limit" where value["rate"] != nil: return Rate(listed: value).map { .limit($0) }
    case "quota" where value["val"] != nil: return Quota(listed: value).map { .quota($0) }
    case "synproxy" where value == .null || value.string == nil && value["map"] == nil:
      return Synproxy(listed: value).map { .synproxy($0) }
    case "counter", "quota", "limit", "synproxy", "secmark", "ct helper", "ct timeout", "ct expectation":
      return object(value).map { .object(kind, $0) }
    case "log": return Log(listed: value).map { .log($0) }
    case "ct count":
      guard let parts = value.members(among: ["val", "inv"]) else { return nil }
      return parts["val"]?.number.flatMap { UInt32(exactly: $0) }.map {
        .connectionCount($0, isOver: parts["inv"] == .bool(true))
      }
    case "set", "map", "meter": return ElementUpdate(listed: value, kind).map { .update($0) }
    case "vmap": return value.keyAndMap.map { .verdicts($0.key, in: $0.map) }
    case "reject":
      guard value != .null else { return .reject(nil, code: nil) }
      guard let parts = value.members(among: ["type", "expr"]) else { return nil }
      return .reject(parts["type"]?.string, code: parts["expr"].map { Expression(listed: $0, as: .other) })
    case "mangle":
      guard let parts = value.members(among: ["key", "value"]),
        let field = parts["key"].map({ Expression(listed: $0, as: .other) }), let listed = parts["value"]
      else { return nil }
      return .set(field, to: Expression(listed: listed, as: field.constants))
    case "reset": return .reset(Expression(listed: value, as: .other))
    case "notrack": return .notrack
    case "dup", "fwd", "tproxy":
      return Handover.Kind(rawValue: kind).flatMap { Handover(listed: value, $0) }.map { .handOver($0) }
    case "queue":
      guard value != .null else { return .queue(nil, flags: []) }
      guard let parts = value.members(among: ["num", "flags"]), let flags = parts.words("flags") else { return nil }
      return .queue(parts["num"].map { Expression(listed: $0, as: .other) }, flags: flags)
    case "flow":
      guard let parts = value.members(among: ["op", "flowtable"]), parts["op"] == .string("add") else { return nil }
      return parts["flowtable"]?.setName.map { .flow($0) }
    case "last": return .last
    case "xt": return Xtables(listed: value).map { .xtables($0) }
    case "unread": return value.string.map { .unread($0) }
    default: return nil
    }
  }

  private static func match(_ value: JSONValue) -> Statement? {
    guard let parts = value.members(among: ["op", "left", "right"]),
      let sign = parts["op"]?.string.flatMap(MatchOperator.init(rawValue:)),
      let left = parts["left"].map({ Expression(listed: $0, as: .other) }), let right = parts["right"]
    else { return nil }
    // Flags are tested with `in`; `==` with flags means the exact value, which we never ask for.
    if right.setName == nil, let words = right.words, !words.isEmpty,
      sign == .isIn || sign == .notEqual && left.hasFlags
    {
      return .match(left, sign == .isIn ? .equal : sign, .flags(words))
    }
    return .match(left, sign, Expression(listed: right, as: left.constants))
  }

  /// The name of an object, or a map that holds names.
  private static func object(_ value: JSONValue) -> Expression? {
    if let name = value.string { return .value(.string(name)) }
    guard let map = value.members(among: ["map"])?["map"]?.keyAndMap else { return nil }
    return .lookup(map.key, in: map.map)
  }
}

extension ForeignObject {
  /// What an object of a table does to the packets of rules that name it, as a statement of a rule; `nil` where that is
  /// not known.
  package var statement: Statement? {
    switch kind {
    case "limit": definition.without("comment").flatMap { Rate(listed: $0) }.map { .limit($0) }
    case "quota":
      definition["bytes"]?.number.map { limit in
        let used = definition["used"]?.number.map { Quota.Amount(count: $0, unit: "bytes") }
        let isOver = definition["inv"] == .bool(true)
        return .quota(Quota(limit: Quota.Amount(count: limit, unit: "bytes"), used: used, isOver: isOver))
      }
    case "counter": .counter
    case "secmark", "ct timeout", "ct expectation": .object(kind, .value(.string(name)))
    default: nil
    }
  }
}

extension Expression {
  fileprivate var hasFlags: Bool { self == .conntrack("state") || self == .conntrack("status") }
}

extension JSONValue {
  /// An object without one of its members.
  fileprivate func without(_ name: String) -> JSONValue? {
    guard case .object(var members) = self else { return nil }
    members[name] = nil
    return .object(members)
  }
}

extension [String: JSONValue] {
  /// Words of a member that need not be there; `nil` where it holds something else.
  fileprivate func words(_ name: String) -> [String]? { self[name].map(\.words) ?? [] }
}

extension Translation {
  fileprivate init?(listed: JSONValue, _ kind: Kind) {
    self.init(kind)
    guard listed != .null else { return }
    guard let parts = listed.members(among: ["family", "addr", "port", "flags", "type_flags"]),
      let flags = parts.words("flags"), let typeFlags = parts.words("type_flags")
    else { return nil }
    if let name = parts["family"] {
      guard let family = AddressFamily.allCases.first(where: { .string($0.header) == name }) else { return nil }
      self.family = family
    }
    address = parts["addr"].map { Expression(listed: $0, as: .other) }
    port = parts["port"].map { Expression(listed: $0, as: .port) }
    self.flags = flags
    self.typeFlags = typeFlags
  }
}

extension Rate {
  /// Where a listing has no burst it is the default of 5 packets.
  fileprivate init?(listed: JSONValue) {
    guard let parts = listed.members(among: ["rate", "burst", "per", "inv", "rate_unit", "burst_unit"]),
      let count = parts["rate"]?.number.flatMap({ UInt32(exactly: $0) }),
      let unit = parts["per"]?.string.flatMap(Unit.init(rawValue:)),
      let burst = UInt32(exactly: parts["burst"]?.number ?? 5)
    else { return nil }
    self.init(count, per: unit, burst: burst, over: parts["inv"] == .bool(true))
    countUnit = parts["rate_unit"]?.string
    burstUnit = parts["burst_unit"]?.string
  }
}

extension Quota {
  fileprivate init?(listed: JSONValue) {
    guard let parts = listed.members(among: ["val", "val_unit", "used", "used_unit", "inv"]),
      let count = parts["val"]?.number
    else { return nil }
    self.init(
      limit: Amount(count: count, unit: parts["val_unit"]?.string ?? "bytes"),
      used: parts["used"]?.number.map { Amount(count: $0, unit: parts["used_unit"]?.string ?? "bytes") },
      isOver: parts["inv"] == .bool(true))
  }
}

extension Log {
  fileprivate init?(listed: JSONValue) {
    self.init(prefix: listed["prefix"]?.string)
    guard listed != .null else { return }
    guard let parts = listed.members(among: ["prefix", "level", "flags", "group", "snaplen", "queue-threshold"]),
      let flags = parts.words("flags")
    else { return nil }
    level = parts["level"]?.string
    self.flags = flags
    group = parts["group"]?.number
    snapLength = parts["snaplen"]?.number
    queueThreshold = parts["queue-threshold"]?.number
  }
}

extension ElementUpdate {
  fileprivate init?(listed: JSONValue, _ kind: String) {
    let isMeter = kind == "meter"
    let names: Set<String> = isMeter ? ["name", "key", "stmt", "size"] : ["op", "elem", "stmt", kind]
    guard let parts = listed.members(among: kind == "map" ? names.union(["data"]) : names),
      let key = parts[isMeter ? "key" : "elem"],
      let name = isMeter ? parts["name"]?.string : parts[kind]?.setName,
      let operation = isMeter ? "add" : parts["op"]?.string
    else { return nil }
    self.init(
      operation: operation, name: name, key: Expression(listed: key, as: .other),
      statements: (parts["stmt"]?.list ?? []).map { Statement(listed: $0) })
    if isMeter { target = .meter(size: parts["size"]?.number) }
    guard kind == "map" else { return }
    guard let data = parts["data"] else { return nil }
    target = .map(Expression(listed: data, as: .other))
  }
}

extension Handover {
  fileprivate init?(listed: JSONValue, _ kind: Kind) {
    guard let parts = listed.members(among: ["family", "addr", "dev", "port"]) else { return nil }
    self.init(
      kind: kind, family: parts["family"]?.string, address: parts["addr"].map { Expression(listed: $0, as: .other) },
      device: parts["dev"].map { Expression(listed: $0, as: .interface) },
      port: parts["port"].map { Expression(listed: $0, as: .port) })
  }
}

extension Synproxy {
  fileprivate init?(listed: JSONValue) {
    guard listed != .null else {
      self.init()
      return
    }
    guard let parts = listed.members(among: ["mss", "wscale", "flags"]), let flags = parts.words("flags") else {
      return nil
    }
    self.init(segmentSize: parts["mss"]?.number, windowScale: parts["wscale"]?.number, flags: flags)
  }
}

extension Xtables {
  fileprivate init?(listed: JSONValue) {
    guard let parts = listed.members(among: ["type", "name", "revision", "info"]), let type = parts["type"]?.string,
      let name = parts["name"]?.string
    else { return nil }
    self.init(type: type, name: name, revision: parts["revision"]?.number, info: parts["info"]?.string)
  }
}
