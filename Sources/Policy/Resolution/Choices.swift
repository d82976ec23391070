import PolicySyntax

/// The words that a value is written as.
struct Choices<Value: Sendable>: Sendable {
  /// What the value is, for messages: "a TLS mode".
  let title: String
  /// The words of each value, as the language spells them.
  let words: [String]
  /// What else people write for some of the words, in lower case and without hyphens.
  let otherWords: [String: String]
  /// Whether a version may follow a word, which some people join to it.
  let takesVersion: Bool
  private let values: [Value]
  private let keywords: Keywords

  init(
    _ title: String, _ values: [(word: String, value: Value)], otherWords: [String: String] = [:],
    takesVersion: Bool = false
  ) {
    self.title = title
    self.otherWords = otherWords
    self.takesVersion = takesVersion
    self.values = values.map(\.value)
    words = values.map(\.word)
    keywords = Keywords(words)
  }

  /// The value that some tokens begin with, and the number of its words.
  func find(_ tree: PolicyFileSyntax, _ tokens: Range<Int>) -> (value: Value, words: Int)? {
    keywords.find(tree, tokens).map { (values[$0.position], $0.words) }
  }
}

extension Choices where Value: RawRepresentable<String> {
  /// The values of a word of the language; each has the spelling of one of its forms.
  init(_ word: some BlockWord) {
    let facts = word.facts
    self.init(facts.value, facts.choices.compactMap { choice in Value(rawValue: choice).map { (choice, $0) } })
  }
}

/// Some of the statements that a block may hold.
struct StatementSet: OptionSet {
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// - Parameter position: Of the form among those of the block.
  init(position: Int) { rawValue = 1 << UInt64(truncatingIfNeeded: position) }
}
