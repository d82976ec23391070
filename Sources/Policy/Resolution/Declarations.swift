import Diagnostics
import Parallel
package import PolicySyntax

/// A declaration whose header is in order. Its tree is that of the file of its header: a reference of its own would be
/// counted by all threads at once.
struct DeclarationSyntax {
  var name: Located<String>
  /// Keyword and name.
  var header: SourceSpan
  /// The block; `nil` for `clients`, and where it is missing.
  var block: BlockSyntax?
  /// Tokens after the name, for `clients NAME = LIST`.
  var arguments: Range<Int>
}

/// `include "PATH"` of one file.
package struct IncludeSyntax: Sendable {
  package var path: Located<String>
  /// Whether it is written as it should be; a path without quotes is followed all the same.
  package var isInOrder = true
  /// Whether it stands in a block, where its file is not read.
  package var isMisplaced = false
}

/// The includes of a file, in order; those that are not in order are reported by `resolve`.
package func includes(of tree: PolicyFileSyntax) -> [IncludeSyntax] {
  let found = inParallel(tree.statements.count, least: worthAThread) { part in
    tree.statements[part].filter { isInclude($0, tree) }
  }
  var reader = DeclarationReader(tree)
  return found.flatMap(\.self).compactMap { statement in
    let known = reader.diagnostics.count
    return reader.include(statement).map {
      IncludeSyntax(
        path: $0, isInOrder: reader.diagnostics.count == known, isMisplaced: statement.isMisplaced)
    }
  }
}

private func isInclude(_ statement: StatementSyntax, _ tree: PolicyFileSyntax) -> Bool {
  includeKeywords.find(tree, statement.tokens) != nil
}

private let includeKeyword = FileWord.include.spelling
/// The first words of what a file holds.
let declarationKeywords = FileWord.allCases.map(\.spelling)

private let includeValue = FileWord.include.facts.value
private let includeKeywords = Keywords([includeKeyword])
private let declarationChoices = Choices("a declaration", FileWord.allCases.map { ($0.rawValue, $0) })

/// Reads the headers of the declarations of one file.
struct DeclarationReader {
  private let tree: PolicyFileSyntax
  private var reader: StatementReader

  init(_ tree: PolicyFileSyntax) {
    self.tree = tree
    reader = StatementReader(tree: tree, names: .none, programs: .none)
  }

  /// What is wrong with the headers, each of them an error.
  var diagnostics: [Diagnostic] { reader.diagnostics }

  /// What is declared; `nil` for an include and for a word that declares nothing, which is reported.
  mutating func kind(of statement: StatementSyntax) -> DeclarationKind? {
    guard let (word, _) = declarationChoices.find(tree, statement.tokens) else {
      reportUnknown(statement)
      return nil
    }
    if let kind = DeclarationKind(word) { return kind }
    _ = include(statement)
    return nil
  }

  /// The path of an include.
  mutating func include(_ statement: StatementSyntax) -> Located<String>? {
    reader.begin(statement.tokens, keyword: includeKeyword, words: 1, wanted: includeValue)
    // A path without quotes is reported, and followed, so that nothing is missing of what it declares.
    if let word = reader.next, word.kind == .word, statement.tokens.count == 2, statement.block == nil {
      let path = Located(tree.text(word), tree.span(word))
      _ = reader.string(reader.wanted)
      return path
    }
    let path = reader.string(reader.wanted)
    if let block = statement.block {
      reader.fail("`include` has no block", at: tree.span(tree.token(block.open)))
    }
    return reader.finish() ? path : nil
  }

  /// Name and block of a declaration; `nil` when the name is missing or wrong.
  mutating func read(_ statement: StatementSyntax, _ kind: DeclarationKind) -> DeclarationSyntax? {
    reader.begin(statement.tokens, keyword: kind.word.spelling, words: 1)
    guard kind.word.isNamed else { return unnamed(statement, kind) }
    guard reader.next?.kind == .word else {
      if let (text, span) = reader.quotedName, kind != .clients {
        reader.fail(
          "a name is one word without quotes, and `\(tree.source.text(span.range))` is several", code: "invalid-name",
          at: span, help: "a publication names its server with a `server` statement in its block",
          fixes: [.replace(span, with: text, "write `\(text)`", .unsafe)])
        return nil
      }
      reader.fail(
        "expected \(kind.word.facts.value)\(reader.foundText)", help: "write `\(kind.word.declaration(of: "NAME"))`")
      return nil
    }
    guard let name = reader.name(kind.word.facts.value) else { return nil }
    let header = tree.span(tree.token(statement.tokens.lowerBound)).joined(with: name.span)
    let arguments = reader.index..<statement.tokens.upperBound
    if kind == .clients {
      if let block = statement.block {
        reader.fail(
          "`clients` takes a list, not a block", at: tree.span(tree.token(block.open)),
          help: "write `\(kind.word.declaration(of: name.value))`",
          fixes: listFix(block, hasEquals: !arguments.isEmpty))
        return nil
      }
    } else if statement.block == nil {
      reader.fail(
        "`\(kind.word.spelling) \(name.value)` needs a block", at: header,
        help: "write `\(kind.word.declaration(of: name.value))`")
      return nil
    } else if reader.next != nil, let rest = reader.nameRest {
      let joined = "\(name.value)-\(rest.text)"
      reader.fail(
        "a name is one word, and `\(name.value) \(rest.text.split(separator: "-").joined(separator: " "))` is several",
        code: "invalid-name", at: name.span.joined(with: rest.span), help: "join them with `-`",
        fixes: [.replace(name.span.joined(with: rest.span), with: joined, "write `\(joined)`")])
    } else {
      _ = reader.finish()
    }
    return DeclarationSyntax(name: name, header: header, block: statement.block, arguments: arguments)
  }

