package import Diagnostics
import Policy
package import PolicySyntax

/// What is wrong with the syntax of a file; one finding for a file in another encoding or language.
package func syntaxFindings(of tree: PolicyFileSyntax) -> [Diagnostic] {
  guard tree.diagnostics.hasErrors, let mended = MendedFile(tree.source, as: tree.file), mended.text == nil else {
    return tree.diagnostics
  }
  return mended.findings
}

/// A policy with errors is read once more, the way its author meant it: without what comes from other languages (colons
/// after keywords, `//`, a brace that is missing). What is left of the findings is true; each slip is told once.
struct SecondReading {
  private let files: [MendedFile?]
  /// The files as they were meant; those in another language or encoding are empty.
  let loaded: LoadedSources

  /// - Returns: `nil` when no file has anything of that kind.
  init?(_ loaded: LoadedSources) {
    files = loaded.trees.map { MendedFile($0.source, as: $0.file) }
    guard files.contains(where: { $0 != nil }) else { return nil }
    var mended = loaded
    for (index, file) in files.enumerated() {
      guard let file else { continue }
      let source = SourceFile(name: loaded.trees[index].source.name, bytes: file.text ?? [])
      mended.trees[index] = parse(source, as: loaded.trees[index].file)
    }
    self.loaded = mended
  }

  /// What the slips are.
  var slips: [Diagnostic] { files.flatMap { $0?.findings ?? [] } }

  /// Whether a file could not be read at all, so that names may be declared of which nobody knows.
  var isBlind: Bool { files.contains { $0.map { $0.text == nil } ?? false } }

  /// What was found in the mended texts, where it stands in the files. Fixes that would meet an edit of a slip are left
  /// out.
  func inPlace(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    diagnostics.map { diagnostic in
      var diagnostic = diagnostic
      diagnostic.primary = inPlace(diagnostic.primary)
      diagnostic.related = diagnostic.related.map(inPlace)
      diagnostic.fixes = diagnostic.fixes.compactMap(inPlace)
      return diagnostic
    }
  }

  private func file(of span: SourceSpan) -> MendedFile? {
    let index = Int(span.file.index)
    return files.indices.contains(index) ? files[index] : nil
  }

  private func inPlace(_ span: SourceSpan) -> SourceSpan { file(of: span)?.original(span) ?? span }

  private func inPlace(_ label: Label) -> Label { Label(inPlace(label.span), label.message) }

  private func inPlace(_ fix: FixIt) -> FixIt? {
    guard fix.edits.allSatisfy({ file(of: $0.span)?.isUnchanged($0.span) ?? true }) else { return nil }
    return FixIt(fix.message, fix.applicability, fix.edits.map { TextEdit(inPlace($0.span), $0.replacement) })
  }
}
