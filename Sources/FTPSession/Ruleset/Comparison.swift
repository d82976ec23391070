import Nftables

extension Operation {
  /// A comparison as a listing has it. One whose right side is not understood is a condition that cannot be evaluated.
  ///
  /// A list at the right of `==` and `!=` is one value of bits (`src/json.c`, `flagcmp_expr_json` and `list_expr_json`
  /// of nft 1.0.6; newer versions write `{"|": [...]}`); several values are always `{"set": [...]}`.
  static func match(_ value: JSONValue) -> Operation? {
    guard let left = value["left"], let right = value["right"], let sign = value["op"]?.string else { return nil }
    let operand = Operand(left)
    let unknown = Operation.match(.unknown(JSONValue.object(["match": value]).text), .noBit(0), negated: false)
    if case .unknown = operand { return .match(operand, .noBit(0), negated: false) }
    let domain = operand.domain
    switch sign {
    case "==", "!=": return equality(operand, right, negated: sign == "!=") ?? unknown
    case "in":
      if let reference = LookupReference(right, key: operand), !right.isPlainList {
        return .match(operand, .isIn(reference), negated: false)
      }
      return domain.flags(right).map { .match(operand, .anyBit($0), negated: false) } ?? unknown
    case "!": return domain.flags(right).map { .match(operand, .noBit($0), negated: false) } ?? unknown
    case "<", ">=":
      guard case .number(let bound)? = domain.datum(right) else { return unknown }
      return .match(operand, .less(bound), negated: sign == ">=")
    case ">", "<=":
      guard case .number(let bound)? = domain.datum(right) else { return unknown }
      return .match(operand, .greater(bound), negated: sign == "<=")
    default: return nil
    }
  }

  private static func equality(_ operand: Operand, _ right: JSONValue, negated: Bool) -> Operation? {
    if let found = operand.interfaceExists(right) {
      return .match(operand, .exists(found), negated: negated)
    }
    if right.isPlainList {
      guard operand.domain.isBitmask, let bits = operand.domain.flags(right) else { return nil }
      return .match(operand, .equals(.range(bits...bits)), negated: negated)
    }
    if let reference = LookupReference(right, key: operand) {
      return .match(operand, .isIn(reference), negated: negated)
    }
    if case .combination = operand {
      return LookupReference(["set": [right]], key: operand).map { .match(operand, .isIn($0), negated: negated) }
    }
    return .match(operand, .equals(FieldPattern(right, operand.domain)), negated: negated)
  }
}

extension Operand {
  /// `exists`, `missing` and the index 0 beside what the routing table says: whether there is an interface; `nil` for a
  /// comparison with anything else. Booleans of nft are 1 and 0.
  fileprivate func interfaceExists(_ right: JSONValue) -> Bool? {
    guard case .route(_, isType: false, _) = self else { return nil }
    switch right {
    case .bool(let value): return value
    case .number(0), .string("0"), .string("missing"): return false
    case .string("exists"): return true
    default: return nil
    }
  }
}

extension JSONValue {
  fileprivate var isPlainList: Bool {
    guard case .array = self else { return false }
    return true
  }
}

extension Operation.Test {
  /// Whether one of the values of a range meets the test; `nil` when some do and others do not.
  func judge(_ range: ClosedRange<UInt128>, _ lookup: (LookupReference) -> Lookup?) -> Bool? {
    if range.lowerBound == range.upperBound { return judge(.number(range.lowerBound), lookup) }
    switch self {
    case .equals(let pattern): return pattern.matches(range)
    case .less(let bound): return range.upperBound < bound ? true : range.lowerBound >= bound ? false : nil
    case .greater(let bound): return range.lowerBound > bound ? true : range.upperBound <= bound ? false : nil
    case .exists(let wanted): return range.lowerBound > 0 ? wanted : nil
    case .isIn(let reference):
      switch lookup(reference)?.find(all: range) {
      case .found: return true
      case .missing: return false
      case .unknown, nil: return nil
      }
    case .anyBit(let mask): return range.upperBound < mask & (~mask &+ 1) ? false : nil
    case .noBit(let mask): return range.upperBound < mask & (~mask &+ 1) ? true : nil
    }
  }

  private func judge(_ value: Datum, _ lookup: (LookupReference) -> Lookup?) -> Bool? {
    switch self {
    case .equals(let pattern): return pattern.matches(value)
    case .anyBit(let mask): return value.bits & mask != 0
    case .noBit(let mask): return value.bits & mask == 0
    case .less(let bound): return value.bits < bound
    case .greater(let bound): return value.bits > bound
    case .exists(let wanted): return (value != .number(0)) == wanted
    case .isIn(let reference):
      guard let found = lookup(reference), found.doubt == nil else { return nil }
      switch found.find([value]) {
      case .found: return true
      case .missing: return false
      case .unknown: return nil
      }
    }
  }
}

extension FieldPattern {
  /// Whether it stands for all values of a range or for none; `nil` otherwise.
  func matches(_ values: ClosedRange<UInt128>) -> Bool? {
    switch self {
    case .any: true
    case .range(let own):
      own.lowerBound <= values.lowerBound && own.upperBound >= values.upperBound
        ? true : own.overlaps(values) ? nil : false
    case .word, .prefix: false
    case .unknown: nil
    }
  }
}
