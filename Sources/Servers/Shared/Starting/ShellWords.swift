import Diagnostics
import Policy

/// One word of a command, without its quotation marks.
struct ShellWord {
  /// Parts that are text, and names of variables in the order in which they stand.
  enum Part {
    case text([UInt8])
    /// `$NAME`, `${NAME}`, `${NAME:-DEFAULT}`.
    case variable(String, default: String?)
  }

  var parts: [Part] = []
  var span: SourceSpan

  init(_ parts: [Part], _ span: SourceSpan) {
    self.parts = parts
    self.span = span
  }

  init(_ word: Located<String>) { self.init([.text(Array(word.value.utf8))], word.span) }

  /// Bytes of a word with variables replaced at most; variables in variables could make it as large as one likes.
  /// Nothing that a server is told is near it.
  static let mostReplaced = 1 << 16

  var hasVariable: Bool {
    parts.contains { if case .variable = $0 { true } else { false } }
  }

  func text(_ variables: [String: String]) -> (text: String, unknown: [String]) { text { variables[$0] } }

  /// The text with variables replaced; what is not known stays as it is written, and is named. So does what would make
  /// it too long.
  func text(_ value: (String) -> String?) -> (text: String, unknown: [String]) {
    var bytes: [UInt8] = []
    var unknown: [String] = []
    for part in parts {
      switch part {
      case .text(let text): bytes += text
      case .variable(let name, let fallback):
        if let value = value(name) ?? fallback, bytes.count + value.utf8.count <= Self.mostReplaced {
          bytes += value.utf8
        } else {
          unknown.append(name)
          bytes += "$\(name)".utf8
        }
      }
    }
    return (String(decoding: bytes, as: UTF8.self), unknown)
  }
}

/// Splits text into commands and their words, as a POSIX shell does with what people write by hand: quotation marks,
/// backslashes, variables, comments, separators. Here-documents and substitutions are not followed.
struct ShellWords {
  private let bytes: ArraySlice<UInt8>
  private let file: SourceID
  private let place: Place
  private var offset: Int
  private var commands: [[ShellWord]] = []
  private var words: [ShellWord] = []
  private var parts: [ShellWord.Part] = []
  private var current: [UInt8] = []
  private var start: Int?

  /// Where commands stand.
  enum Place {
    case script
    /// In a folded text of YAML a line feed is a blank.
    case yaml
    /// In a unit of systemd a `;` by itself divides commands; `&`, `|` and `#` are text (systemd.service(5)).
    case unit
  }

  static func commands(in bytes: ArraySlice<UInt8>, of file: SourceID, in place: Place = .script) -> [[ShellWord]] {
    var reader = Self(bytes: bytes, file: file, place: place)
    reader.read()
    return reader.commands
  }

  private init(bytes: ArraySlice<UInt8>, file: SourceID, place: Place) {
    self.bytes = bytes
    self.file = file
    self.place = place
    offset = bytes.startIndex
  }

  private func peek(_ distance: Int = 0) -> UInt8? {
    bytes.indices.contains(offset + distance) ? bytes[offset + distance] : nil
  }

  private mutating func read() {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\\"): escape()
      case UInt8(ascii: "'"), UInt8(ascii: "\""): quoted(byte)
      case UInt8(ascii: "$"): variable()
      case UInt8(ascii: "#") where start == nil && place != .unit: comment()
      case UInt8(ascii: ";") where place == .unit && start == nil && (peek(1).map(\.isBlank) ?? true):
        endCommand()
        offset += 1
      case _ where place == .unit && [UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|")].contains(byte):
        take(byte)
      case 0x0A where place == .script, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"):
        endCommand()
        offset += 1
      case _ where byte.isBlank:
        endWord()
        offset += 1
      default: take(byte)
      }
    }
    endCommand()
  }

  private mutating func begin() { if start == nil { start = offset } }

  private mutating func take(_ byte: UInt8) {
    begin()
    current.append(byte)
    offset += 1
  }

  private mutating func comment() {
    while let byte = peek(), byte != 0x0A { _ = byte; offset += 1 }
  }

  /// A backslash before the end of a line joins the two lines.
  private mutating func escape() {
    if peek(1) == 0x0A {
      offset += 2
    } else if peek(1) == 0x0D, peek(2) == 0x0A {
      offset += 3
    } else {
      begin()
      offset += 1
      if let byte = peek() { take(byte) }
    }
  }

  private mutating func quoted(_ quote: UInt8) {
    begin()
    offset += 1
    while let byte = peek(), byte != quote {
      if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "$") {
        variable()
      } else if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\"), let next = peek(1) {
        if next != 0x0A { current.append(next) }
        offset += 2
      } else {
        current.append(byte)
        offset += 1
      }
    }
    offset += 1
  }

  /// `$NAME`, `${NAME}` or `${NAME:-DEFAULT}`; other uses of a dollar sign are text. `$@` and `$*` are nothing here.
  private mutating func variable() {
    begin()
    offset += 1
    // In Compose files a second dollar sign keeps the first one from being replaced there.
    if peek() == UInt8(ascii: "$") { offset += 1 }
    if peek() == UInt8(ascii: "@") || peek() == UInt8(ascii: "*") {
      offset += 1
      return
    }
    let isBraced = peek() == UInt8(ascii: "{")
    if isBraced { offset += 1 }
    let name = taking { $0.isDigit || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "_") }
    guard !name.isEmpty else {
      current.append(UInt8(ascii: "$"))
      return
    }
    var fallback: String?
    if isBraced {
      let rest = taking { $0 != UInt8(ascii: "}") && $0 != 0x0A }
      if peek() == UInt8(ascii: "}") { offset += 1 }
      if let dash = rest.firstIndex(of: "-") { fallback = String(rest[rest.index(after: dash)...]) }
    }
    flush()
    parts.append(.variable(name, default: fallback))
  }

  private mutating func taking(while isPart: (UInt8) -> Bool) -> String {
    let begin = offset
    while let byte = peek(), isPart(byte) { offset += 1 }
    return String(decoding: bytes[begin..<offset], as: UTF8.self)
  }

  private mutating func flush() {
    if !current.isEmpty { parts.append(.text(current)) }
    current = []
  }

  private mutating func endWord() {
    guard let begin = start else { return }
    flush()
    // What is made of `$@` alone is no word.
    let end = min(offset, bytes.endIndex)
    if !parts.isEmpty || bytes[begin..<end].last == UInt8(ascii: "\""), !isAllArguments(begin..<end) {
      words.append(ShellWord(parts, SourceSpan(file: file, begin..<end)))
    }
    parts = []
    start = nil
  }

  private func isAllArguments(_ range: Range<Int>) -> Bool {
    ["$@", "\"$@\"", "$*", "\"$*\""].contains(String(decoding: bytes[range], as: UTF8.self))
  }

  private mutating func endCommand() {
    endWord()
    if !words.isEmpty { commands.append(words) }
    words = []
  }
}
