import Addressing
import Nftables

/// One statement of a rule, ready to be evaluated. What we write ourselves is read as it is; everything else from the JSON
/// form, which says the same (`SessionModelTests`).
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
  case doNotTrack
  case extensionMatch(ExtensionMatch)
  case extensionTarget(ExtensionTarget)
  /// A limit, a quota or a count that is not reached: whether the rule goes on.
  case limit(goesOn: Bool, name: String?)
  /// Something that neither matches nor changes anything here: counters, logs, dynamic sets.
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

  init(_ listed: JSONValue) { self = Self.read(listed) ?? .unknown(listed.text) }

  private static func read(_ listed: JSONValue) -> Operation? {
    guard case .object(let members) = listed, let (kind, value) = members.first, members.count == 1 else {
      return listed.string.flatMap { word in word == "notrack" ? .doNotTrack : nil }
    }
    switch kind {
    case "match": return match(value)
    case "accept": return .verdict(.accept)
    case "drop": return .verdict(.drop)
    case "return": return .verdict(.return)
    case "continue", "counter", "log", "last", "ct timeout", "comment", "secmark": return .nothing
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
    case "ct helper": return value.string.map { .assignHelper($0) }
    case "mangle": return mangle(value)
    case "notrack": return .doNotTrack
    case "limit", "quota":
      if let name = value.string { return .limit(goesOn: true, name: name) }
      return value["map"] == nil ? .limit(goesOn: value["inv"] != .bool(true), name: nil) : nil
    case "ct count": return .limit(goesOn: value["inv"] != .bool(true), name: nil)
    case "set", "meter": return dynamic((value["stmt"]?.list ?? []).map { Operation($0) })
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
    case .limit(let rate): .limit(goesOn: !rate.isOver, name: nil)
    case .connectionCount: .limit(goesOn: false, name: nil)
    case .verdict(let verdict): .verdict(verdict)
    case .verdictMap(let key, let name): .verdictMap(Operand(key), .named(name))
    case .dynamic(_, _, _, let statement): dynamic([Operation(statement)])
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

  private static func match(_ value: JSONValue) -> Operation? {
    guard let left = value["left"], let right = value["right"], let sign = value["op"]?.string else { return nil }
    let operand = Operand(left)
    let domain = operand.domain
    switch sign {
    case "==", "!=", "in":
      if let reference = LookupReference(right, key: operand), !(sign == "in" && right.isPlainList) {
        return .match(operand, .isIn(reference), negated: sign == "!=")
      }
      if sign == "in" { return domain.flags(right).map { .match(operand, .anyBit($0), negated: false) } }
      if right["|"] != nil {
        return domain.flags(right).map { .match(operand, .equals(.range($0...$0)), negated: sign == "!=") }
      }
      return .match(operand, .equals(FieldPattern(right, domain)), negated: sign == "!=")
    case "!": return domain.flags(right).map { .match(operand, .noBit($0), negated: false) }
    case "<", ">=":
      guard case .number(let bound)? = domain.datum(right) else { return nil }
      return .match(operand, .less(bound), negated: sign == ">=")
    case ">", "<=":
      guard case .number(let bound)? = domain.datum(right) else { return nil }
      return .match(operand, .greater(bound), negated: sign == "<=")
    default: return nil
    }
  }

  private static func translate(_ kind: Translation, _ value: JSONValue) -> Operation? {
    let family = value["family"]?.string.flatMap { name in AddressFamily.allCases.first { $0.header == name } }
    var port: PortChoice?
    if let listed = value["port"] {
      switch FieldPattern(listed, .port) {
      case .range(let range):
        guard let low = UInt16(exactly: range.lowerBound), let high = UInt16(exactly: range.upperBound) else {
          return nil
        }
        port = .range(low...high)
      default: port = .computed(Operand(listed))
      }
    }
    var address: Operand?
    if let listed = value["addr"] {
      address = listed.string.flatMap { IPAddress($0) }.map { .constant(.number($0.value)) } ?? Operand(listed)
    }
    guard kind == .masquerade || kind == .redirect || address != nil || port != nil else { return nil }
    return .translate(kind, family: family, address: address, port: port)
  }

  private static func mangle(_ value: JSONValue) -> Operation? {
    guard let key = value["key"], let listed = value["value"] else { return nil }
    let operand = Domain.number.datum(listed).map { Operand.constant($0) } ?? Operand(listed)
    if key["ct"]?["key"]?.string == "mark" { return .setMark(ofConnection: true, operand) }
    if key["meta"]?["key"]?.string == "mark" { return .setMark(ofConnection: false, operand) }
    // Neither priorities nor the TCP maximum segment size decide whether a session works.
    if key["tcp option"] != nil || key["meta"]?["key"]?.string == "priority" { return .nothing }
    return nil
  }

  /// What `add @set { key statement }` does to a packet is what its statements do.
  private static func dynamic(_ statements: [Operation]) -> Operation {
    for inner in statements {
      switch inner {
      case .limit(goesOn: false, _), .unknown: return inner
      default: continue
      }
    }
    return .nothing
  }
}

extension JSONValue {
  fileprivate var isPlainList: Bool {
    guard case .array = self else { return false }
    return true
  }
}
