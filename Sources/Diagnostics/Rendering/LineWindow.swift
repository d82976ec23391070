/// One source line as a terminal shows it: tabs as spaces, dangerous characters replaced, and of a very long line only
/// what lies around the place in question.
struct LineWindow {
  /// Scalars shown at most.
  private static let limit = 160
  private static let tabWidth = 4

  private(set) var text = ""
  /// The terminal cell, from 0, at which each shown column begins, and the one after the last.
  private var starts: [Int] = []
  /// The first shown column, from 1.
  private var firstColumn = 1

  /// - Parameters:
  ///   - bytes: The line.
  ///   - anchor: The byte, as an index of `bytes`, that must be visible.
  ///   - column: Its column, from 1.
  init(_ bytes: ArraySlice<UInt8>, around anchor: Int, column: Int) {
    let anchor = min(max(anchor, bytes.startIndex), bytes.endIndex)
    var start = max(bytes.startIndex, anchor - Self.limit * 2)
    while start < anchor, bytes[start] & 0xC0 == 0x80 { start += 1 }
    let end = min(bytes.endIndex, anchor + Self.limit * 4)
    let before = Array(String(decoding: bytes[start..<anchor], as: UTF8.self).unicodeScalars)
    let after = Array(String(decoding: bytes[anchor..<end], as: UTF8.self).unicodeScalars)
    let isWhole = start == bytes.startIndex && before.count + after.count <= Self.limit
    let shown = isWhole ? before[...] : before.suffix(Self.limit / 2)
    firstColumn = max(1, column - shown.count)
    let scalars = shown + after
    let isCut = end < bytes.endIndex || scalars.count > Self.limit
    var cell = 0
    if firstColumn > 1 {
      text = "…"
      cell = 1
    }
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

  /// The terminal cells of a range of columns, as far as they are shown; the `…` of what was cut stands for the rest.
  func cells(_ columns: Range<Int>) -> Range<Int> {
    let low = start(of: columns.lowerBound)
    return low..<max(low, start(of: columns.upperBound))
  }

  private func start(of column: Int) -> Int {
    guard column >= firstColumn else { return 0 }
    let index = min(column - firstColumn, starts.count - 1)
    return starts.indices.contains(index) ? starts[index] : 0
  }
}
