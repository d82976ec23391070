/// An IPv4 address (RFC 791).
package struct IPv4Address: Hashable, Sendable, Comparable {
  /// The address as a number; the first octet is the most significant.
  package var value: UInt32

  package init(_ value: UInt32) { self.value = value }

  /// Reads four decimal octets. Leading zeros are refused: some programs read them as octal.
  init?(_ text: Span<UInt8>) {
    var value: UInt32 = 0
    var octets = 0
    var octet: UInt32?
    for index in text.indices {
      let byte = text[index]
      switch byte {
      case 0x30...0x39:
        if octet == 0 { return nil }
        let next = (octet ?? 0) * 10 + UInt32(byte - 0x30)
        guard next <= 255 else { return nil }
        octet = next
      case 0x2E:
        guard let done = octet, octets < 3 else { return nil }
        value = value << 8 | done
        octets += 1
        octet = nil
      default:
        return nil
      }
    }
    guard let done = octet, octets == 3 else { return nil }
    self.value = value << 8 | done
  }

  package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

extension IPv4Address: CustomStringConvertible {
  package var description: String { String(writing: 15) { $0.append(self) } }
}

extension OutputSpan<UInt8> {
  /// Appends four decimal octets; there must be room for 15 bytes.
  package mutating func append(_ address: IPv4Address) {
    append(octet: address.value >> 24)
    append(UInt8(ascii: "."))
    append(octet: address.value >> 16 & 255)
    append(UInt8(ascii: "."))
    append(octet: address.value >> 8 & 255)
    append(UInt8(ascii: "."))
    append(octet: address.value & 255)
  }

  /// Appends a number below 256.
  @inline(__always)
  private mutating func append(octet number: UInt32) {
    if number >= 100 { append(digit: number / 100) }
    if number >= 10 { append(digit: number / 10 % 10) }
    append(digit: number % 10)
  }
}
