import Diagnostics
import Parallel
package import PolicySyntax

/// A declaration whose header is in order. Its tree is that of the file of its header: a reference of its own would be counted by
/// all threads at once.
struct DeclarationSyntax {
  var name: Located<String>
  /// Keyword and name.
  var header: SourceSpan
  /// The block; `nil` for `clients`, and where it is missing.
  var block: BlockSyntax?
  /// Tokens behind the name, for `clients NAME = LIST`.
  var arguments: Range<Int>
}

/// `include "PATH"` of one file.
package struct IncludeSyntax: Sendable {
  package var path: Located<String>
}

/// The includes of a file, in order; those that are not in order are reported by `resolve`.
package func includes(of tree: PolicyFileSyntax) -> [IncludeSyntax] {
  let found = inParallel(tree.statements.count, least: worthAThread) { part in
    tree.statements[part].filter { isInclude($0, tree) }
  }
  var reader = DeclarationReader(tree)
  return found.flatMap(\.self).compactMap { reader.include($0).map(IncludeSyntax.init) }
}

private func isInclude(_ statement: StatementSyntax, _ tree: PolicyFileSyntax) -> Bool {
  includeKeywords.find(tree, statement.tokens) != nil
}

private let includeKeyword = "include"
private let includeKeywords = Keywords([includeKeyword])
private let declarationKinds = Choices<DeclarationKind>("a declaration")

/// Reads the headers of the declarations of one file.
struct DeclarationReader {
  private let tree: PolicyFileSyntax
  private var reader: StatementReader

  init(_ tree: PolicyFileSyntax) {
    self.tree = tree
    reader = StatementReader(tree: tree, names: .none)
  }

  /// What is wrong with the headers, each of them an error.
  var diagnostics: [Diagnostic] { reader.diagnostics }

  /// What is declared; `nil` for an include and for a word that declares nothing, which is reported.
  mutating func kind(of statement: StatementSyntax) -> DeclarationKind? {
    if let (kind, _) = declarationKinds.find(tree, statement.tokens) { return kind }
    if isInclude(statement, tree) {
      _ = include(statement)
    } else {
      reportUnknown(statement)
    }
    return nil
  }

  /// The path of an include.
  mutating func include(_ statement: StatementSyntax) -> Located<String>? {
    reader.begin(statement.tokens, keyword: includeKeyword, words: 1)
    let path = reader.string("the path of a policy file")
    if let block = statement.block {
      reader.fail("`include` has no block", at: tree.span(tree.token(block.open)))
    }
    return reader.finish() ? path : nil
  }

  /// Name and block of a declaration; `nil` when the name is missing or wrong.
  mutating func read(_ statement: StatementSyntax, _ kind: DeclarationKind) -> DeclarationSyntax? {
    reader.begin(statement.tokens, keyword: kind.rawValue, words: 1)
    guard let name = reader.name("the name of a \(kind.title)") else { return nil }
    let header = tree.span(tree.token(statement.tokens.lowerBound)).joined(with: name.span)
    let arguments = reader.index..<statement.tokens.upperBound
    if kind == .clients {
      if let block = statement.block {
        reader.fail(
          "`clients` takes a list, not a block", at: tree.span(tree.token(block.open)),
          help: "write `clients \(name.value) = ADDRESS, ...`")
      }
    } else if statement.block == nil {
      let declaration = "\(kind.rawValue) \(name.value)"
      reader.fail("`\(declaration)` needs a block", at: header, help: "write `\(declaration) { ... }`")
    } else {
      _ = reader.finish()
    }
    return DeclarationSyntax(name: name, header: header, block: statement.block, arguments: arguments)
  }

  private mutating func reportUnknown(_ statement: StatementSyntax) {
    let token = tree.token(statement.tokens.lowerBound)
    guard token.kind != .invalid else { return }
    let keyword = tree.text(token)
    let keywords = DeclarationKind.allCases.map(\.rawValue) + [includeKeyword]
    let suggestion = nearest(to: keyword, among: keywords)
    var help = suggestion.map { "did you mean `\($0)`?" } ?? "a file holds \(listed(keywords))"
    if suggestion == nil, publicationForms.find(tree, statement) != nil {
      help = "this statement belongs into a `publish` block"
    }
    reader.report(
      .error(
        "unknown-statement", "`\(String(keyword.prefix(60)))` declares nothing", at: tree.span(token), help: help,
        fixes: suggestion.map { [.replace(tree.span(token), with: $0, "write `\($0)`", .unsafe)] } ?? []))
  }
}
