import Testing

@testable import LanguageServer

@Suite struct FrameTests {
  /// What is read of some bytes that come in pieces.
  private func frames(_ bytes: [UInt8], pieces: Int = 1) -> (frames: [FrameReader.Frame], isWithin: Bool) {
    var reader = FrameReader()
    var found: [FrameReader.Frame] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      reader.append(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
      while let frame = reader.next() { found.append(frame) }
    }
    return (found, reader.isWithinMessage)
  }

  private func message(_ text: String) -> [UInt8] { Array("Content-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8) }

  @Test("messages come in whatever pieces", arguments: [1, 2, 7, 1000]) func pieces(pieces: Int) {
    let bytes = message("one") + message("") + Array("content-type: x; charset=utf-8\r\nCONTENT-LENGTH:3\n\ntwo".utf8)
    let read = frames(bytes, pieces: pieces)
    #expect(read.frames == ["one", "", "two"].map { .message(Array($0.utf8)) } && !read.isWithin)
  }

  @Test("a message that is too large is passed over, and takes no memory") func tooLarge() {
    var reader = FrameReader()
    reader.append("Content-Length: \(FrameReader.largestMessage + 1)\r\n\r\n".utf8)
    guard case .fault = reader.next() else { return #expect(Bool(false), "a fault") }
    let piece = [UInt8](repeating: 0x20, count: 1 << 20)
    var rest = FrameReader.largestMessage + 1
    while rest > 0 {
      reader.append(piece.prefix(rest))
      rest -= min(rest, piece.count)
      #expect(reader.next() == nil)
    }
    reader.append(message("next"))
    #expect(reader.next() == .message(Array("next".utf8)))
  }

  @Test(
    "a header that says nothing has a fault",
    arguments: [
      ("Content-Type: x\r\n\r\n", false), ("\r\n", false), ("Content-Length: many\r\n\r\n", true),
      ("Content-Length: -1\r\n\r\n", true),
      ("Content-Length: 99999999999999999999999\r\n\r\n", true),
      ("Content-Length: 1\r\nContent-Length: 2\r\n\r\n", true),
      ("no header at all\r\n\r\n", true), ("Content-Length: 0x10\r\n\r\n", true), ("Content-Length:\r\n\r\n", true),
      (String(repeating: "x", count: 5000), true), ("X: " + String(repeating: "y", count: 9000) + "\r\n\r\n", true),
    ])
  func faults(header: String, isLost: Bool) {
    let read = frames(Array(header.utf8) + message("next"), pieces: 4096).frames
    if isLost {
      guard case .lost = read.last, read.count == 1 else { return #expect(Bool(false), "\(read)") }
    } else {
      guard case .fault = read.first else { return #expect(Bool(false), "\(read)") }
      #expect(read.last == .message(Array("next".utf8)))
    }
  }

  @Test("another encoding is passed over") func encoding() {
    let read = frames(Array("Content-Type: a; charset=latin-1\r\nContent-Length: 2\r\n\r\nxx".utf8) + message("next"))
    guard case .fault = read.frames.first else { return #expect(Bool(false), "\(read)") }
    #expect(read.frames.last == .message(Array("next".utf8)))
  }

  @Test("the end within a message is known") func ends() {
    #expect(frames(Array("Content-Le".utf8)).isWithin && frames(Array("Content-Length: 5\r\n\r\nab".utf8)).isWithin)
    #expect(!frames([]).isWithin && !frames(message("x")).isWithin)
  }

  @Test(
    "URIs are paths and back",
    arguments: [
      "/a.sally", "/with space/\u{e9}.sally", "/a%20b", "/100%", "/#?.sally", "/",
    ])
  func uris(path: String) { #expect(FileURI.path(of: FileURI.uri(of: path)) == path) }

  @Test(arguments: [
    "untitled:a", "file://other/a", "file:///a%00b", "file:///%zz", "file:///%", "http://x/a", "file:a",
    "file:///%ff",
  ])
  func noFiles(uri: String) { #expect(FileURI.path(of: uri) == nil) }

  @Test func otherFormsOfURIs() {
    #expect(FileURI.path(of: "file://localhost/a") == "/a" && FileURI.path(of: "FILE:///a%2Fb#x") == "/a/b")
  }
}
