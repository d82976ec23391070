import Diagnostics
package import PolicySyntax

/// What a token is, for colouring.
package enum TokenMeaning: Int, CaseIterable, Sendable {
  case keyword, value, name, number, string, comment, symbol
}

/// A token with its meaning.
package struct ColoredToken: Hashable, Sendable {
  package var range: Range<Int>
  package var meaning: TokenMeaning
  /// Whether a name is declared there.
  package var isDeclaration = false
}

extension PolicyFileSyntax {
  /// The tokens and comments of a part of the file, in order.
  package func colored(in part: Range<Int>) -> [ColoredToken] {
    var found: [ColoredToken] = []
    let first = statements.indices.partitionPoint { whole(statements[$0]).upperBound <= part.lowerBound }
    for statement in statements[first...] {
      guard Int(token(statement.tokens.lowerBound).start) < part.upperBound else { break }
      add(statement, in: .file, to: &found)
    }
    let begin = comments.indices.partitionPoint { Int(comments[$0].end) <= part.lowerBound }
    for comment in comments[begin...] {
      guard Int(comment.start) < part.upperBound else { break }
      found.append(ColoredToken(range: comment.range, meaning: .comment))
    }
    return found.filter { $0.range.overlaps(part) }.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  private func add(_ statement: StatementSyntax, in kind: BlockKind?, to found: inout [ColoredToken]) {
    let known = kind.flatMap { BlockForms.of($0).find(self, statement.tokens) }
    let words = known?.words ?? 0
    for index in statement.tokens.prefix(words) {
      found.append(ColoredToken(range: token(index).range, meaning: .keyword))
    }
    let values = statement.tokens.lowerBound + words..<statement.tokens.upperBound
    let labels = known?.pattern.read(values, of: self).labels ?? []
    for (position, index) in values.enumerated() {
      let label = labels.indices.contains(position) ? labels[position] : nil
      guard let meaning = meaning(of: token(index), label) else { continue }
      let isDeclaration = kind == .file && position == 0 && meaning == .name && known?.word.spelling != "expect"
      found.append(ColoredToken(range: token(index).range, meaning: meaning, isDeclaration: isDeclaration))
    }
    guard let block = statement.block else { return }
    let inner: BlockKind? = kind == .file ? blockKind(of: statement) : kind == .publish ? .server : nil
    for statement in statements(of: block) { add(statement, in: inner, to: &found) }
  }

  private func meaning(of token: Token, _ label: FormSymbol?) -> TokenMeaning? {
    switch (token.kind, label) {
    case (.string, _): .string
    case (.arrow, _): .symbol
    case (.word, .literal): .value
    case (.word, .placeholder("TLS")), (.word, .placeholder("MODE")), (.word, .placeholder("FAMILY")),
      (.word, .placeholder("SOFTWARE")), (.word, .placeholder("PLATFORM")):
      .value
    case (.word, _):
      read(token) { $0.first.map { (0x61...0x7A).contains($0) } ?? false && !$0.contains(UInt8(ascii: ":")) }
        ? .name : .number
    default: nil
    }
  }
}
