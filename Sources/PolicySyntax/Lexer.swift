package import Diagnostics
import Parallel

/// The tokens and comments of one file, with what was wrong about single characters.
package struct LexedFile: Sendable {
  package var tokens: [Token] = []
  /// Whether any token is `invalid`.
  package var hasInvalidTokens = false
  package var comments: [Comment] = []
  package var diagnostics: [Diagnostic] = []

  /// Adds what was read after this.
  fileprivate mutating func append(_ next: LexedFile) {
    tokens += next.tokens
    hasInvalidTokens = hasInvalidTokens || next.hasInvalidTokens
    comments += next.comments
    diagnostics += next.diagnostics
  }
}

/// Splits a policy file into tokens. Never fails: bytes that begin no token become `invalid` tokens.
///
/// No token and no comment goes beyond its line, so the parts of a large file are read at once.
package func lex(_ source: SourceFile, as file: SourceID) -> LexedFile {
  let bytes = source.bytes
  var whole = inParallel(bytes.count, least: 1 << 20) { part, room in
    var lexer = Lexer(bytes: bytes, file: file, lines: wholeLines(of: bytes, part))
    lexer.result.tokens.reserveCapacity(room / 6 + 1)
    lexer.run()
    return lexer.result
  } joinedBy: {
    $0.append($1)
  }
  whole.appendEnd(of: bytes)
  return whole
}

/// The tokens of whole lines of a file, without that of its end.
func lex(_ source: SourceFile, as file: SourceID, lines: Range<Int>) -> LexedFile {
  var lexer = Lexer(bytes: source.bytes, file: file, lines: lines)
  lexer.run()
  return lexer.result
}

extension LexedFile {
  /// Adds the token of the end of a file.
  mutating func appendEnd(of bytes: [UInt8]) {
    let end = Int32(clamping: bytes.count)
    let lastLine = bytes.lastIndex(of: 0x0A) ?? -1
    let startsLine = tokens.last.map { $0.start < lastLine } ?? true
    tokens.append(Token(kind: .endOfFile, startsLine: startsLine, start: end, end: end))
  }
}

