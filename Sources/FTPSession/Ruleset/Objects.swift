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
  /// A named object, or one that a map holds.
  static func object(_ kind: String, _ name: Expression) -> Operation? {
    switch name {
    case .lookup(let key, let map):
      let key = Operand(key)
      return LookupReference(map, key: key).map { .object(ObjectReference(kind: kind, choice: .mapped(key, $0))) }
    case .value(.string(let name)):
      return kind == "counter" ? .nothing : .object(ObjectReference(kind: kind, choice: .named(name)))
    default: return nil
    }
  }

  /// What an object does to a packet; `nil` where that is not known.
  init?(_ object: ForeignObject) {
    switch object.statement {
    case .object("ct expectation", _): self = .newConnectionOnly
    case .object, .counter: self = .nothing
    case .limit(let rate): self = .limit(goesOn: !rate.isOver)
    case .quota(let quota): self = Self.meaning(of: quota)
    default: return nil
    }
  }

  static func meaning(of quota: Quota) -> Operation {
    let rest = quota.limit.bytes - (quota.used?.bytes ?? 0)
    guard rest <= 0 || rest >= leastRest else {
      return .doubtful(
        "only \(UInt64(rest)) bytes are left of a quota, and whether a session needs more is not known")
    }
    return .limit(goesOn: (rest <= 0) == quota.isOver)
  }

  /// Statements that a listing in JSON of nft 1.0.6 has as text: those that change maps. Without limits they change
  /// nothing for the packet.
  static func read(text: String) -> Operation? {
    let isChange = ["add @", "update @", "delete @"].contains { text.hasPrefix($0) }
    return isChange && !["limit ", "quota ", "ct count "].contains { text.contains($0) } ? .nothing : nil
  }
}

/// Bytes that are enough for a session: a dialogue, and a file of some size.
private let leastRest: Double = 1_048_576
