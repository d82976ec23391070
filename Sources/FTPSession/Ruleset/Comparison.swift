import Nftables

extension Operation {
  /// A comparison. One whose right side is not understood is a condition that cannot be evaluated.
  ///
  /// A list at the right of `==` and `!=` is one value of bits (`src/json.c`, `flagcmp_expr_json` and `list_expr_json`
  /// of nft 1.0.6; newer versions join it with `|`); several values are always a set.
  static func match(
    _ left: Expression, _ comparison: MatchOperator, _ right: Expression, in statement: Statement
  ) -> Operation {
    let operand = Operand(left)
    if case .unknown = operand { return .match(operand, .noBit(0), negated: false) }
    guard let (test, negated) = test(operand, comparison, right) else {
      return .match(.unknown(statement.text), .noBit(0), negated: false)
    }
    return .match(operand, test, negated: negated)
  }

  private static func test(
    _ operand: Operand, _ comparison: MatchOperator, _ right: Expression
  ) -> (Test, negated: Bool)? {
    let domain = operand.domain
    switch comparison {
    case .equal, .notEqual:
      // Flags are tested with `in`, other than their whole value.
      if case .flags = right, comparison == .equal { return domain.flags(right).map { (.anyBit($0), false) } }
      return equality(operand, right).map { ($0, comparison == .notEqual) }
    case .isIn:
      if let reference = LookupReference(right, key: operand) { return (.isIn(reference), false) }
      return domain.flags(right).map { (.anyBit($0), false) }
    case .lacks: return domain.flags(right).map { (.noBit($0), false) }
    case .less, .greaterOrEqual: return domain.number(right).map { (.less($0), comparison == .greaterOrEqual) }
    case .greater, .lessOrEqual: return domain.number(right).map { (.greater($0), comparison == .lessOrEqual) }
    }
  }

  private static func equality(_ operand: Operand, _ right: Expression) -> Test? {
    if let found = operand.interfaceExists(right) { return .exists(found) }
    switch right {
    case .list, .flags:
      guard operand.domain.isBitmask, let bits = operand.domain.flags(right) else { return nil }
      return .equals(.range(bits...bits))
    default: break
    }
    if let reference = LookupReference(right, key: operand) { return .isIn(reference) }
    if case .combination = operand {
      return LookupReference(.members([Member(right)]), key: operand).map { .isIn($0) }
    }
    return .equals(FieldPattern(right, operand.domain))
  }
}

extension Operand {
  /// `exists`, `missing` and the index 0 beside what the routing table says: whether there is an interface; `nil` for a
  /// comparison with anything else. Booleans of nft are 1 and 0.
  fileprivate func interfaceExists(_ right: Expression) -> Bool? {
    guard case .route(_, isType: false, _) = self, case .value(let value) = right else { return nil }
    switch value {
    case .boolean(let isThere): return isThere
    case .number(0), .interface("0"), .interface("missing"): return false
    case .interface("exists"): return true
    default: return nil
    }
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
