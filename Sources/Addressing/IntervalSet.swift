/// A set of numbers kept as sorted intervals that neither overlap nor touch.
///
/// Public and inlinable, so that other modules have it in a form for their numbers: of a generic type that is
/// `package`, the compiler (Swift 6.3) makes no such forms, and every call looks up the types at run time.
public struct IntervalSet<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
  /// The intervals, lowest first, both ends inclusive.
  @usableFromInline
  package internal(set) var intervals: [ClosedRange<Bound>]

  /// The empty set.
  @inlinable @inline(__always)
  package init() { intervals = [] }

  /// The union of intervals in any order; they may overlap.
  @inlinable
  package init(_ ranges: [ClosedRange<Bound>]) {
    intervals = ranges
    guard ranges.count > 1 else { return }
    intervals.removeAll(keepingCapacity: true)
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) { append(range) }
  }

  @inlinable
  package var isEmpty: Bool { intervals.isEmpty }

  /// Adds an interval that starts no lower than any before it.
  @inlinable
  mutating func append(_ range: ClosedRange<Bound>) {
    guard let last = intervals.last else { return intervals.append(range) }
    let touches = last.upperBound == .max || range.lowerBound <= last.upperBound + 1
    guard touches else { return intervals.append(range) }
    intervals[intervals.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
  }

  @inlinable
  package func union(_ other: Self) -> Self {
    other.isEmpty ? self : isEmpty ? other : Self(intervals + other.intervals)
  }

  /// What is in this set and not in the other; linear in both.
  @inlinable
  package func subtracting(_ other: Self) -> Self {
    var result = Self()
    var holes = other.intervals[...]
    for interval in intervals {
      var low = interval.lowerBound
      var isUsedUp = false
      while let hole = holes.first, hole.upperBound < low { holes = holes.dropFirst() }
      for hole in holes {
        if hole.lowerBound > interval.upperBound { break }
        if hole.lowerBound > low { result.intervals.append(low...(hole.lowerBound - 1)) }
        if hole.upperBound >= interval.upperBound {
          isUsedUp = true
          break
        }
        low = max(low, hole.upperBound + 1)
      }
      if !isUsedUp { result.intervals.append(low...interval.upperBound) }
    }
    return result
  }

  @inlinable
  package func intersection(_ other: Self) -> Self { subtracting(subtracting(other)) }

  @inlinable
  package func contains(_ value: Bound) -> Bool {
    var low = 0
    var high = intervals.count
    while low < high {
      let middle = (low + high) / 2
      if intervals[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < intervals.count && intervals[low].contains(value)
  }

  /// Whether every number of the other set is in this one.
  @inlinable
  package func isSuperset(of other: Self) -> Bool { other.subtracting(self).isEmpty }
}
