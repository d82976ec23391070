import Diagnostics
package import PolicySyntax

/// A stretch of text with what takes its place, in bytes.
package struct ReplacedText: Hashable, Sendable {
  package var range: Range<Int>
  package var text: String

  package init(_ range: Range<Int>, _ text: String) {
    self.range = range
    self.text = text
  }
}

/// The edits that bring a file into the canonical layout, line by line; `nil` for one with syntax errors.
///
/// - Parameter part: Lines that do not touch it stay as they are; all are changed when `nil`.
package func formattingEdits(_ tree: PolicyFileSyntax, within part: Range<Int>? = nil) -> [ReplacedText]? {
  guard let text = format(tree) else { return nil }
  let again = parse(SourceFile(name: tree.source.name, text: text), as: tree.file)
  guard again.diagnostics.isEmpty, haveSameMeaning(tree, again) else { return nil }
  let old = String(decoding: tree.source.bytes, as: UTF8.self)
  // What is no UTF-8 has other offsets; such a file has errors.
  guard old.utf8.count == tree.source.bytes.count else { return nil }
  return lineEdits(from: old, to: text)
    .filter { edit in part.map { $0.touches(edit.range) } ?? true }
}

extension Range<Int> {
  /// Whether two ranges share anything, their ends included.
  fileprivate func touches(_ other: Self) -> Bool {
    lowerBound <= other.upperBound && other.lowerBound <= upperBound
  }
}

/// The lines of a text with their ends.
private func wholeLines(_ text: String) -> [Substring] {
  var lines: [Substring] = []
  var start = text.startIndex
  while start < text.endIndex {
    let end = text.utf8[start...].firstIndex(of: 0x0A).map { text.utf8.index(after: $0) } ?? text.endIndex
    lines.append(text[start..<end])
    start = end
  }
  return lines
}

/// Edits that turn one text into another, each of whole lines.
func lineEdits(from old: String, to new: String) -> [ReplacedText] {
  let (before, after) = (wholeLines(old), wholeLines(new))
  let difference = LineDifference(before, after)
  var edits: [ReplacedText] = []
  var (i, j, offset) = (0, 0, 0)
  while i < before.count || j < after.count {
    let start = offset
    var text = ""
    while i < before.count && difference.removed.contains(i) || j < after.count && difference.added.contains(j) {
      if i < before.count, difference.removed.contains(i) {
        offset += before[i].utf8.count
        i += 1
      } else {
        text += after[j]
        j += 1
      }
    }
    if offset > start || !text.isEmpty { edits.append(ReplacedText(start..<offset, text)) }
    guard i < before.count else { continue }
    offset += before[i].utf8.count
    (i, j) = (i + 1, j + 1)
  }
  return edits
}
