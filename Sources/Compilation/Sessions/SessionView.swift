import Addressing
package import Diagnostics
import FTPSession

/// What `explain` shows: the table, and the sessions that are worth a picture.
package struct SessionView {
  private let table: SessionTable
  private let compilation: Compilation
  private let choice: SessionChoice?
  private let style: Style

  package init(table: SessionTable, compilation: Compilation, choice: SessionChoice?, style: Style) {
    self.table = table
    self.compilation = compilation
    self.choice = choice
    self.style = style
  }

  /// Sessions that are drawn at most.
  private static let mostLadders = 6

  private var ladders: [Ladder] {
    let locate = compilation.statementLocator()
    return table.shown(mode: choice, most: Self.mostLadders).compactMap { cell in
      cell.performance.map { Ladder($0, title: cell.title, locate: locate) }
    }
  }

  package var text: String {
    ([table.text(style)] + ladders.map { $0.text(style) }).joined(separator: "\n")
  }

  /// One picture: that of the first session that was chosen or is broken, or of the first of all.
  package var svg: String {
    let locate = compilation.statementLocator()
    let cell = table.shown(mode: choice, most: 1).first ?? table.cells.first { $0.performance != nil }
    guard let cell, let performance = cell.performance else { return "" }
    return Ladder(performance, title: cell.title, locate: locate).svg()
  }

  package var html: String {
    let title = escapedForXML("Sessions of \(table.publication)")
    let pictures = ladders.map { $0.svg(isDocument: false) }.joined(separator: "\n")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="UTF-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title)</title>
      <style>
      \(Ladder.styleSheet)
      body { margin: 0 auto; max-width: 800px; padding: 12px; background: var(--paper); color: var(--ink); \
      font: 15px/1.5 system-ui, sans-serif; }
      table { border-collapse: collapse; width: 100%; margin: 12px 0 20px; }
      th, td { border: 1px solid var(--line); padding: 3px 8px; text-align: left; }
      caption { text-align: left; font-weight: bold; padding: 4px 0; }
      td.works { color: var(--good); } td.broken, td.undecided { color: var(--bad); font-weight: bold; }
      td.refused { color: var(--note); }
      svg { max-width: 100%; height: auto; margin: 8px 0; }
      </style>
      </head>
      <body>
      <h1>\(title)</h1>
      \(tables)\(reasons)\(pictures)</body>
      </html>

      """
  }

  private var tables: String {
    var result = ""
    for place in ClientPlace.allCases {
      for family in AddressFamily.allCases {
        let cells = table.cells.filter { $0.place == place && $0.family == family }
        guard let address = table.clients[place]?[family], !cells.isEmpty else { continue }
        result += "<table><caption>\(escapedForXML("\(place.title), \(address)"))</caption>\n<tr><th></th>"
        result += Encryption.allCases.map { "<th>\($0.title)</th>" }.joined() + "</tr>\n"
        for mode in DataMode.allCases {
          let row = Encryption.allCases.map { encryption -> String in
            guard let cell = cells.first(where: { $0.mode == mode && $0.encryption == encryption }) else { return "" }
            let outcome = cell.outcome.rawValue
            return "<td class=\"\(outcome)\" title=\"\(escapedForXML(cell.reason))\">\(outcome)</td>"
          }
          result += "<tr><th>\(mode.command)</th>\(row.joined())</tr>\n"
        }
        result += "</table>\n"
      }
    }
    return result
  }

  private var notes: String { table.notes.map { "<p>\(escapedForXML($0))</p>\n" }.joined() }

  private var reasons: String {
    let broken = table.shown(mode: nil, most: .max)
    guard !broken.isEmpty else { return notes }
    let items = broken.map { "<li>\(escapedForXML("\($0.title): \($0.reason)"))</li>\n" }.joined()
    let title =
      broken.contains { $0.isIntrusion } ? "What does not work, and who gets in all the same" : "What does not work"
    return "<h2>\(title)</h2>\n<ul>\n\(items)</ul>\n\(notes)"
  }
}

extension Compilation {
  /// `FILE:LINE: TEXT OF THE LINE` of a span; each file is indexed once.
  package func statementLocator() -> (SourceSpan) -> String {
    let locate = locator()
    let sources = sources
    return { span in printable("\(locate(span)): \(sources[span.file].line(at: span.range.lowerBound))") }
  }
}

extension SourceFile {
  /// The line around a byte, its blanks made single ones and without comment; of long lines the beginning.
  fileprivate func line(at offset: Int) -> String {
    let place = min(max(0, offset), bytes.count)
    let start = bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
    let words = text(start..<min(end, start + 120)).split(whereSeparator: \.isWhitespace)
    return words.prefix { !$0.hasPrefix("#") }.joined(separator: " ")
  }
}
