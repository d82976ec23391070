import Diagnostics
package import Policy
package import PolicySyntax

/// Why changed statements cannot be tried.
package enum WhatIfFailure: Error, Hashable, Sendable {
  /// The text is not statements without blocks.
  case noStatement(String)
  /// The statement belongs into another kind of block, or between blocks.
  case elsewhere(String, home: BlockKind)
  /// `no ...` names a statement that is not there.
  case nothingToRemove(String)
  /// The same, where `defaults` may say it.
  case nothingOfItsOwn(String)
  /// Both speak of the same thing, and only one can hold.
  case conflict(String, String)
  /// The block cannot be found or is never closed.
  case noBlock(String)
}

extension WhatIfFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noStatement(let text): "`\(text)` is no statement of a publication or a reach"
    case .elsewhere(let text, let home):
      home == .file
        ? "`\(text)` is a declaration, and what is tried are statements of a publication or a reach"
        : "`\(text)` belongs into a `\(home.rawValue)` block, and what is tried are statements of the one that is named"
    case .nothingToRemove(let text): "there is no statement `\(text)`"
    case .nothingOfItsOwn(let text):
      "there is no statement `\(text)` in the block itself; what `defaults` say is changed there"
    case .conflict(let first, let second): "`\(first)` and `\(second)` cannot both hold; leave one of them out"
    case .noBlock(let name): "the block of `\(name)` cannot be found"
    }
  }
}

/// Statements of a publication or a reach to try.
package struct WhatIf: Sendable {
  fileprivate struct Change: Hashable {
    var keyword: String
    /// Without `no`.
    var text: String
    var isRemoval: Bool

    /// Whether a block may have several; another one is added to them.
    var isRepeatable: Bool { PublishWord(rawValue: keyword)?.facts.isRepeatable ?? false }

    /// The kinds of blocks that have such a statement; none for an unknown word.
    var homes: [BlockKind] { Language.blocks(of: keyword) }

    var written: String { isRemoval ? "no \(text)" : text }
  }

  fileprivate var changes: [Change] = []

  /// The statements, with `;` between them.
  package var text: String { changes.map(\.written).joined(separator: "; ") }

  /// - Parameter texts: Statements; each text may hold several, with `;` between them. `no helper` takes a statement
  ///   away.
  /// - Throws: `WhatIfFailure.noStatement` or `.conflict`.
  package init(_ texts: [String]) throws(WhatIfFailure) {
    for text in texts {
      let tree = parse(SourceFile(name: "statement", text: text), as: SourceID(0))
      guard tree.diagnostics.isEmpty, !tree.statements.isEmpty else { throw .noStatement(text) }
      for statement in tree.statements {
        guard statement.block == nil, let change = tree.change(in: statement) else { throw .noStatement(text) }
        if let home = change.homes.first, Set(change.homes).isDisjoint(with: [.publish, .reach]) {
          throw .elsewhere(text, home: home)
        }
        try add(change)
      }
    }
  }

  private mutating func add(_ change: Change) throws(WhatIfFailure) {
    guard !changes.contains(change) else { return }
    let isRepeatable = change.isRepeatable
    let other = changes.first {
      // What may be repeated may be taken away first and then be given anew.
      $0.keyword == change.keyword && !(isRepeatable && ($0.isRemoval || !change.isRemoval))
    }
    if let other { throw .conflict(other.written, change.written) }
    changes.append(change)
  }
}

extension Compilation {
  /// The policy with statements of a publication changed: each takes the place of the one with its keyword, or is
  /// added. `allow` and `limit`, which may be repeated, are added.
  package func changing(_ publication: Publication, _ what: WhatIf) throws(WhatIfFailure) -> Compilation {
    try changing(publication.name.value, .publish, what) { policy, name in
      policy.publications.first { $0.name.value == name }?.header
    }
  }

  /// The same for a `reach`.
  package func changing(_ reach: Outreach, _ what: WhatIf) throws(WhatIfFailure) -> Compilation {
    try changing(reach.name.value, .reach, what) { policy, name in
      policy.reaches.first { $0.name.value == name }?.header
    }
  }

