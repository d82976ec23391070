import Addressing
import Nftables

/// One statement of a rule, ready to be evaluated. What we write ourselves is read as it is; everything else from the
/// JSON form, which says the same (`SessionModelTests`).
indirect enum Operation: Sendable {
  /// What a value is compared with.
  enum Test: Sendable {
    case equals(FieldPattern)
    case isIn(LookupReference)
    /// At least one of these bits is set.
    case anyBit(UInt128)
    case noBit(UInt128)
    case less(UInt128)
    case greater(UInt128)
    /// Whether the routing table names an interface at all, or none.
    case exists(Bool)
  }

  enum Translation: Sendable { case destination, source, masquerade, redirect }

  case match(Operand, Test, negated: Bool)
  case verdict(Verdict)
  /// The packet is refused, and its sender is told.
  case reject(withReset: Bool)
  case verdictMap(Operand, LookupReference)
  case translate(Translation, family: AddressFamily?, address: Operand?, port: PortChoice?)
  case assignHelper(String)
  case setMark(ofConnection: Bool, Operand)
  /// A field of the packet becomes another value, by its name in `KnownFields`; `nil` for one that is not known.
  case setField(String, UInt128?)
  case setLabel(UInt128)
  case doNotTrack
  case setZone(TrackingZone)
  case changeSet(SetChange)
  case extensionMatch(ExtensionMatch)
  case extensionTarget(ExtensionTarget)
  /// A limit, a quota or a count that is not reached, or has been already: whether the rule goes on.
  case limit(goesOn: Bool)
  /// A condition of which nobody can tell whether it holds, and why.
  case doubtful(String)
  /// A count of connections that is over a number, or is not. One session has up to two at a time.
  case connectionCount(limit: UInt32, isOver: Bool)
  /// A named object that a rule refers to, or finds in a map.
  case object(ObjectReference)
  /// Takes part in the rule only as long as the entry of the connection is not confirmed (`nft_ct_expect_obj_eval` in
  /// nft_ct.c).
  case newConnectionOnly
  /// Something that neither matches nor changes anything here: counters, logs.
  case nothing
  case unknown(String)
}

/// The port of a translation.
enum PortChoice: Sendable {
  case range(ClosedRange<UInt16>)
  case computed(Operand)
}

extension Operation {
  init(_ statement: Statement) { self = Self.read(statement) ?? Operation(statement.json) }

  init(_ listed: JSONValue) { self = Self.read(listed.simplified) ?? .unknown(listed.text) }

  private static func read(_ listed: JSONValue) -> Operation? {
    guard case .object(let members) = listed, let (kind, value) = members.first, members.count == 1 else {
      return listed.string.flatMap { read(text: $0) }
    }
    switch kind {
    case "match": return match(value)
    case "accept": return .verdict(.accept)
    case "drop": return .verdict(.drop)
    case "return": return .verdict(.return)
    case "continue", "log", "last", "comment", "dup": return .nothing
    case "reset":
      guard case .field(let name) = Operand(value) else { return nil }
      return .setField(name, 0)
    case "counter", "ct timeout", "secmark", "ct expectation", "ct helper", "limit", "quota", "synproxy":
      return read(object: kind, value, listed)
    case "flow": return .match(.unknown(listed.text), .noBit(0), negated: false)
    case "jump": return value["target"]?.string.map { .verdict(.jump($0)) }
    case "goto": return value["target"]?.string.map { .verdict(.goto($0)) }
    case "reject": return .reject(withReset: value["type"]?.string == "tcp reset")
    case "vmap":
      guard let key = value["key"].map({ Operand($0) }), let data = value["data"] else { return nil }
      return LookupReference(data, key: key).map { .verdictMap(key, $0) }
    case "dnat": return translate(.destination, value)
    case "snat": return translate(.source, value)
    case "masquerade": return translate(.masquerade, value)
    case "redirect": return translate(.redirect, value)
    case "mangle": return mangle(value)
    case "notrack": return .doNotTrack
    case "ct count":
      guard let limit = value["val"]?.number.flatMap({ UInt32(exactly: $0) }) else { return nil }
      return .connectionCount(limit: limit, isOver: value["inv"] == .bool(true))
    case "set", "meter": return change(of: value, kind)
    case "xt": return Operation(extension: .foreign(listed), .inet)
    case "unread": return value.string.map { .unknown($0) }
    case "map": return .nothing
    default: return nil
    }
  }

  /// A statement whose meaning can be told without its JSON form; `nil` for all others.
  private static func read(_ statement: Statement) -> Operation? {
    switch statement {
    case .match(let left, let comparison, let right): match(Operand(left), comparison, right)
    case .assignHelper(let name): .assignHelper(name)
    case .translateDestination(let family, .map(let key, let name)):
      .translate(.destination, family: family, address: .mapped(Operand(key), .named(name)), port: nil)
    case .translateSource(let family, .map(let key, let name)):
      .translate(.source, family: family, address: .mapped(Operand(key), .named(name)), port: nil)
    case .masquerade: .translate(.masquerade, family: nil, address: nil, port: nil)
    case .counter, .log: .nothing
    case .limit(let rate): .limit(goesOn: !rate.isOver)
    case .connectionCount(let limit): .connectionCount(limit: limit, isOver: true)
    case .verdict(let verdict): .verdict(verdict)
    case .verdictMap(let key, let name): .verdictMap(Operand(key), .named(name))
    case .dynamic(_, let set, let key, let statement):
      .changeSet(
        SetChange(isAddition: true, set: set, key: Operand(key), inner: dynamic([Operation(statement)])))
    case .translateDestination, .translateSource, .foreign: nil
    }
  }

  private static func match(_ operand: Operand, _ comparison: MatchOperator, _ right: Expression) -> Operation? {
    let negated = comparison == .notEqual
    switch right {
    case .set(let name): return .match(operand, .isIn(.named(name)), negated: negated)
    case .value(.address(let address)) where operand.domain == .address:
      return .match(operand, .equals(.range(address.value...address.value)), negated: negated)
    case .value(.interface(let name)) where operand.domain == .interface && !name.hasPrefix("@"):
      return .match(operand, .equals(FieldPattern(.string(name), .interface)), negated: negated)
    case .flags(let words) where !negated:
      return operand.domain.flags(.array(words.map { .string($0) })).map {
        .match(operand, .anyBit($0), negated: false)
      }
    default: return nil
    }
  }

  private static func change(of value: JSONValue, _ kind: String) -> Operation {
    let inner = dynamic((value["stmt"]?.list ?? []).map { Operation($0) })
    let listed = kind == "meter" ? value["key"] : value["elem"]
    guard let name = (kind == "meter" ? value["name"] : value["set"])?.string, let listed else { return inner }
    return .changeSet(
      SetChange(
        isAddition: value["op"]?.string != "delete", set: name.hasPrefix("@") ? String(name.dropFirst()) : name,
        key: Operand(listed["elem"]?["val"] ?? listed), inner: inner))
  }

  /// What `add @set { key statement }` does to a packet is what its statements do.
  private static func dynamic(_ statements: [Operation]) -> Operation {
    for inner in statements {
      switch inner {
      case .limit(goesOn: false), .doubtful, .connectionCount, .unknown: return inner
      default: continue
      }
    }
    return .nothing
  }
}
