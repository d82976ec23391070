package import Diagnostics

/// A statement: words, strings and punctuation up to the end of the line or `;`, perhaps with a block after it.
/// Declarations are statements at the top of a file.
package struct StatementSyntax: Sendable {
  private let first: Int32
  private let end: Int32
  package let block: BlockSyntax?
  /// Whether it is a declaration of a list, or an include, in the block of a declaration, which was reported.
  package let isMisplaced: Bool

  init(tokens: Range<Int>, block: BlockSyntax?, isMisplaced: Bool = false) {
    first = Int32(clamping: tokens.lowerBound)
    end = Int32(clamping: tokens.upperBound)
    self.block = block
    self.isMisplaced = isMisplaced
  }

  private init(first: Int32, end: Int32, block: BlockSyntax?) {
    self.first = first
    self.end = end
    self.block = block
    isMisplaced = false
  }

  /// The same with the statements of its block that many positions further on.
  func moved(by offset: Int) -> Self {
    block == nil ? self : Self(first: first, end: end, block: block?.moved(by: offset))
  }

  /// The same with tokens, and what its block holds, that many positions further on.
  func moved(_ offsets: TreeOffsets) -> Self {
    let tokens = Int32(clamping: offsets.tokens)
    return Self(first: first + tokens, end: end + tokens, block: block?.moved(offsets))
  }

  /// Positions of its tokens in `PolicyFileSyntax.tokens`, the block excluded; never empty.
  package var tokens: Range<Int> { Int(first)..<Int(end) }
}

/// How far parts of a tree are moved.
struct TreeOffsets {
  var tokens: Int
  /// Positions in `PolicyFileSyntax.innerStatements`, and in `nestedStatements`.
  var inner: Int
  var nested: Int
}

/// `{ ... }` after a declaration, or after a statement in the block of one.
package struct BlockSyntax: Sendable {
  private let openBrace: Int32
  private let closeBrace: Int32?
  /// Whether it stands in another block.
  package let isNested: Bool
  private let first: Int32
  private let end: Int32

  init(open: Int, statements: Range<Int>, close: Int?, isNested: Bool) {
    self.isNested = isNested
    openBrace = Int32(clamping: open)
    closeBrace = close.map { Int32(clamping: $0) }
    first = Int32(clamping: statements.lowerBound)
    end = Int32(clamping: statements.upperBound)
  }

  fileprivate func moved(by offset: Int) -> Self {
    Self(
      open: open, statements: statements.lowerBound + offset..<statements.upperBound + offset, close: close,
      isNested: isNested)
  }

  fileprivate func moved(_ offsets: TreeOffsets) -> Self {
    let by = isNested ? offsets.nested : offsets.inner
    return Self(
      open: open + offsets.tokens, statements: statements.lowerBound + by..<statements.upperBound + by,
      close: close.map { $0 + offsets.tokens }, isNested: isNested)
  }

  /// Position of `{`.
  package var open: Int { Int(openBrace) }
  /// Position of `}`; `nil` when the block is never closed, which was reported.
  package var close: Int? { closeBrace.map { Int($0) } }
  /// Positions in `PolicyFileSyntax.innerStatements`, or in `nestedStatements`.
  var statements: Range<Int> { Int(first)..<Int(end) }
}

/// The bytes of a token, valid while they are read.
package typealias TokenBytes = Slice<UnsafeBufferPointer<UInt8>>

/// The lossless tree of one policy file: what was written, whatever was written. A class, because whoever reads a
/// statement holds the tree.
package final class PolicyFileSyntax: Sendable {
  package let source: SourceFile
  package let file: SourceID
  /// Every token in order; the last is `endOfFile`. What lies between two tokens is white space and comments.
  package let tokens: [Token]
  /// Whether any token is `invalid`.
  package let hasInvalidTokens: Bool
  package let comments: [Comment]
  package let statements: [StatementSyntax]
  /// The statements of all blocks of declarations, one block after the other.
  let innerStatements: [StatementSyntax]
  /// The statements of all blocks in these.
  let nestedStatements: [StatementSyntax]
  /// What is wrong with characters, and then with braces.
  package let diagnostics: [Diagnostic]
  /// How many of them are about characters.
  let lexicalCount: Int

  /// - Parameter diagnostics: What is wrong with braces.
  init(
    _ source: SourceFile, _ file: SourceID, _ lexed: LexedFile, statements: [StatementSyntax] = [],
    innerStatements: [StatementSyntax] = [], nestedStatements: [StatementSyntax] = [], diagnostics: [Diagnostic] = []
  ) {
    self.source = source
    self.file = file
    tokens = lexed.tokens
    hasInvalidTokens = lexed.hasInvalidTokens
    comments = lexed.comments
    self.statements = statements
    self.innerStatements = innerStatements
    self.nestedStatements = nestedStatements
    self.diagnostics = lexed.diagnostics + diagnostics
    lexicalCount = lexed.diagnostics.count
  }

  /// The token at a position; `endOfFile` after the last.
  package func token(_ index: Int) -> Token {
    if index >= 0, index < tokens.count { return tokens[index] }
    let end = Int32(clamping: source.bytes.count)
    return Token(kind: .endOfFile, startsLine: true, start: end, end: end)
  }

  /// The statements of a block of this file, in order.
  package func statements(of block: BlockSyntax) -> ArraySlice<StatementSyntax> {
    let statements = block.isNested ? nestedStatements : innerStatements
    return statements[block.statements.clamped(to: statements.indices)]
  }

  package func text(_ token: Token) -> String { read(token) { String(decoding: $0, as: UTF8.self) } }

  /// Lets the bytes of a token be read where they lie; they are not to be kept. Holding on to the array for every token
  /// would have all threads count references to the one text.
  package func read<Result>(_ token: Token, _ body: (TokenBytes) -> Result) -> Result {
    source.bytes.withUnsafeBufferPointer { body($0[token.range.clamped(to: 0..<$0.count)]) }
  }

  /// The bytes of a token.
  package func bytes(_ token: Token) -> ArraySlice<UInt8> {
    source.bytes[token.range.clamped(to: 0..<source.bytes.count)]
  }

  package func span(_ token: Token) -> SourceSpan { SourceSpan(file: file, token.range) }

  /// From the first byte of the first to the last byte of the last of these tokens.
  package func span(_ tokens: Range<Int>) -> SourceSpan {
    let first = token(tokens.lowerBound)
    let last = token(max(tokens.lowerBound, tokens.upperBound - 1))
    return SourceSpan(file: file, Int(first.start)..<Int(max(first.start, last.end)))
  }

  /// What a string token says: quotes removed, escapes resolved.
  package func stringValue(_ token: Token) -> String { read(token, unescaped) }
}

private func unescaped(_ token: TokenBytes) -> String {
  var content = token.dropFirst()
  if content.last == UInt8(ascii: "\"") { content = content.dropLast() }
  guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
  var result: [UInt8] = []
  var isEscaped = false
  for byte in content {
    if byte == UInt8(ascii: "\\"), !isEscaped {
      isEscaped = true
    } else {
      result.append(byte)
      isEscaped = false
    }
  }
  return String(decoding: result, as: UTF8.self)
}
