import Addressing
import Nftables

/// Statements that match, and the family of addresses that they ask for; `nil` for both.
struct SRXMatch {
  var statements: [Statement]
  var family: AddressFamily?

  init(_ statements: [Statement] = [], _ family: AddressFamily? = nil) {
    (self.statements, self.family) = (statements, family)
  }

  /// Both together; `nil` where no packet has both families.
  func and(_ other: SRXMatch) -> SRXMatch? {
    if let family, let second = other.family, family != second { return nil }
    return SRXMatch(statements + other.statements, family ?? other.family)
  }

  /// Every combination of alternatives.
  static func all(_ parts: [SRXMatch]...) -> [SRXMatch] {
    parts.reduce([SRXMatch()]) { found, next in found.flatMap { one in next.compactMap { one.and($0) } } }
  }

  /// Addresses of some set, one alternative for each family.
  static func of(_ set: AddressSet, isSource: Bool) -> [SRXMatch] {
    if set == .any { return [SRXMatch()] }
    return AddressFamily.allCases.compactMap { family in
      let ranges = set.ranges(family)
      guard let first = ranges.first else { return nil }
      if ranges.count == 1, first.lowerBound.value == 0,
        first.upperBound.value == AddressSet.any.ranges(family).first?.upperBound.value
      {
        let name = family == .ipv4 ? "ipv4" : "ipv6"
        return SRXMatch([.match(.meta("nfproto"), .equal, .value(.symbol(name)))], family)
      }
      let field: Expression = isSource ? .source(family) : .destination(family)
      let value: Expression =
        ranges.count == 1 ? .value(Value(first)) : .members(ranges.map { Member(.value(Value($0))) })
      return SRXMatch([.match(field, .equal, value)], family)
    }
  }

  /// Addresses of a configuration; what is not read of them is an alternative of its own.
  static func of(_ addresses: SRXAddresses, isSource: Bool, isExcluded: Bool = false) -> [SRXMatch] {
    if isExcluded {
      guard addresses.unread.isEmpty else { return [SRXMatch(addresses.unread.map { .unread($0) })] }
      return of(AddressSet.any.subtracting(addresses.set), isSource: isSource)
    }
    return of(addresses.set, isSource: isSource) + addresses.unread.map { SRXMatch([.unread($0)]) }
  }
}
