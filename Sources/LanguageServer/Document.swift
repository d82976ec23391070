import Diagnostics
import Editing
import PolicySyntax

/// An open document with its tree.
struct Document {
  private(set) var text: OpenText
  private(set) var tree: PolicyFileSyntax
  /// The version for which findings were published last.
  var publishedVersion: Int?
  /// What was published last, where it stands by now. What was said of lines that were touched since is gone.
  var shown: [LSPDiagnostic] = []
  /// The lines that were touched since all was looked at.
  var touched: ClosedRange<Int>?

  /// Bytes from which on a document is large: what is known at once is told at once, and not only with all the rest.
  static let large = 256 << 10

  init(_ text: OpenText) {
    self.text = text
    tree = parse(text.source, as: SourceID(0))
  }

  mutating func apply(_ changes: [ContentChange], version: Int, _ encoding: PositionEncoding) {
    for change in changes {
      guard let range = change.range else {
        text.replaceAll(change.text)
        tree = parse(text.source, as: SourceID(0))
        (shown, touched) = ([], nil)
        continue
      }
      let lineCount = text.lines.count
      let (replaced, count) = text.apply(change.text, to: range, encoding)
      tree = tree.reparsed(text.source, replacing: replaced, withBytes: count)
      let first = text.lines.line(of: replaced.lowerBound)
      let last = text.lines.line(of: replaced.lowerBound + count)
      move(first, last, by: text.lines.count - lineCount)
    }
    text.version = version
  }

  /// Moves what is shown after an edit, which left those lines where it was.
  private mutating func move(_ first: Int, _ last: Int, by delta: Int) {
    shown = shown.compactMap { finding in
      guard finding.range.end.line >= first else { return finding }
      guard finding.range.start.line > last - delta else { return nil }
      var moved = finding
      moved.range.start.line += delta
      moved.range.end.line += delta
      return moved
    }
    let before = touched.map { $0.lowerBound > last - delta ? $0.lowerBound + delta : min($0.lowerBound, first) }
    let after = touched.map { $0.upperBound >= first ? max(last, $0.upperBound + delta) : last }
    touched = min(first, before ?? first)...max(first, last, after ?? last)
  }

  func positions(_ encoding: PositionEncoding) -> Positions {
    Positions(bytes: text.source.bytes, lines: text.lines, encoding: encoding)
  }
}
