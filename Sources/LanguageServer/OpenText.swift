import Diagnostics
import Editing

/// The text of an open file, as an editor has it.
struct OpenText: Sendable {
  /// As the editor names it.
  let uri: String
  var version: Int
  private(set) var source: SourceFile
  private(set) var lines: TextLines

  /// - Parameter name: The path, or the URI of what is no file on this machine.
  init(uri: String, name: String, version: Int, text: String) {
    self.uri = uri
    self.version = version
    source = SourceFile(name: name, text: text)
    lines = TextLines(source.bytes)
  }

  mutating func replaceAll(_ text: String) {
    source.bytes = Array(text.utf8)
    lines = TextLines(source.bytes)
  }

  /// Puts a text into the place of another.
  ///
  /// - Returns: The bytes that were replaced, and how many took their place.
  mutating func apply(
    _ text: String, to range: LSPRange, _ encoding: PositionEncoding
  ) -> (range: Range<Int>, count: Int) {
    let new = Array(text.utf8)
    let start = lines.offset(of: range.start.place, in: source.bytes, encoding)
    let end = max(start, lines.offset(of: range.end.place, in: source.bytes, encoding))
    source.bytes.replaceSubrange(start..<end, with: new)
    lines.replace(start..<end, withBytes: new.count, in: source.bytes)
    return (start..<end, new.count)
  }
}

extension Position {
  var place: TextPosition { TextPosition(line: line, character: character) }

  init(_ place: TextPosition) { self.init(line: place.line, character: place.character) }
}

/// Tells the positions of bytes of one text. Remembers the last answer, so that many places of one very long line,
/// asked for in order, cost one pass.
struct Positions {
  private final class Memory {
    var last = (offset: 0, place: TextPosition(line: 0, character: 0))
  }

  let bytes: [UInt8]
  let lines: TextLines
  let encoding: PositionEncoding
  private let memory = Memory()

  init(bytes: [UInt8], lines: TextLines, encoding: PositionEncoding) {
    self.bytes = bytes
    self.lines = lines
    self.encoding = encoding
  }

  func range(_ range: Range<Int>) -> LSPRange {
    LSPRange(start: position(range.lowerBound), end: position(range.upperBound))
  }

  private func position(_ offset: Int) -> Position {
    let place = lines.position(of: offset, in: bytes, encoding, after: memory.last)
    memory.last = (min(max(0, offset), bytes.count), place)
    return Position(place)
  }

  func offset(_ position: Position) -> Int { lines.offset(of: position.place, in: bytes, encoding) }

  func offsets(_ range: LSPRange) -> Range<Int> {
    let start = offset(range.start)
    return start..<max(start, offset(range.end))
  }
}
