import Netfilter
import Testing

@Suite("frames")
struct ProtocolTests {
  private static let frames = [
    Frame("protocol", "1"), Frame("verb", "check"), Frame("script", "table inet x {\n}\nend 0\n\n"),
    Frame("errors", ""),
    Frame("bytes", [0, 0xFF, 0x0A, 0x20]),
  ]

  @Test("come back as they were written")
  func roundTrip() {
    #expect(Frame.parse(Frame.bytes(of: Self.frames)) == Self.frames)
    #expect(Frame.parse(Frame.bytes(of: [])) == [])
  }

  @Test("that were cut short anywhere are none")
  func cutShort() {
    let whole = Frame.bytes(of: Self.frames)
    for length in whole.indices { #expect(Frame.parse(Array(whole[..<length])) == nil, "\(length) bytes") }
    #expect(Frame.parse(whole + [0x0A]) == nil)
  }

  @Test(
    "with other headers are none",
    arguments: [
      "end\n\n", "end 1\nx\n", "a -1\n\nend 0\n\n", "a 9223372036854775807\n\nend 0\n\n",
      "a 99999999999999999999\n\n",
      "a b 1\nx\nend 0\n\n", " 1\nx\nend 0\n\n", "a 1\nxyend 0\n\n", "a 0x1\nx\nend 0\n\n", "\n\n\n", "a 1 \n",
    ])
  func malformed(text: String) {
    #expect(Frame.parse(Array(text.utf8)) == nil)
  }

  @Test("whose header has no end are not searched for it")
  func longHeader() {
    #expect(Frame.parse([UInt8](repeating: 0x61, count: 1 << 20) + [0x0A]) == nil)
  }
}
