/// One source line as a terminal shows it: tabs as spaces, dangerous characters replaced, and of a very long line only
/// what lies around the place in question.
struct LineWindow {
  /// Scalars shown at most.
  private static let limit = 160
  private static let tabWidth = 4

  private(set) var text = ""
  /// The terminal cell, from 0, at which each shown column begins, and the one behind the last.
  private var starts: [Int] = []
  /// The first shown column, from 1.
  private var firstColumn = 1

  /// - Parameter column: The column, from 1, that must be visible.
  init(_ bytes: ArraySlice<UInt8>, around column: Int) {
    var scalars = ArraySlice(String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0 })
    var cell = 0
    if scalars.count > Self.limit, column > Self.limit / 2 {
      let skipped = min(column - Self.limit / 2, scalars.count)
      scalars = scalars.dropFirst(skipped)
      firstColumn = skipped + 1
      text = "…"
      cell = 1
    }
    let isCut = scalars.count > Self.limit
    for scalar in scalars.prefix(Self.limit) {
      starts.append(cell)
      if scalar == "\t" {
        let width = Self.tabWidth - cell % Self.tabWidth
        text += String(repeating: " ", count: width)
        cell += width
      } else {
        let shown = printable(scalar)
        text.unicodeScalars.append(shown)
        cell += displayWidth(of: shown)
      }
    }
    starts.append(cell)
    if isCut { text += "…" }
  }

  /// The terminal cells of a range of columns, as far as they are shown.
  func cells(_ columns: Range<Int>) -> Range<Int> {
    let low = start(of: columns.lowerBound)
    return low..<max(low, start(of: columns.upperBound))
  }

  private func start(of column: Int) -> Int {
    let index = min(max(0, column == .max ? starts.count - 1 : column - firstColumn), starts.count - 1)
    return starts.indices.contains(index) ? starts[index] : 0
  }
}
