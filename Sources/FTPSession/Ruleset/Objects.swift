import Nftables

/// An object of a table by its kind and name; each kind has names of its own.
struct ObjectName: Hashable, Sendable {
  var kind: String
  var name: String
}

/// How a rule refers to a named object.
struct ObjectReference: Sendable {
  enum Choice: Sendable {
    case named(String)
    /// The name that a map holds; the rule ends where it holds none (`nft_objref_map_eval` in nft_objref.c).
    case mapped(Operand, LookupReference)
  }

  /// As a listing names the kind of object, for example `quota`.
  var kind: String
  var choice: Choice
}

extension Operation {
  /// A statement that an object stands behind, be it named, found in a map or written in the rule.
  static func read(object kind: String, _ value: JSONValue, _ listed: JSONValue) -> Operation? {
    if let map = value["map"] {
      guard let key = map["key"].map({ Operand($0) }), let data = map["data"] else { return nil }
      return LookupReference(data, key: key).map {
        .object(ObjectReference(kind: kind, choice: .mapped(key, $0)))
      }
    }
    if kind == "ct helper" { return value.string.map { .assignHelper($0) } }
    if let name = value.string {
      return kind == "counter" ? .nothing : .object(ObjectReference(kind: kind, choice: .named(name)))
    }
    return meaning(ofObject: kind, value)
  }

  /// What an object does to a packet, by what a listing says about it; `nil` where that is not known.
  static func meaning(ofObject kind: String, _ definition: JSONValue) -> Operation? {
    let isInverse = definition["inv"] == .bool(true)
    switch kind {
    case "counter", "secmark", "ct timeout": return .nothing
    case "ct expectation": return .newConnectionOnly
    case "limit": return .limit(goesOn: !isInverse)
    case "quota":
      guard let rest = definition.rest else { return .limit(goesOn: isInverse == false) }
      guard rest <= 0 || rest >= leastRest else {
        return .doubtful(
          "only \(UInt64(rest)) bytes are left of a quota, and whether a session needs more is not known")
      }
      return .limit(goesOn: (rest <= 0) == isInverse)
    default: return nil
    }
  }

  /// Statements that a listing in JSON of nft 1.0.6 has as text: those that change maps. Without limits they change
  /// nothing for the packet.
  static func read(text: String) -> Operation? {
    if text == "notrack" { return .doNotTrack }
    let isChange = ["add @", "update @", "delete @"].contains { text.hasPrefix($0) }
    return isChange && !["limit ", "quota ", "ct count "].contains { text.contains($0) } ? .nothing : nil
  }
}

/// Bytes that are enough for a session: a dialogue, and a file of some size.
private let leastRest: Double = 1_048_576

extension JSONValue {
  /// Bytes that are left of a quota; `nil` where the listing has no limit. One in a rule has units, an object is in
  /// bytes; what has not been used yet need not be said.
  fileprivate var rest: Double? {
    let isObject = self["bytes"] != nil
    let limit = isObject ? self["bytes"]?.number.map { Double($0) } : bytes("val", "val_unit")
    let used = isObject ? self["used"]?.number.map { Double($0) } : bytes("used", "used_unit")
    return limit.map { $0 - (used ?? 0) }
  }

  private func bytes(_ amount: String, _ unit: String) -> Double? {
    self[amount]?.number.map { number in
      switch self[unit]?.string {
      case "kbytes": Double(number) * 1024
      case "mbytes": Double(number) * 1_048_576
      default: Double(number)
      }
    }
  }
}
