/// An IPv6 address (RFC 4291), without zone.
package struct IPv6Address: Hashable, Sendable, Comparable {
  // Two halves, because a number of 128 bits is aligned to 16 bytes, and so is everything that holds it.
  private let high: UInt64
  private let low: UInt64

  /// The address as a number; the first group is the most significant.
  package var value: UInt128 { UInt128(high) << 64 | UInt128(low) }

  package init(_ value: UInt128) {
    high = UInt64(truncatingIfNeeded: value >> 64)
    low = UInt64(truncatingIfNeeded: value)
  }

  /// Reads any form of RFC 4291 section 2.2: eight groups, `::`, a dotted IPv4 tail.
  init?(_ text: Span<UInt8>) {
    var reader = IPv6Reader()
    var index = 0
    if text.count > 1, text[0] == colon {
      guard text[1] == colon, reader.gap() else { return nil }
      index = 2
    }
    while index < text.count {
      let start = index
      guard let group = leadingGroup(of: text, at: &index) else { return nil }
      guard index < text.count else {
        reader.append(group)
        break
      }
      switch text[index] {
      case UInt8(ascii: "."):
        guard let dotted = IPv4Address(text.extracting(start...)) else { return nil }
        reader.append(UInt16(dotted.value >> 16))
        reader.append(UInt16(dotted.value & 0xFFFF))
        index = text.count
      case colon:
        reader.append(group)
        index += 1
        guard index < text.count else { return nil }
        guard text[index] == colon else { continue }
        index += 1
        guard reader.gap() else { return nil }
      default:
        return nil
      }
    }
    guard let value = reader.address else { return nil }
    self.init(value)
  }

  /// One of the eight groups; the first is 0.
  fileprivate func group(_ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)))
  }

  package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

private let colon = UInt8(ascii: ":")

/// The groups of an address while it is read.
private struct IPv6Reader {
  private var value: UInt128 = 0
  private var count = 0
  /// Groups before `::`.
  private var gapPosition: Int?

  mutating func append(_ group: UInt16) {
    value = value << 16 | UInt128(group)
    count += 1
  }

  /// Notes `::`; false when there was one.
  mutating func gap() -> Bool {
    guard gapPosition == nil else { return false }
    gapPosition = count
    return true
  }

  /// The whole; `nil` when there are too few or too many groups.
  var address: UInt128? {
    guard let gapPosition else { return count == 8 ? value : nil }
    guard count < 8 else { return nil }
    let tailBits = 16 * (count - gapPosition)
    let tail = value & ((1 << tailBits) - 1)
    return (value >> tailBits) << (16 * (8 - gapPosition)) | tail
  }
}

/// Takes up to four hexadecimal digits; `nil` when there are none, or more.
private func leadingGroup(of text: Span<UInt8>, at index: inout Int) -> UInt16? {
  var value: UInt16 = 0
  let start = index
  while index < text.count, let digit = hexDigit(text[index]) {
    guard index - start < 4 else { return nil }
    value = value << 4 | UInt16(digit)
    index += 1
  }
  return index > start ? value : nil
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}

extension IPv6Address: CustomStringConvertible {
  package var description: String { String(writing: IPAddress.longestText) { $0.append(self) } }
}

extension OutputSpan<UInt8> {
  /// Appends the canonical text of RFC 5952: lower case, the longest run of zero groups (two or more, the first of
  /// equals) as `::`, IPv4-mapped addresses with a dotted tail. There must be room for `IPAddress.longestText` bytes.
  package mutating func append(_ address: IPv6Address) {
    if address.value >> 32 == 0xFFFF {
      append(ascii: "::ffff:")
      return append(IPv4Address(UInt32(truncatingIfNeeded: address.value)))
    }
    let gap = address.longestZeroRun
    var index = 0
    while index < 8 {
      if index == gap?.lowerBound {
        append(ascii: "::")
        index = gap?.upperBound ?? 8
        continue
      }
      if index > 0, index != gap?.upperBound { append(colon) }
      append(hexadecimal: address.group(index))
      index += 1
    }
  }

  private mutating func append(hexadecimal number: UInt16) {
    if number >= 0x1000 { append(hexadecimalDigit: number >> 12) }
    if number >= 0x100 { append(hexadecimalDigit: number >> 8 & 15) }
    if number >= 0x10 { append(hexadecimalDigit: number >> 4 & 15) }
    append(hexadecimalDigit: number & 15)
  }

  private mutating func append(hexadecimalDigit digit: UInt16) {
    let digit = UInt8(truncatingIfNeeded: digit)
    append(digit < 10 ? digit + 0x30 : digit - 10 + 0x61)
  }
}

extension IPv6Address {
  /// The run of zero groups that `::` stands for.
  fileprivate var longestZeroRun: Range<Int>? {
    var best = 0..<1
    var start = 0
    for index in 0...8 where index == 8 || group(index) != 0 {
      if index - start > best.count { best = start..<index }
      start = index + 1
    }
    return best.count >= 2 ? best : nil
  }
}
