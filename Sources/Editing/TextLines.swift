import Diagnostics

/// How a client of the language server counts the columns of a line.
package enum PositionEncoding: String, CaseIterable, Sendable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
}

/// A place in a text as the language server protocol counts: line and column from 0.
package struct TextPosition: Hashable, Comparable, Sendable {
  package var line: Int
  /// In the units of a `PositionEncoding`.
  package var character: Int

  package init(line: Int, character: Int) {
    self.line = line
    self.character = character
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.line, left.character) < (right.line, right.character)
  }
}

/// Where the lines of a text begin. A line ends with LF, CR LF or CR, as the protocol has it; for the language a CR is
/// white space.
package struct TextLines: Sendable {
  /// Byte offsets, the first of them 0.
  private(set) var starts: [Int]

  package init(_ bytes: [UInt8]) {
    starts = [0]
    Self.add(to: &starts, from: 0, to: bytes.count, of: bytes)
  }

  package var count: Int { starts.count }

  /// Adds the beginnings of lines after line ends that end in a part of a text.
  private static func add(to starts: inout [Int], from start: Int, to end: Int, of bytes: [UInt8]) {
    let text = bytes.span
    var offset = start
    while offset < end {
      let byte = text[offset]
      offset += 1
      guard byte == 0x0A || byte == 0x0D else { continue }
      if byte == 0x0D, offset < text.count, text[offset] == 0x0A { continue }
      starts.append(offset)
    }
  }

  /// Follows an edit of the text.
  ///
  /// - Parameters:
  ///   - range: What was replaced, in the text before.
  ///   - bytes: The text after it.
  package mutating func replace(_ range: Range<Int>, withBytes count: Int, in bytes: [UInt8]) {
    // A CR before the edit, or a LF after it, may be half of a line end.
    let first = max(0, line(of: max(0, range.lowerBound - 1)))
    let last = line(of: range.upperBound) + 2
    let delta = count - range.count
    let end = last < starts.count ? starts[last] + delta : bytes.count
    var changed: [Int] = []
    Self.add(to: &changed, from: starts[first], to: min(end, bytes.count), of: bytes)
    let kept = starts[min(last + 1, starts.count)...].map { $0 + delta }
    starts.replaceSubrange((first + 1)..., with: changed + kept)
  }

  /// The line, from 0, that holds a byte offset.
  package func line(of offset: Int) -> Int {
    max(0, starts.indices.partitionPoint { starts[$0] <= offset } - 1)
  }

  /// The bytes of a line without its end; of a line after the last nothing, at the end of the text.
  package func range(ofLine line: Int, in bytes: [UInt8]) -> Range<Int> {
    guard starts.indices.contains(line) else { return bytes.count..<bytes.count }
    let start = min(starts[line], bytes.count)
    var end = line + 1 < starts.count ? min(starts[line + 1], bytes.count) : bytes.count
    if line + 1 < starts.count {
      if end > start, bytes[end - 1] == 0x0A { end -= 1 }
      if end > start, bytes[end - 1] == 0x0D { end -= 1 }
    }
    return start..<end
  }

  /// The byte offset of a position. A column after the end of its line is that end, and one within a character the
  /// beginning of that character.
  package func offset(of position: TextPosition, in bytes: [UInt8], _ encoding: PositionEncoding) -> Int {
    guard position.line >= 0 else { return 0 }
    let range = range(ofLine: position.line, in: bytes)
    var (offset, units) = (range.lowerBound, 0)
    while offset < range.upperBound {
      var next = offset + 1
      while next < range.upperBound, bytes[next] & 0xC0 == 0x80 { next += 1 }
      units += encoding == .utf8 ? next - offset : bytes[offset] >= 0xF0 ? 2 : 1
      if units > position.character { break }
      offset = next
    }
    return offset
  }

  /// The position of a byte offset; one beyond the text is its end.
  ///
  /// - Parameter known: Another offset with its position, from which to count where it lies nearby on the same line.
  package func position(
    of offset: Int, in bytes: [UInt8], _ encoding: PositionEncoding,
    after known: (offset: Int, place: TextPosition)? = nil
  ) -> TextPosition {
    let offset = min(max(0, offset), bytes.count)
    let line = line(of: offset)
    let start = min(starts[line], offset)
    guard encoding == .utf16 else { return TextPosition(line: line, character: offset - start) }
    func units(_ range: Range<Int>) -> Int {
      bytes[range].reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + ($1 >= 0xF0 ? 2 : 1) }
    }
    guard let known, known.place.line == line, known.offset >= start, abs(known.offset - offset) < offset - start
    else {
      return TextPosition(line: line, character: units(start..<offset))
    }
    let ahead = known.offset <= offset
    let between = units(ahead ? known.offset..<offset : offset..<known.offset)
    return TextPosition(line: line, character: known.place.character + (ahead ? between : -between))
  }
}
