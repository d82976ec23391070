/// Keywords of one or two words, found by comparing numbers.
package struct Keywords: Sendable {
  private struct Entry {
    var first: ShortWord
    var second: ShortWord?
  }

  private let entries: [Entry]

  /// - Parameter texts: One or two words each, of at most 16 bytes.
  package init(_ texts: some Sequence<String>) {
    entries = texts.compactMap { text in
      let words = text.split(separator: " ").map { ShortWord($0) }
      return words.first.flatMap(\.self).map { Entry(first: $0, second: words.dropFirst().first.flatMap(\.self)) }
    }
  }

  /// The keyword that some tokens begin with: its position, and the number of its words.
  package func find(_ tree: PolicyFileSyntax, _ tokens: Range<Int>) -> (position: Int, words: Int)? {
    guard !tokens.isEmpty, let first = tree.shortWord(tree.token(tokens.lowerBound)) else { return nil }
    var second: ShortWord?
    for (position, entry) in entries.enumerated() where entry.first == first {
      guard let other = entry.second else { return (position, 1) }
      if second == nil, tokens.count > 1 { second = tree.shortWord(tree.token(tokens.lowerBound + 1)) }
      if let second, other == second { return (position, 2) }
    }
    return nil
  }
}