  /// A declaration that has a block and no name.
  private mutating func unnamed(_ statement: StatementSyntax, _ kind: DeclarationKind) -> DeclarationSyntax? {
    let header = tree.span(tree.token(statement.tokens.lowerBound))
    if reader.next != nil {
      reader.fail(
        "`\(kind.word.spelling)` has no name\(reader.foundText)",
        help: "write `\(kind.word.declaration(of: ""))`")
      return nil
    }
    guard let block = statement.block else {
      reader.fail(
        "`\(kind.word.spelling)` needs a block", at: header, help: "write `\(kind.word.declaration(of: ""))`")
      return nil
    }
    return DeclarationSyntax(
      name: Located("", header), header: header, block: block, arguments: reader.index..<statement.tokens.upperBound)
  }

  /// Makes a list of a block.
  private func listFix(_ block: BlockSyntax, hasEquals: Bool) -> [FixIt] {
    reader.listFix(of: block).map { fix in
      let edits = fix.edits.map { TextEdit($0.span, (hasEquals ? "" : "= ") + $0.replacement) }
      return FixIt("write a list", .safe, edits)
    }
  }

  /// Reports words of other languages before a declaration, and other words for `include`. Returns whether there are
  /// any.
  private mutating func reportsMeant(_ keyword: String, _ statement: StatementSyntax) -> Bool {
    let first = tree.span(tree.token(statement.tokens.lowerBound))
    let rest = statement.tokens.dropFirst()
    guard let second = rest.first.map(tree.token) else { return false }
    if ["let", "var", "const", "def", "define", "set"].contains(keyword),
      declarationChoices.find(tree, statement.tokens.lowerBound + 1..<statement.tokens.upperBound)
        .flatMap({ DeclarationKind($0.value) }) != nil
    {
      let span = SourceSpan(file: tree.file, first.range.lowerBound..<tree.span(second).range.lowerBound)
      reader.report(
        .error(
          "unknown-statement", "`\(keyword)` declares nothing", at: first, help: "a declaration begins with its kind",
          fixes: [.replace(span, with: "", "remove it")]))
      return true
    }
    let singular = DeclarationKind.allCases.map(\.word.spelling).first { keyword == $0 + "s" || keyword + "s" == $0 }
    let isInclude =
      ["import", "source", "load", "require", "use", "@include"].contains(keyword) && second.kind == .string
    guard let meant = isInclude ? includeKeyword : singular else { return false }
    reader.report(
      .error(
        "unknown-statement", "`\(keyword)` declares nothing", at: first, help: "write `\(meant)`",
        fixes: [.replace(first, with: meant, "write `\(meant)`")]))
    return true
  }

  private mutating func reportUnknown(_ statement: StatementSyntax) {
    let token = tree.token(statement.tokens.lowerBound)
    guard token.kind != .invalid, !token.kind.onlySeparates else { return }
    if let continued = tree.continuedList(statement) { return reader.report(continued) }
    let keyword = tree.text(token)
    if reportsMeant(keyword, statement) { return }
    let suggestion = nearest(to: keyword, among: declarationKeywords)
    var help = suggestion.map { "did you mean `\($0)`?" } ?? "a file holds \(listed(declarationKeywords))"
    if suggestion == nil, statement.tokens.count > 2, statement.block == nil { help += "; a comment begins with `#`" }
    if suggestion == nil, publicationForms.begins(tree, statement.tokens) {
      help = "this statement belongs into a `publish` block"
    }
    reader.report(
      .error(
        "unknown-statement", "`\(String(keyword.prefix(60)))` declares nothing", at: tree.span(token), help: help,
        fixes: suggestion.map { [.replace(tree.span(token), with: $0, "write `\($0)`", .unsafe)] } ?? []))
  }
}
