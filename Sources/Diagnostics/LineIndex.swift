/// A place in a text as people count: line and column from 1. A column is one Unicode scalar, a tab is one.
package struct LinePosition: Hashable, Sendable {
  package var line: Int
  package var column: Int
}

/// Turns byte offsets of one file into lines and columns.
///
/// Remembers the last answer, so that many offsets of one very long line, asked for in order, cost one pass.
package struct LineIndex {
  private let file: SourceFile
  private let starts: [Int]
  private var last = (start: 0, offset: 0, column: 1)

  package init(_ file: SourceFile) {
    self.file = file
    starts = Self.starts(of: file.bytes)
  }

  /// Where lines begin. Eight bytes are looked at together, because most hold no line end.
  private static func starts(of bytes: [UInt8]) -> [Int] {
    var starts = [0]
    bytes.withUnsafeBytes { text in
      var offset = 0
      while offset < text.count {
        let end = min(offset + 8, text.count)
        // A byte is a line end where it is 0 after the exclusive or; taking 1 from it then sets its high bit.
        let word =
          offset + 8 <= text.count
          ? text.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ 0x0A0A_0A0A_0A0A_0A0A : 0
        if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 {
          for position in offset..<end where text[position] == 0x0A { starts.append(position + 1) }
        }
        offset = end
      }
    }
    return starts
  }

  /// The line, from 1, that holds the byte offset.
  package func line(of offset: Int) -> Int {
    max(1, starts.indices.partitionPoint { starts[$0] <= offset })
  }

  /// The bytes of a line, from 1, without its line ending; an empty range for a line that does not exist.
  package func range(ofLine line: Int) -> Range<Int> {
    guard line >= 1, line <= starts.count else { return file.bytes.count..<file.bytes.count }
    let start = starts[line - 1]
    var end = line < starts.count ? starts[line] - 1 : file.bytes.count
    if end > start, file.bytes[end - 1] == 0x0D { end -= 1 }
    return start..<end
  }

  /// Line and column of a byte offset; offsets past the end count as the end.
  package mutating func position(of offset: Int) -> LinePosition {
    let offset = min(max(0, offset), file.bytes.count)
    let line = line(of: offset)
    let start = starts[line - 1]
    if last.start != start || last.offset > offset { last = (start, start, 1) }
    for byte in file.bytes[last.offset..<offset] where !isContinuation(byte) { last.column += 1 }
    last.offset = offset
    return LinePosition(line: line, column: last.column)
  }

  private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
