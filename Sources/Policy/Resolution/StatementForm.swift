import Diagnostics
import PolicySyntax

/// One statement of a kind of block: how its arguments change the thing that the block declares.
struct StatementForm<Subject>: Sendable {
  /// Reads the arguments, and changes the subject when the whole statement is in order. Returns whether it is.
  let read: @Sendable (inout StatementReader, inout Subject) -> Bool

  /// - Parameters:
  ///   - value: Reads what the arguments say.
  ///   - set: Is told it, with the span of the statement.
  init<Value>(
    _ value: @escaping @Sendable (inout StatementReader) -> Value?,
    set: @escaping @Sendable (inout Subject, Located<Value>) -> Void
  ) {
    read = { reader, subject in
      let value = value(&reader)
      guard reader.finish(), let value else { return false }
      set(&subject, Located(value, reader.span))
      return true
    }
  }
}

/// The words that a block was found to hold.
struct StatementWords<Word: BlockWord> {
  /// The statements that stand in the block, in order or not, and those that a misspelt one was probably meant to be.
  fileprivate(set) var named: StatementSet = []
  /// Those of statements that were reported, misspelt ones included: what they set is not missing but unknown.
  fileprivate(set) var unreadable: Set<Word> = []
  /// First words of statements that belong into another kind of block.
  fileprivate(set) var elsewhere: Set<String> = []

  /// Takes what another block sets besides.
  mutating func add(_ other: Self) {
    named.formUnion(other.named)
    unreadable.formUnion(other.unreadable)
  }

  /// Notes a statement of which nothing is known but that it stands in the block.
  fileprivate mutating func leaveOut(_ position: Int, _ word: Word) {
    unreadable.insert(word)
    named.formUnion(StatementSet(position: position))
  }
}

/// The statements that one kind of block may hold, at most 64: those of its words.
struct StatementForms<Word: BlockWord, Subject>: Sendable {
  /// One for each word, in their order.
  private let entries: [Entry]
  /// As in "a `server` block".
  private let block: String
  private let required: StatementSet
  private let keywords: Keywords

  /// What reading needs of a word.
  private struct Entry: Sendable {
    var word: Word
    var keyword: String
    var value: String
    var isRepeatable: Bool
    var form: StatementForm<Subject>
  }

  /// - Parameters:
  ///   - block: The kind of block.
  ///   - form: How the statement of a word is read.
  init(in block: BlockKind = Word.block, _ form: (Word) -> StatementForm<Subject>) {
    var required: StatementSet = []
    self.block = block.rawValue
    entries = Word.cases(in: block).enumerated().map { position, word in
      let facts = word.facts
      if facts.isRequired { required.formUnion(StatementSet(position: position)) }
      return Entry(
        word: word, keyword: word.spelling, value: facts.value, isRepeatable: facts.isRepeatable, form: form(word))
    }
    self.required = required
    keywords = Keywords(entries.map(\.keyword))
  }

  /// The spellings of the words.
  private var spellings: [String] { entries.map(\.keyword) }

  /// The position of the word of a statement, and the number of its parts.
  private func find(_ tree: PolicyFileSyntax, _ statement: StatementSyntax) -> (position: Int, words: Int)? {
    keywords.find(tree, statement.tokens)
  }

  /// Whether tokens begin with a keyword of the block.
  func begins(_ tree: PolicyFileSyntax, _ tokens: Range<Int>) -> Bool { keywords.find(tree, tokens) != nil }

  /// The statement of that word.
  func statement(_ word: Word) -> StatementSet {
    entries.firstIndex { $0.word == word }.map { StatementSet(position: $0) } ?? []
  }

  /// The required words that a block lacks.
  func missing(_ words: StatementWords<Word>) -> [Word] {
    guard !words.named.isSuperset(of: required) else { return [] }
    let missing = required.subtracting(words.named)
    return entries.indices.filter { missing.contains(StatementSet(position: $0)) }.map { entries[$0].word }
  }

