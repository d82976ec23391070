/// What a token is. White space and comments are no tokens: they are the gaps between tokens, so a file is the
/// concatenation of its gaps and tokens.
package enum TokenKind: Sendable {
  /// A keyword, name, number, address, prefix, range, version or interface: letters, digits and `._:/-@%+*`.
  case word
  /// A double quoted string, quotes included; perhaps unterminated (then a diagnostic was reported).
  case string
  case leftBrace, rightBrace, equals, comma, semicolon
  /// `->`
  case arrow
  /// A run of bytes that begins no token; reported by the lexer and passed over by the parser.
  case invalid
  case endOfFile

  /// Whether it stands between values, and so begins no statement.
  package var onlySeparates: Bool { self == .comma || self == .equals || self == .arrow }
}

/// One token and where it stands.
package struct Token: Sendable {
  package var kind: TokenKind
  /// Whether a line ends between the token before and this one.
  package var startsLine: Bool
  /// Byte offset of its first byte.
  package var start: Int32
  /// Byte offset after its last byte.
  package var end: Int32

  package var range: Range<Int> { Int(start)..<Int(end) }

  /// The same that many bytes further on.
  func moved(by count: Int32) -> Self {
    Self(kind: kind, startsLine: startsLine, start: start &+ count, end: end &+ count)
  }
}

/// A comment from `#` to the end of its line.
package struct Comment: Sendable {
  /// Whether nothing but white space stands before it on its line.
  package var startsLine: Bool
  package var start: Int32
  package var end: Int32

  package var range: Range<Int> { Int(start)..<Int(end) }

  /// The same that many bytes further on.
  func moved(by count: Int32) -> Self {
    Self(startsLine: startsLine, start: start &+ count, end: end &+ count)
  }
}