  /// - Parameter header: The first line of the block of that name, as a policy has it.
  private func changing(
    _ name: String, _ kind: BlockKind, _ what: WhatIf, _ header: (Policy, String) -> SourceSpan?
  ) throws(WhatIfFailure) -> Compilation {
    var current = self
    for change in what.changes {
      if let home = change.homes.first, !change.homes.contains(kind) { throw .elsewhere(change.written, home: home) }
      guard let place = header(current.policy, name) else { throw .noBlock(name) }
      current = try current.changing(blockAt: place, name, change)
    }
    return current
  }

  private func changing(
    blockAt header: SourceSpan, _ name: String, _ change: WhatIf.Change
  ) throws(WhatIfFailure) -> Compilation {
    guard let (index, block) = block(at: header), let close = block.close else { throw .noBlock(name) }
    let tree = trees[index]
    var same = tree.statements(of: block).filter { tree.keyword(of: $0.tokens) == change.keyword }
    if change.isRemoval, change.text != change.keyword {
      same = same.filter { tree.plainText(of: $0.tokens) == change.text }
    }
    guard !change.isRemoval || !same.isEmpty else {
      throw policy.defaultBlocks.isEmpty ? .nothingToRemove(change.text) : .nothingOfItsOwn(change.text)
    }
    var bytes = tree.source.bytes
    if same.isEmpty || !change.isRemoval && change.isRepeatable {
      let place = tree.span(tree.token(close)).range.lowerBound
      bytes.insert(contentsOf: Array("\n    \(change.text)\n".utf8), at: min(place, bytes.count))
    } else {
      for (number, old) in same.enumerated().reversed() {
        let replacement = number == 0 && !change.isRemoval ? Array(change.text.utf8) : []
        bytes.replaceSubrange(tree.span(old.tokens).range.clamped(to: 0..<bytes.count), with: replacement)
      }
    }
    let files = trees.enumerated().map { position, tree in
      position == index ? SourceFile(name: tree.source.name, bytes: bytes) : tree.source
    }
    // All files that were included are among them.
    return Compilation(
      loadSources(files, read: { _ in .failure(.missing) }, list: namesInFolders(of: files.map(\.name))),
      writes: writes)
  }

  private func block(at header: SourceSpan) -> (tree: Int, block: BlockSyntax)? {
    let index = Int(header.file.index)
    guard trees.indices.contains(index) else { return nil }
    let tree = trees[index]
    for statement in tree.statements where tree.span(statement.tokens).range.overlaps(header.range) {
      if let block = statement.block { return (index, block) }
    }
    return nil
  }
}

extension PolicyFileSyntax {
  /// What a statement on the command line asks for; `nil` for one that says nothing.
  fileprivate func change(in statement: StatementSyntax) -> WhatIf.Change? {
    let isRemoval = text(token(statement.tokens.lowerBound)) == "no"
    let words = isRemoval ? statement.tokens.lowerBound + 1..<statement.tokens.upperBound : statement.tokens
    guard !words.isEmpty else { return nil }
    return WhatIf.Change(keyword: keyword(of: words), text: plainText(of: words), isRemoval: isRemoval)
  }

  /// The keyword of a statement: its first word, or its first two where the language has such a keyword.
  fileprivate func keyword(of tokens: Range<Int>) -> String {
    guard let start = tokens.first else { return "" }
    let first = text(token(start))
    return Language.twoWordKeywords.find(self, tokens) == nil ? first : first + " " + text(token(start + 1))
  }

  /// The words of a statement, with one blank where there is anything between them; so comments are left out.
  fileprivate func plainText(of tokens: Range<Int>) -> String {
    var result = ""
    var end: Int?
    for index in tokens {
      let range = span(token(index)).range
      if let end, range.lowerBound > end { result += " " }
      result += text(token(index))
      end = range.upperBound
    }
    return result
  }
}
