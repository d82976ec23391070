import PolicySyntax

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

  /// The values of a word of the language; each has the spelling of one of its forms.
  init(_ word: some BlockWord) {
    let facts = word.facts
    title = facts.value
    values = facts.choices.compactMap(Value.init(rawValue:))
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
