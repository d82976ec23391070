import Addressing

/// An IPv4 address as `inet_aton` of the C library takes it: one to four numbers, decimal, octal or hexadecimal, the
/// last of which fills the rest; white space ends it. `nil` for anything else.
func numericIPv4(_ text: some Collection<UInt8>) -> IPv4Address? {
  let word = text.drop(while: \.isBlank).prefix { !$0.isBlank }
  let parts = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(cNumber)
  guard (1...4).contains(parts.count) else { return nil }
  var value: UInt64 = 0
  for (index, part) in parts.enumerated() {
    guard let part else { return nil }
    let isLast = index == parts.count - 1
    let bits = isLast ? 8 * (5 - parts.count) : 8
    guard part < 1 << UInt64(bits) else { return nil }
    value = value << UInt64(bits) | part
  }
  return IPv4Address(UInt32(truncatingIfNeeded: value))
}

/// A number with the prefixes of C; `nil` for anything else and for more than 32 bits.
private func cNumber(_ digits: some Collection<UInt8>) -> UInt64? {
  guard let first = digits.first, first.isDigit else { return nil }
  let text = String(decoding: digits, as: UTF8.self).lowercased()
  let number: UInt64?
  if text.hasPrefix("0x") {
    number = UInt64(text.dropFirst(2), radix: 16)
  } else {
    number = UInt64(text, radix: first == UInt8(ascii: "0") ? 8 : 10)
  }
  return number.flatMap { $0 <= UInt64(UInt32.max) ? $0 : nil }
}
