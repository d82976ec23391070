/// Reads an escape sequence in a string of JSON (RFC 8259, section 7). Half of a surrogate pair is U+FFFD.
///
/// - Parameter position: After the backslash; after the sequence when this returns one.
/// - Returns: `nil` when none stands there.
package func jsonEscape(in bytes: [UInt8], at position: inout Int) -> Unicode.Scalar? {
  guard bytes.indices.contains(position) else { return nil }
  let byte = bytes[position]
  let plain: Unicode.Scalar? =
    switch byte {
    case UInt8(ascii: "n"): "\n"
    case UInt8(ascii: "t"): "\t"
    case UInt8(ascii: "r"): "\r"
    case UInt8(ascii: "b"): "\u{8}"
    case UInt8(ascii: "f"): "\u{C}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(byte)
    default: nil
    }
  if let plain {
    position += 1
    return plain
  }
  guard byte == UInt8(ascii: "u"), let unit = hexadecimal(bytes, position + 1) else { return nil }
  position += 5
  guard (0xD800..<0xDC00).contains(unit), bytes[position...].starts(with: "\\u".utf8) else {
    return Unicode.Scalar(unit) ?? "\u{FFFD}"
  }
  guard let low = hexadecimal(bytes, position + 2) else { return nil }
  position += 6
  guard (0xDC00..<0xE000).contains(low) else { return "\u{FFFD}" }
  return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
}

/// The number of four hexadecimal digits.
private func hexadecimal(_ bytes: [UInt8], _ start: Int) -> UInt32? {
  let digits = bytes.dropFirst(start).prefix(4)
  // A sign would be one of the four.
  guard digits.count == 4, digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) })
  else {
    return nil
  }
  return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
}
