import Diagnostics
package import PolicySyntax

/// Whether a file may be meant as a policy: it holds a declaration that is understood, perhaps once slips are mended,
/// or a declaration with a block whose word is nearly right, or nothing but comments.
package func mayBePolicy(_ tree: PolicyFileSyntax) -> Bool {
  if tree.statements.isEmpty, !tree.diagnostics.hasErrors { return true }
  if foreignLanguage(of: tree.source.bytes, tree.file) != nil { return false }
  if holdsDeclaration(tree) { return true }
  guard let text = MendedFile(tree.source, as: tree.file)?.text else { return false }
  return holdsDeclaration(parse(SourceFile(name: tree.source.name, bytes: text), as: tree.file))
}

private func holdsDeclaration(_ tree: PolicyFileSyntax) -> Bool {
  tree.statements.contains { statement in
    let first = tree.token(statement.tokens.lowerBound)
    guard first.kind == .word, statement.tokens.count > 1 || statement.block != nil, first.range.count <= 16 else {
      return false
    }
    let word = tree.text(first)
    return words.contains(word) || statement.block != nil && nearest(to: word, among: words) != nil
  }
}

/// The words that declarations begin with.
private let words = declarationKeywords
