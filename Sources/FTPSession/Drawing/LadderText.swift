package import Diagnostics

extension Ladder {
  /// Columns in characters from the left, and how wide all is.
  fileprivate struct TextGrid {
    let count: Int

    /// Three columns have more room each.
    private var spacing: Int { count > 3 ? 25 : 37 }
    func x(_ column: Int) -> Int { 3 + spacing * column }
    var width: Int { x(count - 1) + 23 }
    /// The characters of a title.
    var titleLength: Int { spacing - 3 }
    /// The characters that fit beside a column.
    func noteLength(_ column: Int) -> Int { max(width - x(column) - 4, 40) }
  }

  /// The picture in characters, lines ended, about 100 columns wide, and 25 more for each gateway after the second.
  package func text(_ style: Style) -> String {
    let grid = TextGrid(count: columns.count)
    var lines = [style.bold(title), ""]
    var heads = Canvas()
    for (index, column) in columns.enumerated() {
      let title = Self.clipped(column.title, to: grid.titleLength)
      heads.put(title, at: max(grid.x(index) - title.count / 2, 0))
    }
    lines.append(heads.text)
    for row in rows {
      switch row {
      case .arrow(let arrow): lines += arrow.lines(grid, style)
      case .note(let text, let column): lines += Self.annotation(text, column, grid, mark: "|").map { style.cyan($0) }
      case .death(let text, let column): lines += Self.annotation(text, column, grid, mark: "!").map { style.red($0) }
      }
    }
    lines.append(Canvas(barsOf: grid).text)
    lines += Self.wrap("   " + conclusion, width: grid.width)
    return lines.map { $0 + "\n" }.joined()
  }

  /// Text beside a column.
  private static func annotation(_ text: String, _ column: Int, _ grid: TextGrid, mark: Character) -> [String] {
    wrap(text, width: grid.noteLength(column)).map { line in
      var canvas = Canvas()
      for left in 0..<column { canvas.put("|", at: grid.x(left)) }
      canvas.put("\(mark)", at: grid.x(column))
      canvas.put(line, at: grid.x(column) + 3)
      return canvas.text
    }
  }
}

/// One line of characters.
private struct Canvas {
  private var characters: [Character] = []

  init() {}

  init(barsOf grid: Ladder.TextGrid) {
    for column in 0..<grid.count { put("|", at: grid.x(column)) }
  }

  mutating func put(_ text: String, at column: Int) {
    for (offset, character) in text.enumerated() where column + offset >= 0 {
      while characters.count <= column + offset { characters.append(" ") }
      characters[column + offset] = character
    }
  }

  mutating func fill(_ range: Range<Int>, with character: Character) {
    for column in range { put(String(character), at: column) }
  }

  var text: String {
    var kept = characters
    while kept.last == " " { kept.removeLast() }
    return String(kept)
  }
}

extension Ladder.Arrow {
  /// The label, and the arrow below it.
  fileprivate func lines(_ grid: Ladder.TextGrid, _ style: Style) -> [String] {
    var label = Canvas(barsOf: grid)
    var head = self.label
    if let arrived { head += "  arrives as  \(arrived)" }
    label.put(" \(head) ", at: grid.x(0) + 2)
    var line = Canvas(barsOf: grid)
    let (start, end) = (grid.x(from), grid.x(to))
    let (low, high) = (min(start, end), max(start, end))
    if low < high {
      line.fill((low + 1)..<high, with: isData ? "=" : "-")
      for column in (min(from, to) + 1)..<max(from, to) {
        line.put(passed.contains(column) ? "|" : "-", at: grid.x(column))
      }
    }
    let tip = start < end ? high - 1 : low + 1
    line.put(isLost ? "X" : start < end ? ">" : "<", at: low < high ? tip : start + 1)
    return [label.text, isLost ? style.red(line.text) : line.text]
  }
}
