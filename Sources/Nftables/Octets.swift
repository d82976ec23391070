package import Addressing

/// Bytes in the order in which the kernel of this machine keeps its structures. Nothing outside of them is read.
package struct Octets: Hashable, Sendable {
  package let bytes: ArraySlice<UInt8>

  package init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }
  package init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  /// Reads two hexadecimal digits for each byte; `nil` for anything else.
  package init?(hex text: String) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 2)
    var high: UInt8?
    for digit in text.utf8 {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    guard high == nil else { return nil }
    self.init(bytes)
  }

  package var count: Int { bytes.count }

  /// Two hexadecimal digits for each byte.
  package var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// So many bytes from an offset; `nil` where the structure is shorter.
  package func slice(_ offset: Int, _ length: Int) -> Octets? {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    return Octets(bytes.dropFirst(offset).prefix(length))
  }

  /// Everything from an offset.
  package func rest(_ offset: Int) -> Octets? { slice(offset, count - offset) }

  package func u8(_ offset: Int) -> UInt8? { slice(offset, 1)?.bytes.first }
  package func u16(_ offset: Int) -> UInt16? { native(offset, 2).map { UInt16(truncatingIfNeeded: $0) } }
  package func u32(_ offset: Int) -> UInt32? { native(offset, 4).map { UInt32(truncatingIfNeeded: $0) } }
  package func u64(_ offset: Int) -> UInt64? { native(offset, 8).map { UInt64(truncatingIfNeeded: $0) } }
  package func i32(_ offset: Int) -> Int32? { u32(offset).map { Int32(bitPattern: $0) } }

  /// A number in the order of the network.
  package func big(_ offset: Int, _ length: Int) -> UInt128? {
    slice(offset, length)?.bytes.reduce(0) { $0 << 8 | UInt128($1) }
  }

  /// A text up to its zero byte, in a field of fixed length.
  package func text(_ offset: Int, _ length: Int) -> String? {
    slice(offset, length).map { String(decoding: $0.bytes.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// An address, in the order of the network, at the beginning of a field.
  package func address(_ offset: Int, _ family: AddressFamily) -> IPAddress? {
    big(offset, family == .ipv4 ? 4 : 16).flatMap { IPAddress(family: family, value: $0) }
  }

  private func native(_ offset: Int, _ length: Int) -> UInt128? {
    guard let field = slice(offset, length)?.bytes else { return nil }
    let isLittle = UInt16(1).littleEndian == 1
    return isLittle
      ? field.reversed().reduce(0) { $0 << 8 | UInt128($1) } : field.reduce(0) { $0 << 8 | UInt128($1) }
  }
}

extension Octets {
  /// One netlink attribute (`struct nlattr`), without the flags of its type.
  package struct Attribute: Sendable {
    package var type: Int
    package var value: Octets
  }

  /// The attributes that stand here, each padded to four bytes; what is cut short ends the list.
  package var attributes: [Attribute] {
    var found: [Attribute] = []
    var offset = 0
    while let length = u16(offset).map(Int.init), let type = u16(offset + 2), length >= 4,
      let value = slice(offset + 4, length - 4)
    {
      found.append(Attribute(type: Int(type & 0x3FFF), value: value))
      offset += (length + 3) & ~3
    }
    return found
  }

  /// The first attribute of a type.
  package func attribute(_ type: Int) -> Octets? { attributes.first { $0.type == type }?.value }

  /// Messages of nfnetlink one after another: the family, and the attributes of each.
  package var netfilterMessages: [(family: UInt8, body: Octets)] {
    var found: [(UInt8, Octets)] = []
    var offset = 0
    while let length = u32(offset).map(Int.init), length >= 20, let family = u8(offset + 16),
      let body = slice(offset + 20, length - 20)
    {
      found.append((family, body))
      offset += (length + 3) & ~3
    }
    return found
  }
}
