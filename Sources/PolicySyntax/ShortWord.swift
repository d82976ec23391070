/// A word of at most 16 bytes as a number, so that finding it among keywords compares integers.
package struct ShortWord: Hashable, Sendable {
  /// Its bytes, the last lowest; 0 for an empty word.
  @usableFromInline
  package let bits: UInt128

  /// `nil` when there are more bytes.
  package init?(_ bytes: TokenBytes) {
    guard bytes.count <= 16 else { return nil }
    var bits: UInt128 = 0
    for byte in bytes { bits = bits << 8 | UInt128(byte) }
    self.bits = bits
  }

  package init?(_ text: some StringProtocol) {
    let word = Array(text.utf8).withUnsafeBufferPointer { Self($0[...]) }
    guard let word else { return nil }
    self = word
  }

  @inlinable
  package static func == (left: Self, right: Self) -> Bool { left.bits == right.bits }
}

extension PolicyFileSyntax {
  /// The text of a token; `nil` when it is no word, or longer than any keyword.
  package func shortWord(_ token: Token) -> ShortWord? { token.kind == .word ? read(token) { ShortWord($0) } : nil }
}
