import Diagnostics
package import Policy
import PolicySyntax

/// Why a changed statement cannot be tried.
package enum WhatIfFailure: Error, Hashable, Sendable {
  /// The text is not one statement without a block.
  case notOneStatement(String)
  /// `no ...` names a statement that the publication does not have.
  case nothingToRemove(String)
  /// The block of the publication cannot be found or is never closed.
  case noBlock(String)
}

extension WhatIfFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notOneStatement(let text): "`\(text)` is not one statement of a publication"
    case .nothingToRemove(let text): "the publication has no statement `\(text)`"
    case .noBlock(let name): "the block of `\(name)` cannot be found"
    }
  }
}

extension Compilation {
  /// The policy with one statement of a publication changed: it takes the place of the one with its keyword, or is added.
  /// `no helper` takes a statement away. `allow` and `limit`, which may be repeated, are added.
  package func changing(_ publication: Publication, _ text: String) throws(WhatIfFailure) -> Compilation {
    let (statement, isRemoval) = text.hasPrefix("no ") ? (String(text.dropFirst(3)), true) : (text, false)
    let change = parse(SourceFile(name: "statement", text: statement), as: SourceID(0))
    guard change.diagnostics.isEmpty, change.statements.count == 1, let only = change.statements.first,
      only.block == nil
    else { throw .notOneStatement(text) }
    let keyword = change.keyword(of: only)
    guard let (index, block) = block(of: publication), let close = block.close else {
      throw .noBlock(publication.name.value)
    }
    let tree = trees[index]
    let same = tree.statements(of: block).filter { tree.keyword(of: $0) == keyword }
    guard !isRemoval || !same.isEmpty else { throw .nothingToRemove(keyword) }
    var bytes = tree.source.bytes
    let isAddition = same.isEmpty || !isRemoval && (keyword == "allow" || keyword == "limit")
    if isAddition {
      let place = tree.span(tree.token(close)).range.lowerBound
      bytes.insert(contentsOf: Array("\n    \(statement)\n".utf8), at: min(place, bytes.count))
    } else {
      for (number, old) in same.enumerated().reversed() {
        let replacement = number == 0 && !isRemoval ? Array(statement.utf8) : []
        bytes.replaceSubrange(tree.span(old.tokens).range.clamped(to: 0..<bytes.count), with: replacement)
      }
    }
    let files = trees.enumerated().map { position, tree in
      position == index ? SourceFile(name: tree.source.name, bytes: bytes) : tree.source
    }
    return Compilation(loadSources(files) { _ in .failure(.missing) })
  }

  private func block(of publication: Publication) -> (tree: Int, block: BlockSyntax)? {
    let index = Int(publication.header.file.index)
    guard trees.indices.contains(index) else { return nil }
    let tree = trees[index]
    for statement in tree.statements where tree.span(statement.tokens).range.overlaps(publication.header.range) {
      if let block = statement.block { return (index, block) }
    }
    return nil
  }
}

extension PolicyFileSyntax {
  /// The keyword of a statement: its first word, or its first two where the language has such a keyword.
  fileprivate func keyword(of statement: StatementSyntax) -> String {
    let first = text(token(statement.tokens.lowerBound))
    guard statement.tokens.count > 1 else { return first }
    let two = first + " " + text(token(statement.tokens.lowerBound + 1))
    return twoWordKeywords.contains(two) ? two : first
  }
}
