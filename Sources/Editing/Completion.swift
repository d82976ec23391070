import Compilation
import Diagnostics
import Policy
import PolicySyntax

/// Something that may stand where somebody types.
package struct CompletionItem: Hashable, Sendable {
  package enum Kind: Sendable {
    /// A word that begins a statement or a declaration.
    case statement
    /// A word of the language in a value.
    case value
    /// A name that the policy declares.
    case name
    /// The code of a warning.
    case code
    case file
  }

  package var label: String
  package var kind: Kind
  /// One line about it.
  package var detail: String
  /// In Markdown; empty for none.
  package var documentation = ""
  /// What is replaced, in bytes.
  package var range: Range<Int>
  package var text: String
}

/// What may stand at a place.
package struct Completion: Sendable {
  package var items: [CompletionItem] = []
  /// Whether more would fit than are named.
  package var isIncomplete = false

  /// How many are named at most.
  static let most = 200
}

extension EditingScope {
  /// What may stand at a place of a file: statements of the block that are still allowed, their values, names that are
  /// declared, and codes after `# allow:`.
  ///
  /// - Parameters:
  ///   - warnings: Codes of the warnings on that line, which come first after `# allow:`.
  ///   - files: Paths that `include` may name.
  package func completion(
    at offset: Int, in file: Int, warnings: [String] = [], files: [String] = []
  ) -> Completion {
    guard self.files.indices.contains(file) else { return Completion() }
    let cursor = TextCursor(self.files[file], at: offset)
    if case .comment(let comment) = cursor.place { return codes(in: comment, cursor, warnings) }
    guard let kind = cursor.kind else { return Completion() }
    let forms = BlockForms.of(kind)
    guard let (word, pattern, count) = forms.find(cursor.tree, cursor.before) else {
      return capped(statements(kind, forms, cursor))
    }
    let values = cursor.before.lowerBound + count..<cursor.before.upperBound
    let (labels, next) = pattern.read(values, of: cursor.tree)
    guard labels.count == values.count else { return Completion() }
    var items: [CompletionItem] = []
    // The first word of two may be a statement by itself.
    if values.isEmpty { items += statements(kind, forms, cursor).filter { $0.label.hasPrefix(word.spelling + " ") } }
    for symbol in next { items += candidates(for: symbol, of: word, cursor, files) }
    return capped(items)
  }

  private func capped(_ items: [CompletionItem]) -> Completion {
    var seen: Set<String> = []
    let items = items.filter { seen.insert($0.label).inserted }
    return Completion(items: Array(items.prefix(Completion.most)), isIncomplete: items.count > Completion.most)
  }

  /// The statements that a block may still have.
  private func statements(_ kind: BlockKind, _ forms: BlockForms, _ cursor: TextCursor) -> [CompletionItem] {
    let (tree, before) = (cursor.tree, cursor.before)
    let written = before.map { tree.text(tree.token($0)) } + [cursor.prefix]
    let start = before.isEmpty ? cursor.offset - cursor.prefix.utf8.count : Int(tree.token(before.lowerBound).start)
    let there = wordsOfBlock(cursor, forms)
    return forms.words.compactMap { word in
      guard word.facts.isRepeatable || !there.contains(word.spelling) else { return nil }
      let parts = word.spelling.split(separator: " ")
      guard written.count <= parts.count, zip(written.dropLast(), parts).allSatisfy({ $0 == $1 }),
        written.count == 1 || parts[written.count - 1].hasPrefix(cursor.prefix)
      else { return nil }
      return CompletionItem(
        label: word.spelling, kind: .statement, detail: printable(word.facts.forms.joined(separator: " | ")),
        documentation: word.page, range: start..<cursor.offset, text: word.spelling)
    }
  }

