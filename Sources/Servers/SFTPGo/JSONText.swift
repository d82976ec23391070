import Diagnostics
import Policy

/// Why a text is no JSON.
struct JSONMistake: Error {
  var message: String
  var span: SourceSpan
}

/// A value of JSON with its place.
indirect enum JSONValue {
  /// Members by their names in small letters, which viper does not tell from capitals. Of several with one name the
  /// last counts, as a whole (encoding/json).
  case object([String: JSONValue], SourceSpan)
  case list([JSONValue], SourceSpan)
  case text(Located<String>)
  /// A number, `true`, `false`, or `null` (as nothing).
  case word(Located<String>)

  var span: SourceSpan {
    switch self {
    case .object(_, let span), .list(_, let span): span
    case .text(let text), .word(let text): text.span
    }
  }

  /// What stands between quotation marks, or a number, `true` or `false`.
  var scalar: Located<String>? {
    switch self {
    case .text(let text), .word(let text): text
    case .object, .list: nil
    }
  }

  var isNull: Bool {
    if case .word(let word) = self { return word.value.isEmpty }
    return false
  }

  subscript(name: String) -> JSONValue? {
    if case .object(let members, _) = self { return members[name] }
    return nil
  }

  /// The members of a list. Where a list is wanted, an object is a list of one, and an empty one a list of none
  /// (mapstructure).
  var items: [JSONValue] {
    switch self {
    case .list(let items, _): items
    case .object(let members, _): members.isEmpty ? [] : [self]
    case .text, .word: isNull ? [] : [self]
    }
  }
}

/// Reads JSON (RFC 8259), each value with its place; nesting has a limit.
struct JSONText {
  private static let deepest = 64

  private let file: SourceID
  private let bytes: [UInt8]
  private var index = 0

  init(file: SourceID, bytes: [UInt8]) {
    self.file = file
    self.bytes = bytes
  }

  mutating func readAll() throws(JSONMistake) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw mistake("it begins with a byte order mark") }
    let value = try value(depth: 0)
    skipBlanks()
    if index < bytes.count { throw mistake("something follows after its end") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONMistake) -> JSONValue {
    skipBlanks()
    guard depth < Self.deepest else { throw mistake("it goes more than \(Self.deepest) levels deep") }
    guard let byte = current else { throw mistake("it ends too early") }
    let start = index
    switch byte {
    case UInt8(ascii: "{"):
      var found: [String: JSONValue] = [:]
      try members(until: UInt8(ascii: "}")) { text throws(JSONMistake) in
        text.skipBlanks()
        let name = try text.string().value
        try text.expect(UInt8(ascii: ":"), "`:`")
        found[name.lowercased()] = try text.value(depth: depth + 1)
      }
      return .object(found, SourceSpan(file: file, start..<index))
    case UInt8(ascii: "["):
      var found: [JSONValue] = []
      try members(until: UInt8(ascii: "]")) { text throws(JSONMistake) in
        found.append(try text.value(depth: depth + 1))
      }
      return .list(found, SourceSpan(file: file, start..<index))
    case UInt8(ascii: "\""): return .text(try string())
    default: return .word(try word())
    }
  }

  /// What stands between brackets, with commas between.
  private mutating func members(
    until end: UInt8, _ read: (inout JSONText) throws(JSONMistake) -> Void
  ) throws(JSONMistake) {
    index += 1
    skipBlanks()
    if current == end {
      index += 1
      return
    }
    while true {
      try read(&self)
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
      if byte != UInt8(ascii: "\\") {
        content.append(byte)
      } else if let scalar = jsonEscape(in: bytes, at: &index) {
        content += Array(String(Character(scalar)).utf8)
      } else {
        throw mistake("a backslash stands before what cannot follow it")
      }
    }
    guard current != nil else { throw mistake("a text is never closed") }
    index += 1
    return Located(String(decoding: content, as: UTF8.self), SourceSpan(file: file, start..<index))
  }

  /// A number, `true`, `false` or `null`.
  private mutating func word() throws(JSONMistake) -> Located<String> {
    let start = index
    while let byte = current, byte.isGraphic, !",]}:{[\"".utf8.contains(byte) { index += 1 }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    guard ["true", "false", "null"].contains(text) || Self.isNumber(bytes[start..<index]) else {
      index = start
      let isNumber = text.utf8.first.map { $0.isDigit || $0 == UInt8(ascii: "-") } ?? false
      throw mistake(isNumber ? "`\(text)` is no number of JSON" : "a value is missing")
    }
    return Located(text == "null" ? "" : text, SourceSpan(file: file, start..<index))
  }

  /// A number by the grammar of RFC 8259, section 6.
  private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func digits() -> Int {
      let count = rest.prefix { $0.isDigit }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole == 1 || whole > 1 && !startsWithZero else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      if digits() == 0 { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      if digits() == 0 { return false }
    }
    return rest.isEmpty
  }

  private mutating func expect(_ byte: UInt8, _ name: String) throws(JSONMistake) {
    skipBlanks()
    guard current == byte else { throw mistake("\(name) is missing") }
    index += 1
  }

  /// Space, tab, line feed and carriage return; JSON has no other blanks.
  private mutating func skipBlanks() {
    while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
  }

  private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func mistake(_ message: String) -> JSONMistake {
    JSONMistake(message: message, span: SourceSpan(file: file, index..<min(index + 1, bytes.count)))
  }
}
