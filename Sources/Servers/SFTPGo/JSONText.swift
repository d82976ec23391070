import Diagnostics
import Policy

/// Why a text is no JSON.
struct JSONMistake: Error {
  var message: String
  var span: SourceSpan
}

/// Reads JSON (RFC 8259) value by value, each with its place; nothing is kept, and nesting has a limit.
struct JSONText {
  private static let deepest = 64
  /// Bytes of a path; what lies deeper, or has a longer name, is passed over.
  private static let longestPath = 120

  private let file: SourceID
  private let bytes: [UInt8]
  private var index = 0

  init(file: SourceID, bytes: [UInt8]) {
    self.file = file
    self.bytes = bytes
  }

  /// - Parameter found: is told every text, number, `true`, `false` and `null` (as nothing), with the names and
  ///   positions that lead to it, joined by dots.
  mutating func readAll(_ found: (_ path: String, _ value: Located<String>) -> Void) throws(JSONMistake) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    try value(at: "", depth: 0, found)
    skipBlanks()
    if index < bytes.count { throw mistake("something follows after its end") }
  }

  private mutating func value(
    at path: String?, depth: Int, _ found: (_ path: String, _ value: Located<String>) -> Void
  ) throws(JSONMistake) {
    skipBlanks()
    guard depth < Self.deepest else { throw mistake("it goes more than \(Self.deepest) levels deep") }
    guard let byte = current else { throw mistake("it ends too early") }
    switch byte {
    case UInt8(ascii: "{"):
      try members(until: UInt8(ascii: "}")) { text, _ throws(JSONMistake) in
        text.skipBlanks()
        let name = try text.string().value
        try text.expect(UInt8(ascii: ":"), "`:`")
        try text.value(at: Self.path(path, name), depth: depth + 1, found)
      }
    case UInt8(ascii: "["):
      try members(until: UInt8(ascii: "]")) { text, position throws(JSONMistake) in
        try text.value(at: Self.path(path, "\(position)"), depth: depth + 1, found)
      }
    case UInt8(ascii: "\""):
      let text = try string()
      if let path { found(path, text) }
    default:
      let word = try word()
      if let path { found(path, word) }
    }
  }

  private static func path(_ path: String?, _ name: String) -> String? {
    guard let path, path.utf8.count + name.utf8.count < longestPath else { return nil }
    return path.isEmpty ? name : "\(path).\(name)"
  }

  /// What stands between brackets, with commas between.
  private mutating func members(
    until end: UInt8, _ read: (inout JSONText, Int) throws(JSONMistake) -> Void
  ) throws(JSONMistake) {
    index += 1
    skipBlanks()
    if current == end {
      index += 1
      return
    }
    var position = 0
    while true {
      try read(&self, position)
      position += 1
      skipBlanks()
      if current == end {
        index += 1
        return
      }
      try expect(UInt8(ascii: ","), "`,` or `\(Character(UnicodeScalar(end)))`")
    }
  }

  private mutating func string() throws(JSONMistake) -> Located<String> {
    let start = index
    guard current == UInt8(ascii: "\"") else { throw mistake("a name in quotation marks is missing") }
    index += 1
    var content: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw mistake("a text is not closed in its line") }
      index += 1
      if byte == UInt8(ascii: "\\") { try escape(into: &content) } else { content.append(byte) }
    }
    guard current != nil else { throw mistake("a text is never closed") }
    index += 1
    return Located(String(decoding: content, as: UTF8.self), SourceSpan(file: file, start..<index))
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONMistake) {
    guard let byte = current else { throw mistake("it ends too early") }
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      var unit = try hexadecimal()
      if (0xD800..<0xDC00).contains(unit), bytes[index...].starts(with: "\\u".utf8) {
        index += 2
        let low = try hexadecimal()
        unit = (0xDC00..<0xE000).contains(low) ? 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00) : 0xFFFD
      }
      content += Array(String(UnicodeScalar(unit).map(Character.init) ?? "\u{FFFD}").utf8)
    default:
      index -= 1
      throw mistake("a backslash stands before what cannot follow it")
    }
  }

  private mutating func hexadecimal() throws(JSONMistake) -> UInt32 {
    let digits = bytes[index...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw mistake("four hexadecimal digits are missing") }
    index += 4
    return value
  }

  /// A number, `true`, `false` or `null`.
  private mutating func word() throws(JSONMistake) -> Located<String> {
    let start = index
    while let byte = current, byte.isGraphic, !",]}:{[\"".utf8.contains(byte) { index += 1 }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    guard ["true", "false", "null"].contains(text) || text.first.map({ $0.isNumber || $0 == "-" }) ?? false else {
      index = start
      throw mistake("a value is missing")
    }
    return Located(text == "null" ? "" : text, SourceSpan(file: file, start..<index))
  }

  private mutating func expect(_ byte: UInt8, _ name: String) throws(JSONMistake) {
    skipBlanks()
    guard current == byte else { throw mistake("\(name) is missing") }
    index += 1
  }

  private mutating func skipBlanks() { while let byte = current, byte.isBlank { index += 1 } }

  private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func mistake(_ message: String) -> JSONMistake {
    JSONMistake(message: message, span: SourceSpan(file: file, index..<min(index + 1, bytes.count)))
  }
}
