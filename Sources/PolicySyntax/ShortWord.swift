/// A word of at most 16 bytes as a number, so that finding it among keywords compares integers.
package struct ShortWord: Hashable, Sendable {
  private var bits: UInt128 = 0

  /// `nil` when there are more bytes.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count <= 16 else { return nil }
    for byte in bytes { bits = bits << 8 | UInt128(byte) }
  }

  package init?(_ text: some StringProtocol) { self.init(Array(text.utf8)[...]) }
}

extension PolicyFileSyntax {
  /// The text of a token; `nil` when it is no word, or longer than any keyword.
  package func shortWord(_ token: Token) -> ShortWord? { token.kind == .word ? ShortWord(bytes(token)) : nil }
}
