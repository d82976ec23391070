import Diagnostics
package import PolicySyntax

/// A declaration, for lists of what a file or a policy has.
package struct OutlineEntry: Hashable, Sendable {
  package var name: String
  /// The word that declares it.
  package var word: FileWord
  /// From its first byte to its closing brace.
  package var range: Range<Int>
  /// The name, or the word where it has none.
  package var selection: Range<Int>
}

extension PolicyFileSyntax {
  /// The declarations of the file, in order.
  package var outline: [OutlineEntry] {
    statements.compactMap { statement in
      guard let word = fileWord(of: statement) else { return nil }
      let second = statement.tokens.lowerBound + 1
      let hasName = statement.tokens.contains(second) && token(second).kind != .equals
      let named = token(hasName ? second : statement.tokens.lowerBound)
      return OutlineEntry(
        name: hasName ? text(named) : word.spelling, word: word, range: whole(statement), selection: named.range)
    }
  }

  /// What can be folded: blocks, and comments that stand on lines one after the other. Ranges of bytes.
  package var folds: [(range: Range<Int>, isComment: Bool)] {
    var folds: [(range: Range<Int>, isComment: Bool)] = []
    func add(_ statements: ArraySlice<StatementSyntax>) {
      for statement in statements {
        guard let block = statement.block else { continue }
        folds.append(
          (Int(token(block.open).start)..<max(Int(token(block.open).end), whole(statement).upperBound), false))
        add(self.statements(of: block))
      }
    }
    add(statements[...])
    var run: Range<Int>?
    for comment in comments where comment.startsLine {
      if let current = run, isOnNextLine(comment, after: current.upperBound) {
        run = current.lowerBound..<Int(comment.end)
      } else {
        if let run { folds.append((run, true)) }
        run = comment.range
      }
    }
    if let run { folds.append((run, true)) }
    return folds
  }

  /// Whether nothing but one line end lies between a place and a comment.
  private func isOnNextLine(_ comment: Comment, after end: Int) -> Bool {
    let between = source.bytes[(end..<max(end, Int(comment.start))).clamped(to: 0..<source.bytes.count)]
    return between.count { $0 == 0x0A } == 1
      && between.allSatisfy { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 || $0 == 0x09 }
  }
}
