import Diagnostics

extension Ladder {
  /// What pictures look like, light and dark.
  package static let styleSheet = """
    :root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --line: #8a929b; --data: #0757b5; \
    --bad: #b42318; --good: #0f7a3c; --note: #57606a; --head: #eef1f4; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14181d; --line: #6d7680; --data: #74b3ff; \
    --bad: #ff8a7a; --good: #6ad695; --note: #9aa4af; --head: #20262d; } }
    .ladder { background: var(--paper); font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
    .ladder text { fill: var(--ink); stroke: var(--paper); stroke-width: 4px; paint-order: stroke; } .ladder .head { font-weight: bold; font-size: 13px; }
    .ladder .box { fill: var(--head); stroke: var(--line); } .ladder .life { stroke: var(--line); stroke-dasharray: 2 4; }
    .ladder .arrow { stroke: var(--ink); fill: none; } .ladder .tip { fill: var(--ink); }
    .ladder .data .arrow { stroke: var(--data); stroke-width: 2; } .ladder .data .tip { fill: var(--data); }
    .ladder .lost .arrow { stroke: var(--bad); } .ladder .lost .tip { fill: var(--bad); }
    .ladder .note { fill: var(--note); } .ladder .death { fill: var(--bad); font-weight: bold; }
    .ladder .works { fill: var(--good); font-weight: bold; }
    """

  private static let size = (row: 34, note: 17)

  /// Where columns are, and how wide all is.
  private struct Grid {
    let width: Int
    private let spacing: Int
    private let last: Int

    init(_ count: Int) {
      last = max(count - 1, 1)
      spacing = max(660 / last, 200)
      width = 140 + spacing * last
    }

    func x(_ column: Int) -> Int { 70 + spacing * min(max(column, 0), last) }

    /// The characters of a title.
    var titleLength: Int { spacing / 8 - 2 }

    /// The characters that fit beside a column.
    func noteLength(_ column: Int) -> Int { min(44, max(24, (width - x(column) - 20) / 7)) }
  }

  /// A self-contained SVG document, 800 units wide, and more for more than four columns; it follows the reader's
  /// preference for light or dark.
  ///
  /// Who cannot see it is told the same by its title and its description; on a page, where the sentences stand beside
  /// it, by these.
  ///
  /// - Parameter isDocument: Whether it is no part of a page, which has the style sheet and the sentences already.
  package func svg(isDocument: Bool = true) -> String {
    let grid = Grid(columns.count)
    var canvas = SVGCanvas(grid: grid)
    canvas.y = 26
    canvas.text(title, x: 12, kind: "head")
    canvas.y += 18
    let top = canvas.y
    canvas.y += 38
    for row in rows { canvas.draw(row) }
    canvas.y += 8
    let bottom = canvas.y
    for line in Self.wrap(conclusion, width: 104) {
      canvas.y += Self.size.note
      canvas.text(line, x: 12, kind: works ? "works" : "death")
    }
    let height = canvas.y + 16
    let heads = columns.enumerated().map { index, column in
      let x = grid.x(index)
      let title = Self.clipped(column.title, to: grid.titleLength)
      let half = max(50, title.count * 4 + 8)
      return """
        <line class="life" x1="\(x)" y1="\(top + 24)" x2="\(x)" y2="\(bottom)"/>
        <rect class="box" x="\(x - half)" y="\(top)" width="\(2 * half)" height="24" rx="4"/>
        <text class="head" x="\(x)" y="\(top + 17)" text-anchor="middle">\(escapedForXML(title))</text>

        """
    }.joined()
    let style = isDocument ? "<style>\(Self.styleSheet)</style>\n" : ""
    let words = sentences.map { escapedForXML($0) + "\n" }.joined()
    let role = isDocument ? "role=\"img\" aria-labelledby=\"title description\"" : "aria-hidden=\"true\""
    let description =
      isDocument
      ? "<title id=\"title\">\(escapedForXML(title))</title>\n<desc id=\"description\">\(words)</desc>\n" : ""
    return """
      <svg class="ladder" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(grid.width) \(height)" \
      width="\(grid.width)" height="\(height)" \(role)>
      \(description)\(style)<rect width="\(grid.width)" height="\(height)" style="fill: var(--paper)"/>
      \(heads)\(canvas.body)</svg>

      """
  }

  /// Collects elements from top to bottom.
  private struct SVGCanvas {
    let grid: Grid
    var y = 0
    var body = ""

    init(grid: Grid) { self.grid = grid }

    mutating func text(_ text: String, x: Int, kind: String = "") {
      let attribute = kind.isEmpty ? "" : " class=\"\(kind)\""
      body += "<text\(attribute) x=\"\(x)\" y=\"\(y)\">\(escapedForXML(text))</text>\n"
    }

    mutating func draw(_ row: Row) {
      switch row {
      case .arrow(let arrow): draw(arrow)
      case .note(let text, let column): annotate(text, column, "note")
      case .death(let text, let column): annotate(text, column, "death")
      }
    }

    private mutating func annotate(_ text: String, _ column: Int, _ kind: String) {
      for line in Ladder.wrap(text, width: grid.noteLength(column)) {
        y += Ladder.size.note
        self.text(line, x: grid.x(column) + 12, kind: kind)
      }
    }

    private mutating func draw(_ arrow: Arrow) {
      var label = arrow.label
      if let arrived = arrow.arrived { label += "  arrives as  \(arrived)" }
      for line in Ladder.wrap(label, width: 88) {
        y += Ladder.size.note
        text(line, x: grid.x(0) + 10)
      }
      y += Ladder.size.row - Ladder.size.note - 8
      let (start, end) = (grid.x(arrow.from), grid.x(arrow.to))
      let step = end >= start ? 1 : -1
      let tip = end == start ? start + 24 : end - 2 * step
      let kinds = (arrow.isData ? " data" : "") + (arrow.isLost ? " lost" : "")
      body +=
        "<g class=\"flow\(kinds)\"><line class=\"arrow\" x1=\"\(start)\" y1=\"\(y)\" x2=\"\(tip)\" y2=\"\(y)\"/>"
      if arrow.isLost {
        body += "<path class=\"arrow\" d=\"M\(tip - 6) \(y - 6)l12 12m0 -12l-12 12\"/></g>\n"
      } else {
        body += "<path class=\"tip\" d=\"M\(tip) \(y)l\(-8 * step) -4v8z\"/></g>\n"
      }
      y += 4
    }
  }
}

/// A text between tags or in an attribute. Control characters, which XML does not have, and characters that change the
/// direction of text become U+FFFD.
package func escapedForXML(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars.lazy.map(printable) {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
