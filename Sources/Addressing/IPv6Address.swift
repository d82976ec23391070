/// An IPv6 address (RFC 4291), without zone.
package struct IPv6Address: Hashable, Sendable, Comparable {
  /// The address as a number; the first group is the most significant.
  package var value: UInt128

  package init(_ value: UInt128) { self.value = value }

  /// Reads any form of RFC 4291 section 2.2: eight groups, `::`, a dotted IPv4 tail.
  package init?(_ text: some Collection<UInt8>) {
    var head: [UInt16] = []
    var tail: [UInt16] = []
    var sawGap = false
    var pieces = text.split(separator: 0x3A, omittingEmptySubsequences: false)[...]
    guard pieces.count >= 3 else { return nil }
    if pieces.first?.isEmpty == true {
      guard pieces.dropFirst().first?.isEmpty == true else { return nil }
      pieces = pieces.dropFirst()
    }
    if pieces.last?.isEmpty == true {
      guard pieces.dropLast().last?.isEmpty == true else { return nil }
      pieces = pieces.dropLast()
    }
    for (position, piece) in pieces.enumerated() {
      var groups: [UInt16] = []
      if piece.isEmpty {
        if sawGap { return nil }
        sawGap = true
        continue
      } else if let group = Self.group(piece) {
        groups = [group]
      } else if position == pieces.count - 1, let dotted = IPv4Address(piece) {
        groups = [UInt16(dotted.value >> 16), UInt16(dotted.value & 0xFFFF)]
      } else {
        return nil
      }
      if sawGap { tail += groups } else { head += groups }
    }
    let count = head.count + tail.count
    guard sawGap ? count < 8 : count == 8 else { return nil }
    let groups = head + Array(repeating: 0, count: 8 - count) + tail
    value = groups.reduce(0) { $0 << 16 | UInt128($1) }
  }

  private static func group(_ text: some Collection<UInt8>) -> UInt16? {
    guard text.count <= 4 else { return nil }
    var value: UInt16 = 0
    for byte in text {
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default: return nil
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  /// The eight groups, first one first.
  package var groups: [UInt16] {
    (0..<8).map { UInt16(truncatingIfNeeded: value >> (UInt128(7 - $0) * 16)) }
  }

  package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

extension IPv6Address: CustomStringConvertible {
  /// The canonical text of RFC 5952: lower case, the longest run of zero groups (two or more, the first of
  /// equals) as `::`, IPv4-mapped addresses with a dotted tail.
  package var description: String {
    if value >> 32 == 0xFFFF {
      return "::ffff:\(IPv4Address(UInt32(truncatingIfNeeded: value)))"
    }
    let groups = groups
    let gap = longestZeroRun(in: groups)
    let hex = { (range: Range<Int>) in groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
    guard let gap else { return hex(0..<8) }
    return hex(0..<gap.lowerBound) + "::" + hex(gap.upperBound..<8)
  }

  private func longestZeroRun(in groups: [UInt16]) -> Range<Int>? {
    var best: Range<Int>?
    var start: Int?
    for (index, group) in (groups + [1]).enumerated() {
      if group == 0 {
        start = start ?? index
      } else if let first = start {
        if index - first >= max(2, (best?.count ?? 0) + 1) { best = first..<index }
        start = nil
      }
    }
    return best
  }
}
