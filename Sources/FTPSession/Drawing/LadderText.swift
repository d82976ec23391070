package import Diagnostics

extension Ladder {
  /// Columns of the three lines, in characters from the left.
  private static func column(_ role: Role) -> Int {
    switch role {
    case .client: 3
    case .gateway: 40
    case .server: 77
    }
  }

  private static let width = 100

  /// The picture in characters, lines ended, at most about 100 columns wide.
  package func text(_ style: Style) -> String {
    var lines = [style.bold(title), ""]
    var heads = Canvas()
    for role in Role.allCases { heads.put(role.rawValue, at: Self.column(role) - role.rawValue.count / 2) }
    lines.append(heads.text)
    for row in rows {
      switch row {
      case .arrow(let arrow): lines += arrow.lines(style)
      case .note(let text): lines += Self.annotation(text, mark: "|").map { style.cyan($0) }
      case .death(let text): lines += Self.annotation(text, mark: "!").map { style.red($0) }
      }
    }
    lines.append(Canvas.bars.text)
    lines += Self.wrap("   " + conclusion, width: Self.width)
    return lines.map { $0 + "\n" }.joined()
  }

  /// Text beside the line of the gateway.
  private static func annotation(_ text: String, mark: Character) -> [String] {
    wrap(text, width: width - 44).map { line in
      var canvas = Canvas()
      canvas.put("|", at: column(.client))
      canvas.put("\(mark)", at: column(.gateway))
      canvas.put(line, at: column(.gateway) + 3)
      return canvas.text
    }
  }

  fileprivate static func bar(_ role: Role) -> Int { column(role) }
}

/// One line of characters.
private struct Canvas {
  private var characters: [Character] = []

  static var bars: Canvas {
    var canvas = Canvas()
    for role in Role.allCases { canvas.put("|", at: Ladder.bar(role)) }
    return canvas
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
  fileprivate func lines(_ style: Style) -> [String] {
    var label = Canvas.bars
    var head = self.label
    if let arrived { head += "  arrives as  \(arrived)" }
    label.put(" \(head) ", at: Ladder.bar(.client) + 2)
    var line = Canvas.bars
    let (start, end) = (Ladder.bar(from), Ladder.bar(to))
    let (low, high) = (min(start, end), max(start, end))
    if low < high {
      line.fill((low + 1)..<high, with: isData ? "=" : "-")
      if low < Ladder.bar(.gateway), high > Ladder.bar(.gateway) {
        line.put(passesGateway ? "|" : "-", at: Ladder.bar(.gateway))
      }
    }
    let tip = start < end ? high - 1 : low + 1
    line.put(isLost ? "X" : start < end ? ">" : "<", at: low < high ? tip : start + 1)
    return [label.text, isLost ? style.red(line.text) : line.text]
  }
}
