/// Numbers that rules tell apart: ports, or addresses of one family. All numbers of a class meet the same conditions.
struct ValueClasses: Sendable {
  /// Neighbouring numbers of one class.
  struct Part: Hashable, Sendable {
    var range: ClosedRange<UInt128>
    var kind: UInt64
  }

  /// By how much the sum of all conditions that hold changes at a number.
  private var changes: [UInt128: UInt64] = [:]
  /// Bits that conditions look at, where these do not stand for a range.
  private(set) var masks: Set<UInt128> = []

  /// A condition that holds for the numbers of a range; others with the same label come to the same.
  mutating func add(_ range: ClosedRange<UInt128>, label: Int) {
    let weight = UInt64(truncatingIfNeeded: label).scrambled
    changes[range.lowerBound, default: 0] &+= weight
    if range.upperBound < .max { changes[range.upperBound + 1, default: 0] &-= weight }
  }

  /// A condition that depends on some bits of a number.
  mutating func add(mask: UInt128) {
    if mask != 0 { masks.insert(mask) }
  }

  /// The parts of a range in their order, no two neighbours of one class.
  func parts(of range: ClosedRange<UInt128>) -> [Part] {
    var sum: UInt64 = 0
    var starts: [(number: UInt128, sum: UInt64)] = []
    for (number, change) in changes.sorted(by: { $0.key < $1.key }) where number <= range.upperBound {
      sum &+= change
      if number <= range.lowerBound { starts.removeAll() }
      starts.append((max(number, range.lowerBound), sum))
    }
    if starts.first?.number != range.lowerBound { starts.insert((range.lowerBound, 0), at: 0) }
    var parts: [Part] = []
    for (index, start) in starts.enumerated() {
      let end = starts.indices.contains(index + 1) ? starts[index + 1].number - 1 : range.upperBound
      add(start.number...end, start.sum, to: &parts)
    }
    return parts
  }

  /// A mask changes its outcome at multiples of its lowest bit.
  private func add(_ range: ClosedRange<UInt128>, _ sum: UInt64, to parts: inout [Part]) {
    let step = masks.map { $0 & (~$0 &+ 1) }.min() ?? 0
    var start = range.lowerBound
    while true {
      var end = range.upperBound
      var kind = sum
      if step > 0 {
        end = min(end, start | (step - 1))
        for mask in masks.sorted() { kind = (kind ^ UInt64(truncatingIfNeeded: start & mask)).scrambled }
      }
      if let last = parts.last, last.kind == kind {
        parts[parts.count - 1].range = last.range.lowerBound...end
      } else {
        parts.append(Part(range: start...end, kind: kind))
      }
      guard end < range.upperBound else { return }
      start = end + 1
    }
  }
}

extension UInt64 {
  /// The number with its bits well mixed, so that sums of several do not meet by chance (`splitmix64`).
  fileprivate var scrambled: UInt64 {
    var value = self &+ 0x9E37_79B9_7F4A_7C15
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
