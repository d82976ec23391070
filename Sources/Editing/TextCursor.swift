import Diagnostics
import PolicySyntax

/// What stands at a place of a file, for whoever types there.
struct TextCursor {
  /// Where a cursor is.
  enum Place {
    case comment(Comment)
    /// In a statement of a kind of block, or where one may begin.
    case statement
  }

  let tree: PolicyFileSyntax
  /// Byte offset.
  let offset: Int
  private(set) var place = Place.statement
  /// The kind of block; `nil` in a block of which nobody knows what it is.
  private(set) var kind: BlockKind? = .file
  /// The block, and the statement that has it.
  private(set) var block: BlockSyntax?
  private(set) var owner: StatementSyntax?
  /// The statement that the cursor is in, or right after.
  private(set) var statement: StatementSyntax?

  init(_ tree: PolicyFileSyntax, at offset: Int) {
    self.tree = tree
    self.offset = offset
    let comments = tree.comments
    let after = comments.indices.partitionPoint { Int(comments[$0].start) < offset }
    if after > 0, Int(comments[after - 1].end) >= offset { place = .comment(comments[after - 1]) }
    var statements = tree.statements[...]
    while let next = last(of: statements) {
      guard let inner = next.block, isInside(inner) else {
        if isIn(next) { statement = next }
        return
      }
      kind = kind == .file ? tree.blockKind(of: next) : kind == .publish ? .server : nil
      (block, owner) = (inner, next)
      statements = tree.statements(of: inner)
    }
  }

  /// The last statement that begins before the cursor, or where it is.
  private func last(of statements: ArraySlice<StatementSyntax>) -> StatementSyntax? {
    let position = statements.indices.partitionPoint {
      Int(tree.token(statements[$0].tokens.lowerBound).start) <= offset
    }
    return position > statements.startIndex ? statements[position - 1] : nil
  }

  private func isInside(_ block: BlockSyntax) -> Bool {
    guard offset >= Int(tree.token(block.open).end) else { return false }
    return block.close.map { offset <= Int(tree.token($0).start) } ?? true
  }

  /// Whether a statement that begins before the cursor goes on there: on its line, or after a comma.
  private func isIn(_ statement: StatementSyntax) -> Bool {
    let last = tree.token(statement.tokens.upperBound - 1)
    let end = Int(last.end)
    guard offset > end else { return true }
    let open = statement.block.map { Int(tree.token($0.open).start) } ?? offset
    guard offset <= open else { return false }
    let between = tree.source.bytes[min(end, tree.source.bytes.count)..<min(offset, tree.source.bytes.count)]
    if between.contains(UInt8(ascii: ";")) { return false }
    return last.kind == .comma || !between.contains(0x0A)
  }

  /// The token that is being typed: a word or a string that ends at the cursor or goes on after it.
  var typed: Int? {
    guard let statement else { return nil }
    return statement.tokens.first { index in
      let token = tree.token(index)
      guard token.kind == .word || token.kind == .string || token.kind == .invalid else { return false }
      return Int(token.start) < offset && offset <= Int(token.end)
    }
  }

  /// The tokens of the statement before the one that is being typed.
  var before: Range<Int> {
    guard let statement else { return 0..<0 }
    let end = statement.tokens.first { index in index == typed || Int(tree.token(index).start) >= offset }
    return statement.tokens.lowerBound..<(end ?? statement.tokens.upperBound)
  }

  /// The text of the token that is being typed up to the cursor.
  var prefix: String {
    typed.map { tree.source.text(Int(tree.token($0).start)..<offset) } ?? ""
  }

  /// The word or string at the cursor: one that it is in, or at either end of.
  var tokenUnder: Int? {
    let tokens = tree.tokens
    let after = tokens.indices.partitionPoint { Int(tokens[$0].start) <= offset }
    return [after - 1, after - 2].first { index in
      guard tokens.indices.contains(index) else { return false }
      let token = tokens[index]
      return (token.kind == .word || token.kind == .string) && Int(token.end) >= offset
    }
  }
}