  /// Reads every statement of a block into the subject; the reader keeps what is wrong.
  ///
  /// - Parameters:
  ///   - given: What the line before the block said, and so no statement of it may say again.
  ///   - except: Statements that are passed over.
  func read(
    _ block: BlockSyntax?, with reader: inout StatementReader, into subject: inout Subject,
    given: StatementSet = [], except: StatementSet = []
  ) -> StatementWords<Word> {
    var seen = given
    var words = StatementWords<Word>()
    // Whether a statement was not understood at all: it may have set whatever nothing else sets.
    var isAnythingMissing = false
    guard let block else { return words }
    reader.enter(self.block, keywords)
    for statement in reader.tree.statements(of: block) {
      if reader.tree.isMisplacedDeclaration(statement) {
        if let (position, _) = find(reader.tree, statement) { words.leaveOut(position, entries[position].word) }
        continue
      }
      guard let (position, count) = find(reader.tree, statement) else {
        let (diagnostic, meant) = unknown(statement, in: reader.tree)
        if let diagnostic { reader.report(diagnostic) }
        if let position = meant.flatMap(position) {
          words.leaveOut(position, entries[position].word)
        } else if let first = firstWordFromElsewhere(statement, in: reader.tree) {
          words.elsewhere.insert(first)
        } else {
          isAnythingMissing = true
        }
        continue
      }
      if except.contains(StatementSet(position: position)) { continue }
      reader.begin(
        statement.tokens, keyword: entries[position].keyword, words: count, wanted: entries[position].value,
        block: statement.block)
      let isNew = seen.insert(StatementSet(position: position)).inserted
      guard isNew || entries[position].isRepeatable else {
        reader.report(duplicate(position, reader, of: block))
        continue
      }
      if !entries[position].form.read(&reader, &subject) {
        words.unreadable.insert(entries[position].word)
        markSwallowed(statement, reader.tree, &words)
      }
    }
    words.named.formUnion(seen)
    if isAnythingMissing {
      for position in entries.indices where !words.named.contains(StatementSet(position: position)) {
        words.leaveOut(position, entries[position].word)
      }
    }
    return words
  }

  /// Where the word of that spelling stands.
  private func position(_ spelling: String) -> Int? { entries.firstIndex { $0.keyword == spelling } }

  /// Nothing is known about statements on the line of one that went wrong.
  private func markSwallowed(
    _ statement: StatementSyntax, _ tree: PolicyFileSyntax, _ words: inout StatementWords<Word>
  ) {
    for start in statement.tokens.dropFirst().prefix(64) {
      guard let (position, _) = keywords.find(tree, start..<statement.tokens.upperBound) else { continue }
      words.leaveOut(position, entries[position].word)
    }
  }

  /// The first word of a statement that belongs into another kind of block.
  private func firstWordFromElsewhere(_ statement: StatementSyntax, in tree: PolicyFileSyntax) -> String? {
    let first = tree.token(statement.tokens.lowerBound)
    let text = tree.text(first)
    return first.kind == .word && Language.homes[text] != nil ? text : nil
  }

  private func duplicate(_ position: Int, _ reader: StatementReader, of block: BlockSyntax) -> Diagnostic {
    let tree = reader.tree
    let first = tree.statements(of: block).first { find(tree, $0)?.position == position }
    return .error(
      "duplicate-statement", "`\(reader.keyword)` stands twice in this block", at: reader.span,
      related: first.flatMap {
        tree.span($0.tokens) == reader.span ? nil : [Label(tree.span($0.tokens), "the first one")]
      }
        ?? [],
      help: "keep one of the two")
  }

  /// The error about a statement that the block does not have, and the keyword that was probably meant.
  private func unknown(
    _ statement: StatementSyntax, in tree: PolicyFileSyntax
  ) -> (diagnostic: Diagnostic?, meant: String?) {
    let first = tree.token(statement.tokens.lowerBound)
    // A value is no second word of a keyword.
    let words = statement.tokens.prefix(2).map(tree.token).enumerated().filter { position, token in
      token.kind == .word
        && (position == 0 || tree.read(token) { $0.allSatisfy { (0x61...0x7A).contains($0 | 0x20) } })
    }.map(\.element)
    guard let last = words.last, first.kind == .word else {
      // The parser and the lexer say what is wrong with these.
      guard first.kind != .invalid, !first.kind.onlySeparates else { return (nil, nil) }
      let message = "a statement begins with its keyword, not with `\(tree.text(first))`"
      let help = "it has \(spellings.map { "`\($0)`" }.joined(separator: ", "))"
      return (.error("syntax-error", message, at: tree.span(first), help: help), nil)
    }
    let one = tree.text(first)
    let two = words.map(tree.text).joined(separator: " ")
    let keywords = spellings
    let span = tree.span(first)
    if let found = reordered(statement, words, in: tree) ?? continued(statement, in: tree) { return found }
    let plural = keywords.first { two.lowercased() == $0 + "s" || one.lowercased() == $0 + "s" || one == $0 + "es" }
    if let plural {
      let end = plural.contains(" ") ? tree.span(last) : span
      let written = plural.contains(" ") ? two : one
      return (unknown(written, span.joined(with: end), suggestion: plural, isCertain: true), plural)
    }
    let three = statement.tokens.prefix(3).map(tree.token).filter { $0.kind == .word }
    if words.count > 1, let keyword = nearest(to: two, among: keywords.filter({ $0.contains(" ") })),
      Language.synonyms[two.lowercased()] == nil
    {
      return (unknown(two, span.joined(with: tree.span(last)), suggestion: keyword), keyword)
    }
    for count in [3, 2, 1] where three.count >= count {
      let written = three.prefix(count).map(tree.text).joined(separator: " ")
      guard let keyword = Language.synonyms[written.lowercased()], keywords.contains(keyword) else { continue }
      let end = tree.span(three[count - 1])
      return (
        unknown(written, span.joined(with: end), suggestion: keyword, isCertain: written.contains(" ")), keyword
      )
    }
    if let keyword = nearest(to: two, among: keywords.filter { $0.contains(" ") }) {
      return (unknown(two, span.joined(with: tree.span(last)), suggestion: keyword), keyword)
    }
    if let keyword = keywords.first(where: { $0.hasPrefix(one + " ") }) {
      return (unknown(one, span, suggestion: keyword), keyword)
    }
    let keyword = nearest(to: one, among: keywords)
    return (unknown(one, span, suggestion: keyword), keyword)
  }

