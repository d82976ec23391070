import Compilation
import Diagnostics
import Files

/// Applies every safe fix to the files of a policy, in place. Fixes that would touch the same text as an earlier one
/// wait for the next run.
///
/// - Returns: The number of fixes applied.
/// - Throws: `ExitStatus.usage` for standard input, `ExitStatus.inputOutput` when a file cannot be written; nothing has
///   been changed then, or whole files only.
func applySafeFixes(_ compilation: Compilation, console: Console) throws -> Int {
  let fixes = compilation.diagnostics.flatMap(\.fixes).filter { $0.applicability == .safe }
  var editsByFile: [SourceID: [TextEdit]] = [:]
  var applied = 0
  for fix in fixes {
    let overlaps = fix.edits.contains { edit in
      editsByFile[edit.span.file, default: []].contains { $0.span.touches(edit.span) }
    }
    guard !overlaps else { continue }
    applied += 1
    for edit in fix.edits { editsByFile[edit.span.file, default: []].append(edit) }
  }
  for (file, edits) in editsByFile.sorted(by: { $0.key < $1.key }) {
    let source = compilation.sources[file]
    guard source.name != standardInputName else {
      throw console.failure("--fix cannot change standard input; name a file", .usage)
    }
    if let reason = replaceFile(source.name, with: apply(edits, to: source.bytes)) {
      throw console.failure("\(source.name): \(reason)", .inputOutput)
    }
  }
  if let fixes = counted(applied, "safe edit") { console.say("\(fixes) applied\n") }
  return applied
}

/// The text with edits carried out, last one first.
private func apply(_ edits: [TextEdit], to bytes: [UInt8]) -> [UInt8] {
  var result = bytes
  for edit in edits.sorted(by: { $0.span > $1.span }) {
    result.replaceSubrange(edit.span.range.clamped(to: 0..<result.count), with: Array(edit.replacement.utf8))
  }
  return result
}

extension SourceSpan {
  /// Whether two spans share text, or meet where one of them inserts.
  fileprivate func touches(_ other: SourceSpan) -> Bool {
    range.overlaps(other.range) || range.isEmpty && other.range.contains(range.lowerBound)
      || other.range.isEmpty && range.contains(other.range.lowerBound) || range == other.range
  }
}
