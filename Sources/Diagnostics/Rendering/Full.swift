/// Source text with underlines below it, as compilers show it.
struct FullRenderer {
  let style: Style
  private var locator: Locator

  init(sources: SourceSet, style: Style) {
    self.style = style
    locator = Locator(sources)
  }

  func render(_ diagnostics: [Diagnostic]) -> String {
    var copy = self
    return diagnostics.map { copy.render($0) }.joined(separator: "\n")
  }

  private mutating func render(_ diagnostic: Diagnostic) -> String {
    let marked = markedLines(of: diagnostic)
    let gutter = String(marked.map(\.line).max() ?? 1).count
    let margin = String(repeating: " ", count: gutter)
    var text =
      style.severity(diagnostic.severity, "\(diagnostic.severity.rawValue)[\(diagnostic.code)]")
      + style.bold(": \(printable(diagnostic.message))") + "\n"
    var lastFile: SourceID?
    var lastLine = 0
    for marks in marked {
      if marks.file != lastFile {
        let isPrimary = marks.file == diagnostic.primary.span.file
        let span = isPrimary ? diagnostic.primary.span : marks.labels.first?.span
        let start = locator.positions(of: span ?? diagnostic.primary.span).start
        let arrow = lastFile == nil ? "-->" : ":::"
        let place = "\(printable(locator.name(of: marks.file))):\(start.line):\(start.column)"
        text += "\(margin)\(style.blue(arrow)) \(place)\n\(margin) \(style.blue("|"))\n"
      } else if marks.line > lastLine + 1 {
        text += style.blue(margin + " :") + "\n"
      }
      (lastFile, lastLine) = (marks.file, marks.line)
      text += excerpt(marks, gutter: gutter, severity: diagnostic.severity)
    }
    for note in diagnostic.notes {
      text += "\(margin) \(style.blue("=")) \(style.bold("note:")) \(printable(note))\n"
    }
    if let help = diagnostic.help {
      text += "\(margin) \(style.blue("=")) \(style.bold("help:")) \(printable(help))\n"
    }
    let references = diagnostic.references
    if !references.isEmpty {
      text += "\(margin) \(style.blue("=")) \(style.bold("see:")) \(references.joined(separator: ", "))\n"
    }
    for fix in diagnostic.fixes {
      let kind = fix.applicability == .safe ? "fix" : "fix (\(fix.applicability.rawValue))"
      text += "\(margin) \(style.blue("=")) \(style.bold("\(kind):")) \(printable(fix.message))\n"
    }
    return text
  }

  /// What is underlined on one line.
  private struct MarkedLine {
    var file: SourceID
    var line: Int
    var labels: [(span: SourceSpan, message: String, isPrimary: Bool, columns: Range<Int>)]
  }

  private struct LineKey: Hashable {
    var file: SourceID
    var line: Int
  }

  /// Every line that a label begins or ends on: the primary file first, then by place.
  private mutating func markedLines(of diagnostic: Diagnostic) -> [MarkedLine] {
    var lines: [LineKey: MarkedLine] = [:]
    let labels = [(diagnostic.primary, true)] + diagnostic.related.map { ($0, false) }
    for (label, isPrimary) in labels {
      let (start, end) = locator.positions(of: label.span)
      let lastColumn = end.line == start.line ? end.column : Int.max
      add(label, isPrimary, start.line, start.column..<max(start.column + 1, lastColumn), &lines)
      if end.line > start.line, end.column > 1 {
        add(Label(label.span, "ends here"), isPrimary, end.line, 1..<end.column, &lines)
      }
    }
    let primary = diagnostic.primary.span.file
    return lines.values.sorted {
      ($0.file == primary ? 0 : 1, $0.file.index, $0.line) < ($1.file == primary ? 0 : 1, $1.file.index, $1.line)
    }
  }

  private func add(
    _ label: Label, _ isPrimary: Bool, _ line: Int, _ columns: Range<Int>,
    _ lines: inout [LineKey: MarkedLine]
  ) {
    let mark = (span: label.span, message: label.message, isPrimary: isPrimary, columns: columns)
    lines[
      LineKey(file: label.span.file, line: line), default: MarkedLine(file: label.span.file, line: line, labels: [])
    ].labels.append(mark)
  }

  private mutating func excerpt(_ marks: MarkedLine, gutter: Int, severity: Severity) -> String {
    let range = locator.range(ofLine: marks.line, in: marks.file)
    // Of what is blamed the beginning is shown; the beginning of the line where that is on an earlier one.
    let first = marks.labels.min { $0.columns.lowerBound < $1.columns.lowerBound }
    let start = (marks.labels.first(where: \.isPrimary) ?? first)?.span.range.lowerBound ?? range.lowerBound
    let anchor = min(max(start, range.lowerBound), range.upperBound)
    let window = LineWindow(
      locator.sources[marks.file].bytes[range], around: anchor,
      column: locator.positions(of: SourceSpan(file: marks.file, anchor..<anchor)).start.column)
    let number = String(marks.line)
    let padded = String(repeating: " ", count: max(0, gutter - number.count)) + number
    let bar = style.blue("|")
    var text = style.blue(padded) + " \(bar) \(window.text)\n"
    for label in marks.labels {
      let cells = window.cells(label.columns)
      let underline = String(repeating: label.isPrimary ? "^" : "-", count: max(1, cells.count))
      let mark = [underline, printable(label.message)].filter { !$0.isEmpty }.joined(separator: " ")
      text += String(repeating: " ", count: gutter) + " \(bar) "
      text += String(repeating: " ", count: cells.lowerBound)
      text += (label.isPrimary ? style.severity(severity, mark) : style.blue(mark)) + "\n"
    }
    return text
  }
}
