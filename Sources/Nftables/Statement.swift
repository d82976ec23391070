package import Addressing

/// How the two sides of a match are compared.
package enum MatchOperator: String, Sendable {
  case equal = "=="
  case notEqual = "!="
}

/// A rate, for example 5 a second with bursts of 10.
package struct Rate: Hashable, Sendable {
  package enum Unit: String, Sendable { case second, minute }

  package var count: UInt32
  package var unit: Unit
  /// Packets that may come at once.
  package var burst: UInt32
  /// Whether the statement matches what exceeds the rate.
  package var isOver: Bool

  package init(_ count: UInt32, per unit: Unit, burst: UInt32, over isOver: Bool = false) {
    self.count = count
    self.unit = unit
    self.burst = burst
    self.isOver = isOver
  }
}

/// One part of a rule: it matches, changes or decides.
package indirect enum Statement: Hashable, Sendable {
  case match(Expression, MatchOperator, Expression)
  /// `ct helper set`: assigns the helper object to a new connection (kernel `nft_ct.c`).
  case assignHelper(String)
  /// `dnat`: the destination becomes what the map holds.
  case translateDestination(AddressFamily, Expression)
  /// `snat`: the source becomes what the map holds.
  case translateSource(AddressFamily, Expression)
  /// The source becomes the primary address of the outgoing interface.
  case masquerade
  case counter
  case limit(Rate)
  case log(prefix: String)
  /// Matches when more connections than this share the element.
  case connectionCount(over: UInt32)
  /// `add` or `update @set { key statement }`.
  case dynamic(operation: String, set: String, key: Expression, Statement)
  case verdict(Verdict)
  /// The verdict that a named map holds under a key.
  case verdictMap(key: Expression, name: String)
  /// A statement that we never write, as a listing has it. A script with it does not load.
  case foreign(JSONValue)
}

extension Statement {
  func write(to writer: inout ScriptWriter) {
    switch self {
    case .match(let left, let comparison, let right):
      left.write(to: &writer)
      writer.write(comparison == .equal ? " " : " != ")
      right.write(to: &writer)
    case .assignHelper(let name):
      writer.write("ct helper set ")
      writer.write(quoted: name, limit: 31)
    case .translateDestination(let family, let target):
      writer.write("dnat \(words: family.header) to ")
      target.write(to: &writer)
    case .translateSource(let family, let target):
      writer.write("snat \(words: family.header) to ")
      target.write(to: &writer)
    case .masquerade: writer.write("masquerade")
    case .counter: writer.write("counter")
    case .limit(let rate): rate.write(to: &writer)
    case .log(let prefix):
      writer.write("log prefix ")
      writer.write(quoted: prefix, limit: 127)
    case .connectionCount(let limit): writer.write("ct count over \(limit)")
    case .dynamic(let operation, let set, let key, let statement):
      writer.write("\(name: operation) @\(name: set) { ")
      key.write(to: &writer)
      writer.write(" ")
      statement.write(to: &writer)
      writer.write(" }")
    case .verdict(let verdict): verdict.write(to: &writer)
    case .verdictMap(let key, let name):
      key.write(to: &writer)
      writer.write(" vmap @\(name: name)")
    case .foreign(let value): writer.write(foreign: value)
    }
  }

  /// As libnftables lists it (schema in `libnftables-json(5)`).
  package var json: JSONValue {
    switch self {
    case .match(let left, let comparison, let right):
      ["match": ["op": .string(left.jsonOperator(comparison, right)), "left": left.json, "right": right.json]]
    case .assignHelper(let name): ["ct helper": .string(name)]
    case .translateDestination(let family, let target):
      ["dnat": ["family": .string(family.header), "addr": target.json]]
    case .translateSource(let family, let target):
      ["snat": ["family": .string(family.header), "addr": target.json]]
    case .masquerade: ["masquerade": .null]
    case .counter: ["counter": ["packets": 0, "bytes": 0]]
    case .limit(let rate): ["limit": rate.json]
    case .log(let prefix): ["log": ["prefix": .string(prefix)]]
    case .connectionCount(let limit): ["ct count": ["val": .number(Int64(limit)), "inv": .bool(true)]]
    case .dynamic(let operation, let set, let key, let statement):
      [
        "set": [
          "op": .string(operation), "elem": key.json, "set": .string("@\(set)"), "stmt": [statement.json],
        ]
      ]
    case .verdict(let verdict): verdict.json
    case .verdictMap(let key, let name): ["vmap": ["key": key.json, "data": .string("@\(name)")]]
    case .foreign(let value): value
    }
  }
}

extension Expression {
  /// Flags are tested with `in`, everything else is compared.
  fileprivate func jsonOperator(_ comparison: MatchOperator, _ right: Expression) -> String {
    if case .flags = right, comparison == .equal { return "in" }
    return comparison.rawValue
  }
}

extension Rate {
  fileprivate func write(to writer: inout ScriptWriter) {
    writer.write(isOver ? "limit rate over " : "limit rate ")
    writer.write("\(count)/\(unit) burst \(burst) packets")
  }

  fileprivate var json: JSONValue {
    .object([
      "rate": .number(Int64(count)), "burst": .number(Int64(burst)), "per": .string(unit.rawValue),
      "inv": isOver ? .bool(true) : nil,
    ])
  }
}
