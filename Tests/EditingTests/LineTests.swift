import LiveSupport
import PolicySyntax
import Testing

@testable import Editing

@Suite struct LineTests {
  @Test("columns are counted as clients count them") func columns() {
    let bytes = Array("a\u{e9}\u{1F4A9}b\r\nc\rd\n\u{10FFFF}".utf8)
    let lines = TextLines(bytes)
    #expect(lines.count == 4)
    func place(_ offset: Int, _ encoding: PositionEncoding) -> [Int] {
      let position = lines.position(of: offset, in: bytes, encoding)
      return [position.line, position.character]
    }
    #expect(place(7, .utf16) == [0, 4] && place(7, .utf8) == [0, 7])
    #expect(place(10, .utf16) == [1, 0] && place(12, .utf16) == [2, 0] && place(99, .utf16) == [3, 2])
    func offset(_ line: Int, _ character: Int, _ encoding: PositionEncoding) -> Int {
      lines.offset(of: TextPosition(line: line, character: character), in: bytes, encoding)
    }
    #expect(offset(0, 3, .utf16) == 3, "within a pair it is the beginning of the character")
    #expect(offset(0, 5, .utf8) == 3)
    #expect(offset(0, 99, .utf16) == 8 && offset(99, 0, .utf16) == bytes.count && offset(-1, 5, .utf16) == 0)
    #expect(offset(1, -7, .utf16) == 10 && offset(0, .max, .utf8) == 8)
  }

  @Test("every offset between characters comes back") func roundTrip() {
    let text = "publish \u{1F600} {\r\n\t# \u{301}\u{e9}\n}\r\r\n"
    let bytes = Array(text.utf8)
    let lines = TextLines(bytes)
    for encoding in PositionEncoding.allCases {
      for (index, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
        let position = lines.position(of: index, in: bytes, encoding)
        // Between CR and LF there is no place.
        if byte == 0x0A, index > 0, bytes[index - 1] == 0x0D { continue }
        #expect(lines.offset(of: position, in: bytes, encoding) == index)
        // From wherever one counts.
        for other in [0, 5, 9, 12, 20, bytes.count] {
          let known = (offset: other, place: lines.position(of: other, in: bytes, encoding))
          #expect(lines.position(of: index, in: bytes, encoding, after: known) == position)
        }
      }
    }
  }

  @Test("lines follow edits") func edits() {
    var generator = SeededGenerator(state: 7)
    var bytes = Array("one\r\ntwo\nthree\r".utf8)
    var lines = TextLines(bytes)
    let pieces = ["", "x", "\n", "\r", "\r\n", "a\nb", "\n\r\n", "long line without end"]
    for _ in 0..<5000 {
      let start = generator.number(0...bytes.count)
      let end = min(bytes.count, start + generator.number(0...6))
      let new = Array(generator.pick(pieces).utf8)
      bytes.replaceSubrange(start..<end, with: new)
      lines.replace(start..<end, withBytes: new.count, in: bytes)
      #expect(lines.starts == TextLines(bytes).starts)
      if bytes.count > 400 { (bytes, lines) = ([], TextLines([])) }
    }
  }

  @Test(
    "the edits of the formatter make the canonical text",
    arguments: [
      office, "publish a {\ntls   off\n  helper on\n}\n\n\n\nclients x=1.2.3.4",
      "clients   a = 192.0.2.1\r\nclients b=a\r\n", "",
    ])
  func formatting(text: String) throws {
    let tree = MarkedText(text).tree
    let edits = try #require(formattingEdits(tree))
    var bytes = Array(text.utf8)
    for edit in edits.reversed() { bytes.replaceSubrange(edit.range, with: Array(edit.text.utf8)) }
    let result = String(decoding: bytes, as: UTF8.self)
    #expect(result == format(tree))
    #expect(formattingEdits(MarkedText(result).tree)?.isEmpty == true)
  }

  @Test func partsAndMistakes() throws {
    let tree = MarkedText("clients   a = 192.0.2.1\nclients   b = 192.0.2.2\nclients   c = 192.0.2.3\n").tree
    let edits = try #require(formattingEdits(tree, within: 26..<30))
    #expect(edits.map(\.text).joined().contains("clients b"))
    #expect(formattingEdits(MarkedText("publish {{{").tree) == nil)
  }
}
