package import Diagnostics
import Policy
package import PolicySyntax

/// The kinds of things that a policy names, each with a name space of its own but for publications and reaches, which
/// share one.
package enum NameKind: String, CaseIterable, Hashable, Sendable {
  case clients, gateway, server, publication, reach
}

/// A name in a text.
package struct NameMention: Hashable, Sendable {
  package var name: String
  /// What it may be the name of: one kind, or publication and reach.
  package var kinds: [NameKind]
  package var span: SourceSpan
  /// Whether it is declared here.
  package var isDeclaration: Bool
}

extension PolicyFileSyntax {
  /// Every name that the file declares or uses, in order; as far as its statements can be read.
  package var mentions: [NameMention] { statements.flatMap { mentions(of: $0) } }

  /// Those of one declaration with its block.
  func mentions(of declaration: StatementSyntax) -> [NameMention] {
    guard let word = fileWord(of: declaration) else { return [] }
    var found = declared(by: declaration)
    let name = declaration.tokens.lowerBound + 1
    if word == .expect, declaration.tokens.contains(name), token(name).kind == .word {
      found.append(declared(word, name))
    }
    if word == .clients { found += listed(declaration, after: name) }
    guard let block = declaration.block, let kind = word.ownBlock else { return found }
    for statement in statements(of: block) { found += used(statement, in: kind) }
    return found
  }

  /// What the name after the word of a declaration is.
  func declared(_ word: FileWord, _ name: Int) -> NameMention {
    let kinds: [NameKind] =
      switch word {
      case .clients: [.clients]
      case .gateway: [.gateway]
      case .server: [.server]
      case .publish: [.publication]
      case .reach: [.reach]
      case .expect: [.publication, .reach]
      case .defaults, .include: []
      }
    return NameMention(
      name: text(token(name)), kinds: kinds, span: span(token(name)), isDeclaration: word != .expect)
  }

  /// The names of lists in `clients NAME = LIST`.
  private func listed(_ declaration: StatementSyntax, after name: Int) -> [NameMention] {
    (name + 1..<max(name + 1, declaration.tokens.upperBound)).compactMap { clientName($0) }
  }

  private func clientName(_ index: Int) -> NameMention? {
    let token = token(index)
    guard token.kind == .word, read(token, isName), !read(token, { $0.elementsEqual("any".utf8) }) else {
      return nil
    }
    return NameMention(name: text(token), kinds: [.clients], span: span(token), isDeclaration: false)
  }

  /// The names that a statement of a block uses.
  func used(_ statement: StatementSyntax, in kind: BlockKind) -> [NameMention] {
    guard let (word, pattern, count) = BlockForms.of(kind).find(self, statement.tokens),
      word.facts.traits.contains(.names)
    else { return [] }
    let values = statement.tokens.lowerBound + count..<statement.tokens.upperBound
    let labels = pattern.read(values, of: self).labels
    return zip(values, labels).compactMap { index, label -> NameMention? in
      switch label {
      case .placeholder("CLIENT"): return clientName(index)
      case .placeholder("NAME"):
        // Of the forms of a server, the one that is a name and nothing else.
        guard let kinds = word.namedKinds, values.count == 1 else { return nil }
        return NameMention(
          name: text(token(index)), kinds: kinds, span: span(token(index)), isDeclaration: false)
      default: return nil
      }
    }
  }

  /// Whether a statement of a publication gives its server in place, which then bears the publication's name.
  func isServerInPlace(_ statement: StatementSyntax) -> Bool {
    guard let (word, _, count) = BlockForms.of(.publish).find(self, statement.tokens),
      word.spelling == PublishWord.server.spelling
    else { return false }
    return statement.tokens.count > count + 1
  }
}

extension Word {
  /// What `NAME` among its values is the name of; `nil` where it names nothing that is declared elsewhere.
  var namedKinds: [NameKind]? {
    switch (block, spelling) {
    case (.publish, PublishWord.server.spelling): [.server]
    case (.publish, PublishWord.gateway.spelling), (.defaults, PublishWord.gateway.spelling),
      (.reach, ReachWord.gateway.spelling), (.gateway, GatewayWord.behind.spelling):
      [.gateway]
    case (.reach, ReachWord.publication.spelling): [.publication]
    case (.file, FileWord.expect.spelling): [.publication, .reach]
    default: nil
    }
  }
}

/// Whether a text is a name of the language.
func isNameOfLanguage(_ text: String) -> Bool { isName(text.utf8) }

extension PolicyFileSyntax {
  /// The path that an `include` at a place names.
  package func includedPath(at offset: Int) -> String? {
    let cursor = TextCursor(self, at: offset)
    guard cursor.block == nil, let statement = cursor.statement, fileWord(of: statement) == .include,
      let path = statement.tokens.last.map(token), path.kind == .string, path.range.contains(offset)
    else { return nil }
    return stringValue(path)
  }
}
