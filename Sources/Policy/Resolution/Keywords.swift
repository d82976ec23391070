import PolicySyntax

/// Keywords of one or two words, found by comparing numbers.
struct Keywords: Sendable {
  private struct Entry {
    var first: ShortWord
    var second: ShortWord?
  }

  private let entries: [Entry]

  /// - Parameter texts: One or two words each, of at most 16 bytes.
  init(_ texts: some Sequence<String>) {
    entries = texts.compactMap { text in
      let words = text.split(separator: " ").map { ShortWord($0) }
      return words.first.flatMap(\.self).map { Entry(first: $0, second: words.dropFirst().first.flatMap(\.self)) }
    }
  }

  /// The keyword that some tokens begin with: its position, and the number of its words.
  func find(_ tree: PolicyFileSyntax, _ tokens: Range<Int>) -> (position: Int, words: Int)? {
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

/// The words that a value is written as.
struct Choices<Value: CaseIterable & RawRepresentable<String> & Sendable>: Sendable {
  /// What the value is, for messages: "a TLS mode".
  let title: String
  let values: [Value]
  private let keywords: Keywords

  init(_ title: String) {
    self.title = title
    values = Array(Value.allCases)
    keywords = Keywords(values.map(\.rawValue))
  }

  /// The value that some tokens begin with, and the number of its words.
  func find(_ tree: PolicyFileSyntax, _ tokens: Range<Int>) -> (value: Value, words: Int)? {
    keywords.find(tree, tokens).map { (values[$0.position], $0.words) }
  }
}

/// Some of the statements that a block may hold.
struct StatementSet: OptionSet {
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// - Parameter position: Of the form among those of the block.
  init(position: Int) { rawValue = 1 << UInt64(truncatingIfNeeded: position) }
}
