/// The words that begin the statements of one kind of block, or the declarations of a file: one case for each, whose
/// raw value is its spelling, of one word or two. Messages name them in the order of the cases.
///
/// A new word is a case and its facts; the compiler then asks `Policy` how its value is read.
package protocol BlockWord: CaseIterable, Hashable, RawRepresentable<String>, Sendable {
  static var block: BlockKind { get }
  /// The kinds of block in which the word may stand with that meaning; `block` alone when a type does not say.
  var blocks: [BlockKind] { get }
  var facts: WordFacts { get }
}

extension BlockWord {
  package var spelling: String { rawValue }

  package var blocks: [BlockKind] { [Self.block] }

  /// Those that may stand in a kind of block, in their order.
  package static func cases(in kind: BlockKind) -> [Self] { allCases.filter { $0.blocks.contains(kind) } }

  /// The same with what is known of them.
  package static func words(in kind: BlockKind) -> [Word] {
    cases(in: kind).map { Word(kind, $0.spelling, $0.facts) }
  }
}

/// Where statements stand.
package enum BlockKind: String, CaseIterable, Sendable {
  case expect, defaults, reach, publish, server, gateway
  /// Outside of all blocks: declarations.
  case file

  /// Every word that may begin a statement there, in the order in which messages name them.
  package var words: [Word] {
    switch self {
    case .expect: ExpectWord.words(in: self)
    case .reach: ReachWord.words(in: self)
    case .publish, .defaults: PublishWord.words(in: self)
    case .server: ServerWord.words(in: self)
    case .gateway: GatewayWord.words(in: self)
    case .file: FileWord.words(in: self)
    }
  }

  /// What the block is for.
  package var description: String {
    switch self {
    case .expect:
      "What sessions of a publication or a `reach` must do. A statement speaks of every session that its words do not "
        + "exclude: without `from` of all clients that are admitted, without `over` of the families that it has."
    case .defaults:
      "What publications are that do not say otherwise: those of the file, and of the files that it includes."
    case .reach:
      "How users behind a gateway reach one FTP server beyond it, and what they may do: the other direction of `publish`."
    case .publish: "How clients reach one FTP server, and what they may do."
    case .server:
      "One FTP server. A publication may give it in place as well, with a block of the statements that it needs besides "
        + "address and program."
    case .gateway: "One firewall. A policy may do without, and its rules match on addresses alone then."
    case .file: "What stands in no block."
    }
  }
}

/// One word in one kind of block.
package struct Word: Sendable {
  package var block: BlockKind
  package var spelling: String
  package var facts: WordFacts

  package init(_ block: BlockKind, _ spelling: String, _ facts: WordFacts) {
    self.block = block
    self.spelling = spelling
    self.facts = facts
  }
}

/// What is known about a word of the language, once for messages, formatter, completion and the reference.
package struct WordFacts: Sendable {
  /// What the word is there for, in one sentence without its period.
  package var description: String
  /// What a value is, as in "expected a passive range".
  package var value: String
  /// Every way to write the value. Words in lower case stand as they are, those in capitals for names, numbers,
  /// addresses and paths; what stands between `[` and `]` may be left out.
  package var forms: [String]
  /// What else is known of the values, which their forms do not tell.
  package var traits: ValueTraits
  /// What holds without the statement; `nil` when nothing does.
  package var standard: String?
  /// Whether no block may lack it.
  package var isRequired: Bool
  /// Whether it may stand more than once in a block.
  package var isRepeatable: Bool
  /// What other programs call it, in lower case.
  package var synonyms: [String]
  /// The statement as it may stand in a policy.
  package var example: String
  package var aspect: Aspect

  package init(
    _ description: String, value: String, forms: [String], _ traits: ValueTraits = [], standard: String? = nil,
    isRequired: Bool = false, isRepeatable: Bool = false, synonyms: [String] = [], example: String, aspect: Aspect
  ) {
    self.description = description
    self.value = value
    self.forms = forms
    self.traits = traits
    self.standard = standard
    self.isRequired = isRequired
    self.isRepeatable = isRepeatable
    self.synonyms = synonyms
    self.example = example
    self.aspect = aspect
  }

  /// The words of the language that a value may begin with, one entry for each form that has any: `explicit required`.
  package var choices: [String] {
    forms.compactMap { form in
      let words = form.split(separator: " ").prefix { $0.allSatisfy { ("a"..."z").contains($0) || $0 == "-" } }
      return words.isEmpty ? nil : words.joined(separator: " ")
    }
  }

  /// The ways to write `on` and `off`.
  static let toggle = ["on", "off"]
}

/// What is known of the values of a word before they are read, for texts that are not quite in order.
package struct ValueTraits: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// They are a list to the end of the statement, which goes on in the next line after a comma.
  package static let list = Self(rawValue: 1)
  /// They are, or begin with, names that the policy declares.
  package static let names = Self(rawValue: 2)
  /// Strings may be among them.
  package static let strings = Self(rawValue: 4)
  /// They are words of the language, names, or nothing in which capitals mean anything.
  package static let lowerCase = Self(rawValue: 8)
}

/// The part of the meaning of a policy that a word belongs to. What must happen to traffic for it stands in
/// `Sources/Flows/Aspects`, in the file of that name, where anything must.
package enum Aspect: String, CaseIterable, Sendable {
  /// Files and what they include.
  case files
  /// The machines, their programs and their addresses.
  case machines
  case control, passive, active, helper
  case encryption
  case clients, limits, hairpin, source, log
  /// What is expected of sessions, and changes nothing.
  case expectations
}

/// The words of the language, each declared once.
package enum Language {
  /// Every word, block by block.
  package static let words = BlockKind.allCases.flatMap(\.words)

  /// The kinds of block in which a word may stand; empty for one that the language does not have.
  package static func blocks(of spelling: String) -> [BlockKind] {
    words.filter { $0.spelling == spelling }.map(\.block)
  }

  /// The block that statements belong into by their word, or by the first of its two; of several the last.
  package static let homes: [String: BlockKind] = {
    var homes: [String: BlockKind] = [:]
    let words = Language.words.filter { $0.block != .file }
    for word in words {
      if let first = word.spelling.split(separator: " ").first { homes[String(first)] = word.block }
    }
    for word in words { homes[word.spelling] = word.block }
    return homes
  }()

  /// The spelling of the language for what other programs call a word.
  package static let synonyms = Dictionary(
    words.flatMap { word in word.facts.synonyms.map { ($0, word.spelling) } }, uniquingKeysWith: { first, _ in first }
  )

  /// The keywords of two words, such as `external ip`.
  package static let twoWordKeywords = Keywords(ofTwoWordsAmong: words)
}

extension Keywords {
  /// The keywords of two words.
  package init(ofTwoWordsAmong words: [Word]) {
    self.init(Set(words.map(\.spelling)).filter { $0.contains(" ") }.sorted())
  }
}
