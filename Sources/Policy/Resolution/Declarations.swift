import Diagnostics
package import PolicySyntax

/// A declaration whose header is in order.
struct DeclarationSyntax {
  var tree: PolicyFileSyntax
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
  let keyword = ShortWord(includeKeyword)
  return tree.statements.compactMap { statement in
    guard tree.shortWord(tree.token(statement.tokens.lowerBound)) == keyword else { return nil }
    var header = DeclarationHeader(statement, of: tree)
    return header.include().map(IncludeSyntax.init)
  }
}

private let includeKeyword = "include"

/// Reads the header of one declaration.
struct DeclarationHeader {
  let statement: StatementSyntax
  let tree: PolicyFileSyntax
  private(set) var diagnostics: [Diagnostic] = []
  private let keyword: String

  init(_ statement: StatementSyntax, of tree: PolicyFileSyntax) {
    self.statement = statement
    self.tree = tree
    keyword = tree.text(tree.token(statement.tokens.lowerBound))
  }

  private func reader() -> StatementReader {
    StatementReader(
      tree: tree, statement: statement.tokens, keyword: keyword, words: 1, names: .none)
  }

  /// What is declared; `nil` for an include and for a word that declares nothing, which is reported.
  var kind: DeclarationKind? {
    mutating get {
      if let kind = DeclarationKind(rawValue: keyword) { return kind }
      if keyword == includeKeyword {
        _ = include()
      } else {
        reportUnknown()
      }
      return nil
    }
  }

  /// The path of an include; `nil` for every other declaration.
  mutating func include() -> Located<String>? {
    guard keyword == includeKeyword else { return nil }
    var reader = reader()
    let path = reader.string("the path of a policy file")
    if let block = statement.block {
      reader.fail("`include` has no block", at: tree.span(tree.token(block.open)))
    }
    let isFine = reader.finish()
    diagnostics += reader.diagnostics
    return isFine ? path : nil
  }

  /// Name and block of a declaration; `nil` when the name is missing or wrong, or the block is.
  mutating func read(_ kind: DeclarationKind) -> DeclarationSyntax? {
    var reader = reader()
    defer { diagnostics += reader.diagnostics }
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
      reader.fail(
        "`\(keyword) \(name.value)` needs a block", at: header, help: "write `\(keyword) \(name.value) { ... }`")
    } else {
      _ = reader.finish()
    }
    return DeclarationSyntax(
      tree: tree, name: name, header: header, block: statement.block, arguments: arguments)
  }

  private mutating func reportUnknown() {
    let token = tree.token(statement.tokens.lowerBound)
    guard token.kind != .invalid else { return }
    let keywords = DeclarationKind.allCases.map(\.rawValue) + [includeKeyword]
    let suggestion = nearest(to: keyword, among: keywords)
    var help = suggestion.map { "did you mean `\($0)`?" } ?? "a file holds \(listed(keywords))"
    if suggestion == nil, publicationForms.find(tree, statement) != nil {
      help = "this statement belongs into a `publish` block"
    }
    diagnostics.append(
      .error(
        "unknown-statement", "`\(String(keyword.prefix(60)))` declares nothing", at: tree.span(token), help: help,
        fixes: suggestion.map { [.replace(tree.span(token), with: $0, "write `\($0)`", .unsafe)] } ?? []))
  }
}