/// The lines that begin in a part of a text.
private func wholeLines(of bytes: [UInt8], _ part: Range<Int>) -> Range<Int> {
  func firstStart(from offset: Int) -> Int {
    guard offset > 0, offset < bytes.count else { return offset }
    return bytes[(offset - 1)...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
  }
  return firstStart(from: part.lowerBound)..<firstStart(from: part.upperBound)
}

private struct Lexer {
  let bytes: [UInt8]
  let file: SourceID
  /// Where the lines end that are read.
  let end: Int
  var offset: Int
  var startsLine = true
  var result = LexedFile()

  /// - Parameter lines: Whole lines.
  init(bytes: [UInt8], file: SourceID, lines: Range<Int>) {
    self.bytes = bytes
    self.file = file
    offset = lines.lowerBound
    end = lines.upperBound
  }

  mutating func run() {
    if offset == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    while let byte = peek() {
      switch byte {
      case 0x0A:
        startsLine = true
        offset += 1
      case 0x20, 0x09, 0x0D: offset = end(from: offset + 1) { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      case UInt8(ascii: "#"): comment()
      case UInt8(ascii: "\""): string()
      case UInt8(ascii: "{"): single(.leftBrace)
      case UInt8(ascii: "}"): single(.rightBrace)
      case UInt8(ascii: "="): single(.equals)
      case UInt8(ascii: ","): single(.comma)
      case UInt8(ascii: ";"): single(.semicolon)
      case _ where isArrow(at: offset): emit(.arrow, length: 2)
      case _ where isWordByte(byte): word()
      default: invalid()
      }
    }
  }

  func peek(_ distance: Int = 0) -> UInt8? {
    let index = offset + distance
    return index < end ? bytes[index] : nil
  }

  /// Where bytes of some kind end that begin at `start`; at the latest where the lines end.
  func end(from start: Int, of isOne: (UInt8) -> Bool) -> Int {
    let text = bytes.span
    var next = start
    while next < end, isOne(text[next]) { next += 1 }
    return next
  }

  func isArrow(at index: Int) -> Bool {
    bytes[index] == UInt8(ascii: "-") && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: ">")
  }

  mutating func single(_ kind: TokenKind) { emit(kind, length: 1) }

  mutating func emit(_ kind: TokenKind, length: Int) {
    result.tokens.append(
      Token(kind: kind, startsLine: startsLine, start: Int32(clamping: offset), end: Int32(clamping: offset + length))
    )
    startsLine = false
    offset += length
  }

  mutating func word() {
    var next = end(from: offset, of: isWordByte)
    // The first half of an arrow could stand in a word.
    if next < end, bytes[next] == UInt8(ascii: ">"), bytes[next - 1] == UInt8(ascii: "-") { next -= 1 }
    emit(.word, length: next - offset)
  }

  mutating func comment() {
    let start = offset
    offset = end(from: start) { $0 != 0x0A }
    var end = offset
    while end > start, bytes[end - 1] == 0x0D { end -= 1 }
    result.comments.append(
      Comment(startsLine: startsLine, start: Int32(clamping: start), end: Int32(clamping: end)))
    reportBadText(in: start..<end, context: "a comment")
  }

  mutating func string() {
    let start = offset
    var length = 1
    var isClosed = false
    var badEscapes: [Int] = []
    while true {
      length = end(from: start + length, of: isPlainInString) - start
      guard let byte = peek(length), byte != 0x0A else { break }
      length += 1
      if byte == UInt8(ascii: "\"") {
        isClosed = true
        break
      }
      if byte == UInt8(ascii: "\\") {
        let position = start + length - 1
        if isEscape(at: position) { length += 1 } else { badEscapes.append(position) }
      }
    }
    reportEscapes(badEscapes)
    if !isClosed {
      while length > 1, bytes[start + length - 1] == 0x0D { length -= 1 }
      report(
        "unterminated-string", "this string is never closed", start..<start + length,
        help: "close it with `\"` on the same line")
    }
    reportBadText(in: start..<start + length, context: "a string")
    // Nothing is known of what a string would say that is never closed.
    if !isClosed { result.hasInvalidTokens = true }
    emit(isClosed ? .string : .invalid, length: length)
  }

  /// Whether the backslash at `position` stands before what it may stand before.
  func isEscape(at position: Int) -> Bool {
    let next = position + 1 < bytes.count ? bytes[position + 1] : 0x0A
    return next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\")
  }

  /// Reports the backslashes of one string, as in a path of Windows, with one fix for all of them.
  mutating func reportEscapes(_ positions: [Int]) {
    guard let first = positions.first else { return }
    let next = first + 1 < bytes.count ? bytes[first + 1] : 0x0A
    let edits = positions.prefix(100).map { TextEdit(SourceSpan(file: file, $0..<$0), "\\") }
    result.diagnostics.append(
      .error(
        "invalid-escape", "a backslash in a string stands before `\"` or `\\` only",
        at: SourceSpan(file: file, first..<(next == 0x0A || next == 0x0D ? first + 1 : first + 2)),
        help: "write `\\\\` for a backslash", fixes: [FixIt("write `\\\\`", .safe, edits)]))
  }

  mutating func invalid() {
    let start = offset
    while let byte = peek(), !beginsToken(byte) { offset += 1 }
    let end = max(offset, start + 1)
    offset = start
    let text = bytes[start..<end]
    if String(validating: text, as: UTF8.self) == nil {
      report("invalid-utf8", "these bytes are not UTF-8", start..<end, help: "save the file as UTF-8")
    } else if !hasInvalidOnLine(before: start) {
      report(
        "invalid-character", "`\(String(decoding: text.prefix(40), as: UTF8.self))` has no meaning here",
        start..<end, help: wayOut(of: bytes[start]))
    }
    result.hasInvalidTokens = true
    emit(.invalid, length: end - start)
  }

  /// Whether something on the same line was reported already: nothing is known of that statement then.
  func hasInvalidOnLine(before start: Int) -> Bool {
    guard let last = result.diagnostics.last, last.code == "invalid-character" else { return false }
    let between = last.primary.span.range.upperBound..<start
    return between.count < 400 && bytes.indices.contains(start) && !bytes[between].contains(0x0A)
  }

  func wayOut(of byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "$"):
      "there are no variables: write the value, or name a list with `clients NAME = ADDRESS, ...`"
    case UInt8(ascii: "!"): "who is kept out stands in `deny`"
    case UInt8(ascii: "\\"): "a list goes on in the next line after a comma"
    default: "names are `[a-z][a-z0-9-]*`; other text goes into double quotes"
    }
  }

  /// Comments and strings hold any UTF-8 but control characters, and what changes the direction of text: so no file can
  /// write to a terminal, end a line in a server's file, or look like another one.
  mutating func reportBadText(in range: Range<Int>, context: String) {
    if let position = range.first(where: { isControl(bytes[$0]) }) {
      report(
        "control-character", "\(context) holds a control character", position..<position + 1,
        help: "remove the byte \(bytes[position])")
      return
    }
    guard range.contains(where: { bytes[$0] >= 0x80 }) else { return }
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      return report(
        "invalid-utf8", "\(context) holds bytes that are not UTF-8", range, help: "save the file as UTF-8")
    }
    guard let place = text.unicodeScalars.firstIndex(where: { $0 != "\t" && printable($0) != $0 }) else { return }
    let start = range.lowerBound + text.utf8.distance(from: text.startIndex, to: place)
    let scalar = text.unicodeScalars[place]
    let hex = String(scalar.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    report(
      "control-character",
      scalar.value < 0xA0
        ? "\(context) holds the control character \(code)"
        : "\(context) holds \(code), which changes how the text around it is shown",
      start..<start + UTF8.width(scalar), help: "remove it; it may not be visible in your editor")
  }

  mutating func report(_ code: String, _ message: String, _ range: Range<Int>, help: String) {
    result.diagnostics.append(.error(code, message, at: SourceSpan(file: file, range), help: help))
  }
}

/// Whether a byte may stand in a word.
private func isWordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "%"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
    UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "_"), UInt8(ascii: "~"):
    true
  default: false
  }
}

/// Whether a byte neither ends a string nor begins an escape.
private func isPlainInString(_ byte: UInt8) -> Bool {
  byte != 0x0A && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
}

/// Whether a byte is a control character other than a tab.
private func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 || byte == 0x7F }

/// Whether a byte ends a run of invalid bytes.
private func beginsToken(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x0A, 0x20, 0x09, 0x0D, UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "}"),
    UInt8(ascii: "="), UInt8(ascii: ","), UInt8(ascii: ";"):
    true
  default: isWordByte(byte)
  }
}
