import Diagnostics
import Editing

/// The text of an open file, as an editor has it.
struct OpenText: Sendable {
  /// As the editor names it.
  let uri: String
  private(set) var version: Int
  private(set) var source: SourceFile
  private(set) var lines: TextLines

  /// - Parameter name: The path, or the URI of what is no file on this machine.
  init(uri: String, name: String, version: Int, text: String) {
    self.uri = uri
    self.version = version
    source = SourceFile(name: name, text: text)
    lines = TextLines(source.bytes)
  }

  /// Applies changes, one after the other.
  ///
  /// - Returns: What was replaced and how many bytes took its place, for each change; `nil` for the whole text.
  mutating func apply(
    _ changes: [ContentChange], version: Int, _ encoding: PositionEncoding
  ) -> [(range: Range<Int>, count: Int)?] {
    self.version = version
    return changes.map { change in
      let new = Array(change.text.utf8)
      guard let range = change.range else {
        source.bytes = new
        lines = TextLines(new)
        return nil
      }
      let start = lines.offset(of: range.start.place, in: source.bytes, encoding)
      let end = max(start, lines.offset(of: range.end.place, in: source.bytes, encoding))
      source.bytes.replaceSubrange(start..<end, with: new)
      lines.replace(start..<end, withBytes: new.count, in: source.bytes)
      return (start..<end, new.count)
    }
  }
}

extension Position {
  var place: TextPosition { TextPosition(line: line, character: character) }

  init(_ place: TextPosition) { self.init(line: place.line, character: place.character) }
}

/// Tells the positions of bytes of one text.
struct Positions {
  let bytes: [UInt8]
  let lines: TextLines
  let encoding: PositionEncoding

  func range(_ range: Range<Int>) -> LSPRange {
    LSPRange(
      start: Position(lines.position(of: range.lowerBound, in: bytes, encoding)),
      end: Position(lines.position(of: range.upperBound, in: bytes, encoding)))
  }

  func offset(_ position: Position) -> Int { lines.offset(of: position.place, in: bytes, encoding) }

  func offsets(_ range: LSPRange) -> Range<Int> {
    let start = offset(range.start)
    return start..<max(start, offset(range.end))
  }
}
