/// An IPv4 address (RFC 791).
package struct IPv4Address: Hashable, Sendable, Comparable {
  /// The address as a number; the first octet is the most significant.
  package var value: UInt32

  package init(_ value: UInt32) { self.value = value }

  /// Reads four decimal octets. Leading zeros are refused: some programs read them as octal.
  init?(_ text: some Collection<UInt8>) {
    var value: UInt32 = 0
    var octets = 0
    var octet: UInt32?
    for byte in text {
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
  package var description: String {
    "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
  }
}

extension [UInt8] {
  /// Appends four decimal octets.
  package mutating func append(_ address: IPv4Address) {
    append(addingCapacity: 15) { text in
      text.append(decimal: address.value >> 24)
      text.append(UInt8(ascii: "."))
      text.append(decimal: address.value >> 16 & 255)
      text.append(UInt8(ascii: "."))
      text.append(decimal: address.value >> 8 & 255)
      text.append(UInt8(ascii: "."))
      text.append(decimal: address.value & 255)
    }
  }

  /// Appends a decimal number.
  package mutating func append(decimal number: UInt32) {
    append(addingCapacity: 10) { $0.append(decimal: number) }
  }
}

extension OutputSpan<UInt8> {
  /// Appends a decimal number; there must be room for ten digits, or for the three of a number below 256.
  fileprivate mutating func append(decimal number: UInt32) {
    if number >= 10 { append(decimal: number / 10) }
    append(UInt8(truncatingIfNeeded: number % 10) + 0x30)
  }
}
