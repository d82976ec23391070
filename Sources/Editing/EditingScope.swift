import Diagnostics
package import PolicySyntax

/// The files of a policy as they stand in the editor, whether or not they can be given a meaning.
package struct EditingScope: Sendable {
  package var files: [PolicyFileSyntax]

  package init(_ files: [PolicyFileSyntax]) { self.files = files }
}

/// A stretch of text in one of the files of a scope.
package struct ScopePlace: Hashable, Sendable {
  /// Position in `EditingScope.files`.
  package var file: Int
  /// Bytes.
  package var range: Range<Int>

  package init(file: Int, range: Range<Int>) {
    self.file = file
    self.range = range
  }
}

/// Why a name cannot be changed.
package struct RenameFailure: Error, Hashable, Sendable {
  package var message: String
}

extension EditingScope {
  /// The name at a place, at either end of it too; `nil` where there is none.
  package func mention(at offset: Int, in file: Int) -> NameMention? {
    guard files.indices.contains(file) else { return nil }
    let tree = files[file]
    return declaration(at: offset, in: tree).flatMap { declaration in
      tree.mentions(of: declaration).first { $0.span.range.contains(offset) || $0.span.range.upperBound == offset }
    }
  }

  /// The declaration that a place lies in or comes after.
  func declaration(at offset: Int, in tree: PolicyFileSyntax) -> StatementSyntax? {
    let statements = tree.statements
    let next = statements.indices.partitionPoint {
      Int(tree.token(statements[$0].tokens.lowerBound).start) <= offset
    }
    return next > 0 ? statements[next - 1] : nil
  }

  /// Every place of a name that is the same thing as the one that is mentioned.
  package func places(of mention: NameMention, declarations: Bool = true, uses: Bool = true) -> [ScopePlace] {
    let (kinds, ownName) = related(mention)
    var places: [ScopePlace] = []
    for (index, tree) in files.enumerated() {
      for found in tree.mentions where found.name == ownName && !kinds.isDisjoint(with: found.kinds) {
        guard found.isDeclaration ? declarations : uses else { continue }
        let place = ScopePlace(file: index, range: found.span.range)
        // A publication with its server in place declares both at one place.
        if places.last != place { places.append(place) }
      }
    }
    return places
  }

  /// Where a name is declared.
  package func declarations(of mention: NameMention) -> [ScopePlace] {
    places(of: mention, declarations: true, uses: false)
  }

  /// What a name stands for, with what bears the name besides: a server in place has that of its publication.
  private func related(_ mention: NameMention) -> (kinds: Set<NameKind>, name: String) {
    var kinds = Set(mention.kinds)
    guard !kinds.isDisjoint(with: [.server, .publication]) else { return (kinds, mention.name) }
    for tree in files {
      let declared = tree.declaredNames.filter { $0.name == mention.name }
      let isBoth = Set(declared.flatMap(\.kinds)).isSuperset(of: [.server, .publication])
      let servers = declared.filter { $0.kinds == [.server] }
      let publications = Set(declared.filter { $0.kinds == [.publication] }.map(\.span))
      // A server of the same name that has a block of its own is another thing.
      if isBoth, servers.contains(where: { publications.contains($0.span) }) {
        kinds.formUnion([.server, .publication])
      }
    }
    return (kinds, mention.name)
  }

  /// The declared names of some kinds, sorted, each once.
  package func names(of kinds: Set<NameKind>) -> [String] {
    var names: Set<String> = []
    for tree in files {
      for statement in tree.statements where tree.mayDeclare(statement, kinds) {
        for declared in tree.declared(by: statement) where !kinds.isDisjoint(with: declared.kinds) {
          names.insert(declared.name)
        }
      }
    }
    return names.sorted()
  }

  /// The places where a name is to be replaced.
  package func rename(_ mention: NameMention, to name: String) throws(RenameFailure) -> [ScopePlace] {
    guard isNameOfLanguage(name) else {
      throw RenameFailure(
        message: "a name has small letters, digits and `-`, begins with a letter, and has at most 48 characters")
    }
    guard name != mention.name else { return [] }
    if mention.kinds == [.clients], ["any", "inside"].contains(name) {
      throw RenameFailure(message: "`\(name)` has a meaning of its own where clients are listed")
    }
    var (kinds, _) = related(mention)
    // Commands find publications and reaches by their names, so no two have one.
    if !kinds.isDisjoint(with: [.publication, .reach]) { kinds.formUnion([.publication, .reach]) }
    let taken = names(of: kinds)
    guard !taken.contains(name) else { throw RenameFailure(message: "`\(name)` is taken") }
    guard !declarations(of: mention).isEmpty else {
      throw RenameFailure(message: "`\(mention.name)` is declared nowhere")
    }
    return places(of: mention)
  }
}

extension PolicyFileSyntax {
  /// The names that the file declares, those of servers in place among them.
  var declaredNames: [NameMention] { statements.flatMap { declared(by: $0) } }

  /// Whether the word of a declaration declares anything of some kinds.
  func mayDeclare(_ declaration: StatementSyntax, _ kinds: Set<NameKind>) -> Bool {
    guard let word = fileWord(of: declaration) else { return false }
    return word.declaredKinds.contains(where: kinds.contains)
  }

  /// What one declaration declares.
  func declared(by declaration: StatementSyntax) -> [NameMention] {
    guard let word = fileWord(of: declaration), word != .expect, word.isNamed else { return [] }
    let name = declaration.tokens.lowerBound + 1
    guard declaration.tokens.contains(name), token(name).kind == .word else { return [] }
    let own = declared(word, name)
    guard word == .publish, let block = declaration.block,
      statements(of: block).contains(where: isServerInPlace)
    else { return [own] }
    return [own, NameMention(name: own.name, kinds: [.server], span: own.span, isDeclaration: true)]
  }
}

extension FileWord {
  /// What a declaration with the word may declare.
  fileprivate var declaredKinds: [NameKind] {
    switch self {
    case .clients: [.clients]
    case .gateway: [.gateway]
    case .server: [.server]
    // Its server in place bears its name.
    case .publish: [.publication, .server]
    case .reach: [.reach]
    case .expect, .defaults, .include: []
    }
  }
}