  /// The words that stand in the block already, without the statement at the cursor.
  private func wordsOfBlock(_ cursor: TextCursor, _ forms: BlockForms) -> Set<String> {
    let tree = cursor.tree
    guard let block = cursor.block else { return [] }
    let own = cursor.statement?.tokens
    var words = Set(
      tree.statements(of: block).filter { $0.tokens != own }
        .compactMap { forms.find(tree, $0.tokens)?.word.spelling })
    // The line of a server in place says where it listens and what it is.
    if block.isNested { words.formUnion([ServerWord.address.spelling, ServerWord.software.spelling]) }
    return words
  }

  /// What may stand for one symbol of a form.
  private func candidates(
    for symbol: FormSymbol, of word: Word, _ cursor: TextCursor, _ files: [String]
  ) -> [CompletionItem] {
    let range = cursor.offset - cursor.prefix.utf8.count..<cursor.offset
    func values(_ words: [String], _ detail: (String) -> String = { _ in "" }) -> [CompletionItem] {
      words.map { CompletionItem(label: $0, kind: .value, detail: detail($0), range: range, text: $0) }
    }
    func named(_ kinds: Set<NameKind>) -> [CompletionItem] {
      let prefix = cursor.prefix
      return names(of: kinds).filter { $0.hasPrefix(prefix) }.map {
        CompletionItem(
          label: $0, kind: .name, detail: title(kinds), range: range, text: $0)
      }
    }
    switch symbol {
    case .literal(let word): return values([word])
    case .placeholder("NAME"): return word.namedKinds.map { named(Set($0)) } ?? []
    case .placeholder("CLIENT"): return values(["any"]) + named([.clients])
    case .placeholder("ADDRESS") where word.spelling == FileWord.clients.spelling: return named([.clients])
    case .placeholder("SOFTWARE"):
      let titles = Dictionary(namesOfPrograms.map { ($0.name, $0.title) }, uniquingKeysWith: { first, _ in first })
      return values(namesOfPrograms.map(\.name)) { titles[$0] ?? "" }
    case .placeholder("PLATFORM"): return values(namesOfPlatforms)
    case .placeholder(let name): return values(ValueWords.ofPlaceholder[name] ?? [])
    case .quoted("PATH") where word.spelling == FileWord.include.spelling:
      return files.map {
        CompletionItem(label: $0, kind: .file, detail: "", range: quoted(cursor), text: "\"\($0)\"")
      }
    case .quoted, .comma, .arrow, .equals: return []
    }
  }

  /// The string that is being typed, with what follows of it on its line.
  private func quoted(_ cursor: TextCursor) -> Range<Int> {
    cursor.typed.map { cursor.tree.token($0).range } ?? cursor.offset..<cursor.offset
  }

  private func title(_ kinds: Set<NameKind>) -> String {
    NameKind.allCases.filter(kinds.contains).map(\.title).joined(separator: " or ")
  }

  /// The codes that a comment may allow.
  private func codes(in comment: Comment, _ cursor: TextCursor, _ warnings: [String]) -> Completion {
    let text = cursor.tree.source.text(Int(comment.start)..<cursor.offset)
    let body = text.dropFirst().drop { $0 == " " || $0 == "\t" }
    guard body.hasPrefix("allow:"), !body.contains("(") else { return Completion() }
    let prefix = body.dropFirst("allow:".count).reversed().prefix { $0 != " " && $0 != "," && $0 != "\t" }
    let range = cursor.offset - String(prefix).utf8.count..<cursor.offset
    let first = warnings.filter { code in warningPages.contains { $0.code == code } }
    let pages = warningPages.filter { first.contains($0.code) } + warningPages.filter { !first.contains($0.code) }
    return capped(
      pages.map {
        CompletionItem(label: $0.code, kind: .code, detail: $0.summary, range: range, text: $0.code)
      })
  }
}

/// The pages of what a comment can silence.
private let warningPages = rulePages.filter { $0.severity != .error }

extension NameKind {
  /// As in "a gateway".
  package var title: String {
    switch self {
    case .clients: "client list"
    case .gateway: "gateway"
    case .server: "server"
    case .publication: "publication"
    case .reach: "reach"
    }
  }
}
