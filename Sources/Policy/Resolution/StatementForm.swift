import Diagnostics
import PolicySyntax

/// One statement of a kind of block: its keyword, and how its arguments change the thing that the block declares.
struct StatementForm<Subject>: Sendable {
  /// One or two words, for example `external ip`.
  let keyword: String
  /// Whether it may stand more than once.
  let isRepeatable: Bool
  /// Reads the arguments, and changes the subject when the whole statement is in order. Returns whether it is.
  let read: @Sendable (inout StatementReader, inout Subject) -> Bool

  /// - Parameters:
  ///   - value: Reads what the arguments say.
  ///   - set: Is told it, with the span of the statement.
  init<Value>(
    _ keyword: String, repeatable: Bool = false,
    _ value: @escaping @Sendable (inout StatementReader) -> Value?,
    set: @escaping @Sendable (inout Subject, Located<Value>) -> Void
  ) {
    self.keyword = keyword
    self.isRepeatable = repeatable
    read = { reader, subject in
      let value = value(&reader)
      guard reader.finish(), let value else { return false }
      set(&subject, Located(value, reader.span))
      return true
    }
  }
}

/// The keywords that a block was found to hold.
struct StatementKeywords {
  /// Of the statements that the block may hold.
  fileprivate(set) var known: [String] = []
  /// Those of statements that were reported, misspelt ones included: what they set is not missing but unknown.
  fileprivate(set) var unreadable: Set<String> = []

  /// Whether there is such a statement, in order or not.
  func contains(_ keyword: String) -> Bool { known.contains(keyword) || unreadable.contains(keyword) }
}

/// The statements that one kind of block may hold.
struct StatementForms<Subject>: Sendable {
  /// As in "a `server` block".
  let block: String
  let forms: [StatementForm<Subject>]
  /// The words of each keyword.
  private let words: [(first: ShortWord, second: ShortWord?)]

  init(block: String, _ forms: [StatementForm<Subject>]) {
    self.block = block
    self.forms = forms
    words = forms.compactMap { form in
      let words = form.keyword.split(separator: " ").map { ShortWord($0) }
      return words.first.flatMap(\.self).map { ($0, words.dropFirst().first.flatMap(\.self)) }
    }
  }

  /// The form of a statement and the number of words of its keyword.
  func find(_ tree: PolicyFileSyntax, _ statement: StatementSyntax) -> (position: Int, words: Int)? {
    let start = statement.tokens.lowerBound
    guard let first = tree.shortWord(tree.token(start)) else { return nil }
    if let position = words.firstIndex(where: { $0.first == first && $0.second == nil }) { return (position, 1) }
    guard statement.tokens.count > 1, let second = tree.shortWord(tree.token(start + 1)) else { return nil }
    return words.firstIndex { $0.first == first && $0.second == second }.map { ($0, 2) }
  }

  /// Reads every statement of a block into the subject.
  func read(
    _ block: BlockSyntax?, of tree: PolicyFileSyntax, names: DeclaredNames, into subject: inout Subject,
    diagnostics: inout [Diagnostic]
  ) -> StatementKeywords {
    var seen: [(position: Int, span: SourceSpan)] = []
    seen.reserveCapacity(forms.count)
    var keywords = StatementKeywords()
    for statement in block?.statements ?? [] {
      guard let (position, words) = find(tree, statement) else {
        let (diagnostic, meant) = unknown(statement, in: tree)
        diagnostics += diagnostic.map { [$0] } ?? []
        if let meant { keywords.unreadable.insert(meant) }
        continue
      }
      let form = forms[position]
      var reader = StatementReader(
        tree: tree, statement: statement.tokens, keyword: form.keyword, words: words, names: names)
      let first = seen.first { $0.position == position }?.span
      if let first, !form.isRepeatable {
        diagnostics.append(duplicate(form.keyword, reader.span, first: first))
        continue
      }
      if first == nil { seen.append((position, reader.span)) }
      if !form.read(&reader, &subject) { keywords.unreadable.insert(form.keyword) }
      diagnostics += reader.diagnostics
    }
    keywords.known = seen.map { forms[$0.position].keyword }
    return keywords
  }

  private func duplicate(_ keyword: String, _ span: SourceSpan, first: SourceSpan) -> Diagnostic {
    .error(
      "duplicate-statement", "`\(keyword)` stands twice in this block", at: span,
      related: [Label(first, "the first one")], help: "keep one of the two")
  }

  /// The error about a statement that the block does not have, and the keyword that was probably meant.
  private func unknown(
    _ statement: StatementSyntax, in tree: PolicyFileSyntax
  ) -> (diagnostic: Diagnostic?, meant: String?) {
    let first = tree.token(statement.tokens.lowerBound)
    let words = statement.tokens.prefix(2).map(tree.token).filter { $0.kind == .word }
    guard let last = words.last, first.kind == .word else {
      guard first.kind != .invalid else { return (nil, nil) }
      let message = "a statement begins with its keyword, not with `\(tree.text(first))`"
      return (.error("syntax-error", message, at: tree.span(first)), nil)
    }
    let one = tree.text(first)
    let two = words.map(tree.text).joined(separator: " ")
    let keywords = forms.map(\.keyword)
    let span = tree.span(first)
    if let keyword = nearest(to: two, among: keywords.filter { $0.contains(" ") }) {
      return (unknown(two, span.joined(with: tree.span(last)), suggestion: keyword), keyword)
    }
    if let keyword = keywords.first(where: { $0.hasPrefix(one + " ") }) {
      return (unknown(one, span, suggestion: keyword), keyword)
    }
    let keyword = nearest(to: one, among: keywords)
    return (unknown(one, span, suggestion: keyword), keyword)
  }

  private func unknown(_ text: String, _ span: SourceSpan, suggestion: String?) -> Diagnostic {
    let home = statementHomes[text]
    return .error(
      "unknown-statement", "a `\(block)` block has no statement `\(text)`", at: span,
      help: suggestion.map { "did you mean `\($0)`?" }
        ?? home.map { "`\(text)` belongs into a `\($0)` block" }
        ?? "it has \(forms.map { "`\($0.keyword)`" }.joined(separator: ", "))",
      fixes: suggestion.map { [.replace(span, with: $0, "write `\($0)`", .unsafe)] } ?? [])
  }
}

/// The block that a first word belongs into, for statements found in the wrong one.
private let statementHomes: [String: String] = {
  var homes: [String: String] = [:]
  let all =
    publicationForms.forms.map { ($0.keyword, "publish") } + serverForms.forms.map { ($0.keyword, "server") }
    + gatewayForms.forms.map { ($0.keyword, "gateway") }
  for (keyword, block) in all {
    homes[keyword] = block
    if let first = keyword.split(separator: " ").first { homes[String(first)] = block }
  }
  return homes
}()

/// Every keyword of two words, for the formatter.
package let twoWordKeywords: Set<String> = Set(
  (publicationForms.forms.map(\.keyword) + serverForms.forms.map(\.keyword) + gatewayForms.forms.map(\.keyword))
    .filter { $0.contains(" ") })
