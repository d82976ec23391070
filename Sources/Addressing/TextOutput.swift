/// Text appended where room was made for it.
extension OutputSpan<UInt8> {
  /// Appends a text of ASCII.
  @inlinable
  package mutating func append(ascii text: StaticString) {
    for byte in UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) { append(byte) }
  }

  /// Appends a decimal number; there must be room for ten bytes, or for as many as it has digits.
  package mutating func append(decimal number: UInt32) {
    if number >= 100_000 { append(decimal: number / 100_000) }
    if number >= 10_000 { append(digit: number / 10_000 % 10) }
    if number >= 1_000 { append(digit: number / 1_000 % 10) }
    if number >= 100 { append(digit: number / 100 % 10) }
    if number >= 10 { append(digit: number / 10 % 10) }
    append(digit: number % 10)
  }

  mutating func append(digit: UInt32) { append(UInt8(truncatingIfNeeded: digit) + 0x30) }
}

extension String {
  /// A text of ASCII of at most so many bytes.
  init(writing capacity: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
    self.init(decoding: [UInt8](capacity: capacity) { body(&$0) }, as: UTF8.self)
  }
}