  /// A keyword whose words stand the other way round, or one that stands after its value.
  private func reordered(
    _ statement: StatementSyntax, _ words: [Token], in tree: PolicyFileSyntax
  ) -> (diagnostic: Diagnostic?, meant: String?)? {
    let texts = words.map { tree.text($0).lowercased() }
    if texts.count == 2, let keyword = spellings.first(where: { $0 == "\(texts[1]) \(texts[0])" }) {
      let span = tree.span(words[0]).joined(with: tree.span(words[1]))
      return (unknown(texts.joined(separator: " "), span, suggestion: keyword, isCertain: true), keyword)
    }
    let all = statement.tokens.map(tree.token)
    // Any other word may begin a sentence.
    let begin = all.first.map(tree.text) ?? ""
    guard (2...4).contains(all.count), begin.contains(where: \.isNumber) || firstValues.contains(begin),
      all.allSatisfy({ $0.kind == .word }), statement.block == nil,
      let last = all.last,
      let keyword = spellings.first(where: { $0 == tree.text(last) })
    else { return nil }
    let value = all.dropLast().map(tree.text).joined(separator: " ")
    let span = tree.span(statement.tokens)
    let finding = Diagnostic.error(
      "unknown-statement", "a statement begins with its keyword, and `\(keyword)` stands after its value",
      at: span,
      help: "write `\(keyword) \(value)`",
      fixes: [.replace(span, with: "\(keyword) \(value)", "write `\(keyword) \(value)`")])
    return (finding, keyword)
  }

  /// A line that goes on with the list of the line before.
  private func continued(
    _ statement: StatementSyntax, in tree: PolicyFileSyntax
  ) -> (diagnostic: Diagnostic?, meant: String?)? {
    tree.continuedList(statement).map { ($0, nil) }
  }

  private func unknown(
    _ text: String, _ span: SourceSpan, suggestion: String?, isCertain: Bool = false
  ) -> Diagnostic {
    let home = Language.homes[text]
    return .error(
      "unknown-statement",
      "\(block.first.map("aeiou".contains) == true ? "an" : "a") `\(block)` block has no statement `\(text)`",
      at: span,
      help: suggestion.map { "did you mean `\($0)`?" }
        ?? home.map { "`\(text)` belongs into a `\($0.rawValue)` block" }
        ?? "it has \(spellings.map { "`\($0)`" }.joined(separator: ", "))",
      fixes: suggestion.map { [.replace(span, with: $0, "write `\($0)`", isCertain ? .safe : .unsafe)] } ?? [])
  }
}

/// Words that values begin with.
private let firstValues: Set<String> = ["on", "off", "explicit", "implicit", "keep", "new", "denied", "any"]

extension PolicyFileSyntax {
  /// The finding about an address that stands where a statement begins, after a line that ends with another one.
  func continuedList(_ statement: StatementSyntax) -> Diagnostic? {
    let first = token(statement.tokens.lowerBound)
    guard first.kind == .word, first.startsLine, statement.tokens.lowerBound > 0, read(first, isAddress) else {
      return nil
    }
    let before = token(statement.tokens.lowerBound - 1)
    guard before.kind == .word, read(before, isAddress) else { return nil }
    let end = Int(before.end)
    return .error(
      "syntax-error", "a list goes on in the next line after a comma", at: span(first),
      fixes: [FixIt("write `,`", .safe, [TextEdit(SourceSpan(file: file, end..<end), ",")])])
  }
}

private func isAddress(_ bytes: TokenBytes) -> Bool { addressAndPrefix(bytes) != nil }

/// A policy in the one canonical layout; `nil` for a text with syntax errors.
package func inCanonicalLayout(_ text: String) -> String? {
  format(parse(SourceFile(name: "", text: text), as: SourceID(0)))
}
