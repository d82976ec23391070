extension Statement {
  /// As libnftables lists it (schema in `libnftables-json(5)`).
  package var json: JSONValue {
    switch self {
    case .match(let left, let comparison, let right):
      ["match": ["op": .string(comparison.json(with: right)), "left": left.json, "right": right.json]]
    case .assignHelper(let name): ["ct helper": .string(name)]
    case .translate(let translation): translation.json
    case .counter: ["counter": ["packets": 0, "bytes": 0]]
    case .limit(let rate): ["limit": rate.json]
    case .quota(let quota): ["quota": quota.json]
    case .log(let log): ["log": log.json]
    case .connectionCount(let limit, let isOver):
      ["ct count": .object(["val": .number(Int64(limit)), "inv": isOver ? .bool(true) : nil])]
    case .update(let update): update.json
    case .verdict(let verdict): verdict.json
    case .verdicts(let key, let map): ["vmap": ["key": key.json, "data": map.json]]
    case .object(let kind, let name): [kind: name.json]
    case .reject(let type, let code):
      ["reject": .members(["type": type.map { .string($0) }, "expr": code?.json])]
    case .set(let field, let value): ["mangle": ["key": field.json, "value": value.json]]
    case .reset(let option): ["reset": option.json]
    case .notrack: ["notrack": .null]
    case .handOver(let handover): handover.json
    case .queue(let numbers, let flags): ["queue": .members(["num": numbers?.json, "flags": .flags(flags)])]
    case .synproxy(let synproxy): ["synproxy": synproxy.json]
    case .flow(let table): ["flow": ["op": "add", "flowtable": .string("@\(table)")]]
    case .last: ["last": .null]
    case .xtables(let xtables): ["xt": xtables.json]
    case .unread(let text): ["unread": .string(text)]
    case .foreign(let value): value
    }
  }
}

extension JSONValue {
  /// An object without the members that are `nil`, and `null` where none is left.
  fileprivate static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    members.allSatisfy { $0.value == nil } ? .null : .object(members)
  }

  /// Words as nft lists them: one by itself, several in an array, none not at all.
  static func flags(_ words: [String]) -> JSONValue? {
    switch words.count {
    case 0: nil
    case 1: .string(words.joined())
    default: .array(words.map { .string($0) })
    }
  }
}

extension MatchOperator {
  /// Flags are tested with `in`, everything else is compared.
  fileprivate func json(with right: Expression) -> String {
    if case .flags = right, self == .equal { return Self.isIn.rawValue }
    return rawValue
  }
}

extension Translation {
  fileprivate var json: JSONValue {
    [
      kind.rawValue: .members([
        "family": family.map { .string($0.header) }, "addr": address?.json, "port": port?.json,
        "flags": .flags(flags), "type_flags": .flags(typeFlags),
      ])
    ]
  }
}

extension Rate {
  fileprivate var json: JSONValue {
    .object([
      "rate": .number(Int64(count)), "burst": .number(Int64(burst)), "per": .string(unit.rawValue),
      "inv": isOver ? .bool(true) : nil, "rate_unit": countUnit.map { .string($0) },
      "burst_unit": burstUnit.map { .string($0) },
    ])
  }
}

extension Quota {
  fileprivate var json: JSONValue {
    .object([
      "val": .number(limit.count), "val_unit": .string(limit.unit), "inv": isOver ? .bool(true) : nil,
      "used": used.map { .number($0.count) }, "used_unit": used.map { .string($0.unit) },
    ])
  }
}

extension Log {
  fileprivate var json: JSONValue {
    .members([
      "prefix": prefix.map { .string($0) }, "level": level.map { .string($0) }, "flags": .flags(flags),
      "group": group.map { .number($0) }, "snaplen": snapLength.map { .number($0) },
      "queue-threshold": queueThreshold.map { .number($0) },
    ])
  }
}

extension ElementUpdate {
  fileprivate var json: JSONValue {
    let statements: JSONValue? = statements.isEmpty ? nil : .array(statements.map(\.json))
    switch target {
    case .set:
      return [
        "set": .object([
          "op": .string(operation), "elem": key.json, "set": .string("@\(name)"), "stmt": statements,
        ])
      ]
    case .map(let data):
      return [
        "map": .object([
          "op": .string(operation), "elem": key.json, "data": data.json, "map": .string("@\(name)"),
          "stmt": statements,
        ])
      ]
    case .meter(let size):
      return [
        "meter": .object([
          "name": .string(name), "key": key.json, "stmt": self.statements.first?.json,
          "size": size.map { .number($0) },
        ])
      ]
    }
  }
}

extension Handover {
  fileprivate var json: JSONValue {
    [
      kind.rawValue: .object([
        "family": family.map { .string($0) }, "addr": address?.json, "dev": device?.json, "port": port?.json,
      ])
    ]
  }
}

extension Synproxy {
  fileprivate var json: JSONValue {
    .members([
      "mss": segmentSize.map { .number($0) }, "wscale": windowScale.map { .number($0) }, "flags": .flags(flags),
    ])
  }
}

extension Xtables {
  fileprivate var json: JSONValue {
    .object([
      "type": .string(type), "name": .string(name), "revision": revision.map { .number($0) },
      "info": info.map { .string($0) },
    ])
  }
}
