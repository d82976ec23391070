/// A set of client addresses of both families.
package struct AddressSet: Hashable, Sendable {
  package var ipv4 = IntervalSet<UInt32>()
  package var ipv6 = IntervalSet<UInt128>()

  package init() {}

  /// Every address of both families.
  package static let any: AddressSet = {
    var set = AddressSet()
    set.ipv4 = IntervalSet([0...UInt32.max])
    set.ipv6 = IntervalSet([0...UInt128.max])
    return set
  }()

  /// The union of prefixes.
  package init(_ prefixes: some Sequence<Prefix>) {
    var narrow: [ClosedRange<UInt32>] = []
    var wide: [ClosedRange<UInt128>] = []
    for prefix in prefixes {
      let bounds = prefix.bounds
      switch prefix.family {
      case .ipv4:
        narrow.append(
          UInt32(truncatingIfNeeded: bounds.lowerBound)...UInt32(truncatingIfNeeded: bounds.upperBound))
      case .ipv6:
        wide.append(bounds)
      }
    }
    ipv4 = IntervalSet(narrow)
    ipv6 = IntervalSet(wide)
  }

  package var isEmpty: Bool { ipv4.isEmpty && ipv6.isEmpty }

  /// Of how many ranges of both families it consists.
  package var rangeCount: Int { ipv4.intervals.count + ipv6.intervals.count }

  /// The union of any number of sets, in one pass.
  package init(unionOf sets: [AddressSet]) {
    if sets.count == 1, let only = sets.first {
      self = only
      return
    }
    var narrow: [ClosedRange<UInt32>] = []
    var wide: [ClosedRange<UInt128>] = []
    for set in sets {
      narrow += set.ipv4.intervals
      wide += set.ipv6.intervals
    }
    ipv4 = IntervalSet(narrow)
    ipv6 = IntervalSet(wide)
  }

  package func subtracting(_ other: Self) -> Self {
    var result = self
    result.ipv4 = ipv4.subtracting(other.ipv4)
    result.ipv6 = ipv6.subtracting(other.ipv6)
    return result
  }

  package func intersection(_ other: Self) -> Self {
    var result = self
    result.ipv4 = ipv4.intersection(other.ipv4)
    result.ipv6 = ipv6.intersection(other.ipv6)
    return result
  }

  package func isSuperset(of other: Self) -> Bool {
    ipv4.isSuperset(of: other.ipv4) && ipv6.isSuperset(of: other.ipv6)
  }

  package func contains(_ address: IPAddress) -> Bool {
    switch address {
    case .v4(let address): ipv4.contains(address.value)
    case .v6(let address): ipv6.contains(address.value)
    }
  }

  /// The ranges of one family, in ascending order.
  package func forEachRange(_ family: AddressFamily, _ body: (ClosedRange<IPAddress>) -> Void) {
    switch family {
    case .ipv4:
      for range in ipv4.intervals {
        body(.v4(IPv4Address(range.lowerBound))...(.v4(IPv4Address(range.upperBound))))
      }
    case .ipv6:
      for range in ipv6.intervals {
        body(.v6(IPv6Address(range.lowerBound))...(.v6(IPv6Address(range.upperBound))))
      }
    }
  }

  /// The same as a list.
  package func ranges(_ family: AddressFamily) -> [ClosedRange<IPAddress>] {
    var ranges: [ClosedRange<IPAddress>] = []
    forEachRange(family) { ranges.append($0) }
    return ranges
  }
}
