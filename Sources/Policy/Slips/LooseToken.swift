import Diagnostics

/// What somebody wrote who has another language in mind.
struct LooseToken {
  enum Kind: Equatable {
    case word
    /// Between quotation marks of any kind.
    case string
    /// One or two characters of punctuation.
    case mark(String)
  }

  var kind: Kind
  /// In bytes of the file, quotation marks included.
  var range: Range<Int>
  /// What it says, without quotation marks.
  var text: String
  /// Whether the quotation marks are not those of the language.
  var hasForeignQuotes = false

  func isMark(_ marks: String...) -> Bool {
    guard case .mark(let mark) = kind else { return false }
    return marks.contains(mark)
  }
}

/// One line as loose tokens. Its comment is left out.
struct LooseLine {
  var tokens: [LooseToken] = []
}

/// Reads a text as people write who do not know the language yet: comments with `//`, other quotation marks, colons. It
/// goes over the text once, and never fails.
struct LooseLexer {
  private let bytes: [UInt8]
  private var offset = 0
  private(set) var lines: [LooseLine] = []
  private(set) var edits: [SlipEdit] = []

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
  }

  mutating func run() {
    var line = LooseLine()
    while offset < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case 0x0A:
        lines.append(line)
        line = LooseLine()
        offset += 1
      case 0x20, 0x09, 0x0D: offset += 1
      case 0x0B, 0x0C:
        edits.append(SlipEdit(.punctuation, offset..<offset + 1, " "))
        offset += 1
      case UInt8(ascii: "\\"): lineContinuation(after: line)
      case UInt8(ascii: "#"): passLine()
      case UInt8(ascii: "/") where starts("//"):
        edits.append(SlipEdit(.comments, offset..<offset + 2, "#"))
        passLine()
      case UInt8(ascii: "/") where starts("/*"): blockComment(&line)
      default:
        if let token = token() { line.tokens.append(token) }
      }
    }
    lines.append(line)
  }

  /// A backslash at the end of a line: what follows belongs to the same statement, unless a comma says so or nothing
  /// follows.
  private mutating func lineContinuation(after line: LooseLine) {
    let end = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count
    guard bytes[(offset + 1)..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else {
      offset += 1
      return
    }
    let next = bytes[end...].dropFirst().prefix { $0 != 0x0A }
    let begin = next.firstIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
    guard let begin, line.tokens.last?.isMark(",") != true, bytes[begin] != UInt8(ascii: "}") else {
      edits.append(SlipEdit(.punctuation, offset..<offset + 1, ""))
      offset = end
      return
    }
    edits.append(SlipEdit(.punctuation, offset..<begin, " "))
    offset = begin
  }

  private func starts(_ text: String) -> Bool { starts(text, at: offset) }

  private func starts(_ text: String, at place: Int) -> Bool {
    place < bytes.count && bytes[place...].prefix(text.utf8.count).elementsEqual(text.utf8)
  }

  private mutating func passLine() { offset = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count }

  private mutating func blockComment(_ line: inout LooseLine) {
    let start = offset
    edits.append(SlipEdit(.comments, start..<start + 2, "#"))
    offset += 2
    while offset < bytes.count, !starts("*/") {
      if bytes[offset] == 0x0A {
        edits.append(SlipEdit(.comments, offset + 1..<offset + 1, "# "))
        lines.append(line)
        line = LooseLine()
      }
      offset += 1
    }
    guard offset < bytes.count else { return }
    let end = offset + 2
    let rest = bytes[end...].prefix { $0 != 0x0A }
    let isLast = rest.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    edits.append(SlipEdit(.comments, offset..<end, isLast ? "" : "\n"))
    offset = end
  }

  private mutating func token() -> LooseToken? {
    let start = offset
    if let marks = quotes(at: offset) { if let string = string(marks) ?? unclosed(marks) { return string } }
    if starts("-&gt;") {
      offset += 5
      edits.append(SlipEdit(.punctuation, start..<offset, "->"))
      return LooseToken(kind: .mark("->"), range: start..<offset, text: "->")
    }
    for mark in ["->", "=>", ":=", "{", "}", "=", ",", ";", "[", "]", "(", ")"] where starts(mark) {
      offset += mark.utf8.count
      return LooseToken(kind: .mark(mark), range: start..<offset, text: mark)
    }
    for (sign, replacement) in Self.signs where bytes[offset] >= 0x80 && starts(sign) {
      offset += sign.utf8.count
      edits.append(SlipEdit(.punctuation, start..<offset, replacement))
      let isMark = replacement == "->" || ",;{}".contains(replacement) && !replacement.isEmpty
      return isMark ? LooseToken(kind: .mark(replacement), range: start..<offset, text: replacement) : nil
    }
    return word()
  }

  /// Signs that look like those of the language. The order matters to nobody.
  private static let signs = [
    ("\u{2192}", "->"), ("\u{21D2}", "->"), ("\u{A0}", " "), ("\u{202F}", " "), ("\u{200B}", ""), ("\u{FEFF}", ""),
    ("\u{2003}", " "), ("\u{2009}", " "), ("\u{3000}", " "), ("\u{FF0C}", ","), ("\u{FF1B}", ";"), ("\u{37E}", ";"),
    ("\u{FF5B}", "{"), ("\u{FF5D}", "}"),
  ]

  /// Dashes that stand for a hyphen between numbers.
  private static let dashes = ["\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2212}", "\u{FF0D}"]

  private mutating func word() -> LooseToken? {
    let start = offset
    var text: [UInt8] = []
    scan: while offset < bytes.count {
      let isForeign = bytes[offset] >= 0x80
      if bytes[offset] == UInt8(ascii: "-"), offset > start, starts("->") || starts("-&gt;") { break }
      if isForeign, let dash = Self.dashes.first(where: { starts($0) }) {
        edits.append(SlipEdit(.punctuation, offset..<offset + dash.utf8.count, "-"))
        text.append(UInt8(ascii: "-"))
        offset += dash.utf8.count
        continue
      }
      if let digit = fullwidthDigit {
        edits.append(SlipEdit(.punctuation, offset..<offset + 3, digit))
        text += digit.utf8
        offset += 3
        continue
      }
      if isForeign, offset > start, Self.signs.contains(where: { starts($0.0) }) { break }
      switch bytes[offset] {
      case 0x0A, 0x20, 0x09, 0x0B, 0x0C, 0x0D: break scan
      case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "="), UInt8(ascii: ","), UInt8(ascii: ";"),
        UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "("),
        UInt8(ascii: ")"):
        if offset > start { break scan }
        text.append(bytes[offset])
        offset += 1
        break scan
      default:
        text.append(bytes[offset])
        offset += 1
      }
    }
    // `key:`, but not the end of `2001:db8::`.
    if text.count > 1, text.last == UInt8(ascii: ":"), text.dropLast().last != UInt8(ascii: ":") {
      offset -= 1
      text.removeLast()
      return LooseToken(kind: .word, range: start..<offset, text: String(decoding: text, as: UTF8.self))
    }
    let string = String(decoding: text, as: UTF8.self)
    return LooseToken(kind: string == ":" ? .mark(":") : .word, range: start..<offset, text: string)
  }

  /// A digit as wide as a Chinese character (U+FF10 to U+FF19), as one of the others.
  private var fullwidthDigit: String? {
    guard offset + 2 < bytes.count, bytes[offset] == 0xEF, bytes[offset + 1] == 0xBC,
      (0x90...0x99).contains(bytes[offset + 2])
    else { return nil }
    return String(UnicodeScalar(bytes[offset + 2] - 0x60))
  }

  /// A string that nobody closed: it ends before a brace or a `;` that ends its line, or with the line.
  private mutating func unclosed(_ marks: (open: String, close: [String])) -> LooseToken? {
    guard marks.open == "\"" else { return nil }
    let start = offset
    var end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
    func trim() { while end > start + 1, [0x20, 0x09, 0x0D].contains(bytes[end - 1]) { end -= 1 } }
    trim()
    while end > start + 1, bytes[end - 1] == UInt8(ascii: "}") || bytes[end - 1] == UInt8(ascii: ";") {
      end -= 1
      trim()
    }
    let text = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
    guard !text.isEmpty else { return nil }
    edits.append(SlipEdit(.strings, end..<end, "\"", isCertain: !text.contains { $0.isWhitespace || $0 == "\\" }))
    offset = end
    return LooseToken(kind: .string, range: start..<end, text: text)
  }

  private func quotes(at place: Int) -> (open: String, close: [String])? {
    let byte = bytes[place]
    if byte == UInt8(ascii: "\"") { return ("\"", ["\""]) }
    guard byte >= 0x80 || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") else { return nil }
    for (open, close) in Self.foreignQuotes where starts(open, at: place) { return (open, close) }
    return nil
  }

  private static let double = ["\u{201C}", "\u{201D}", "\u{201E}", "\u{201F}"]
  private static let single = ["\u{2018}", "\u{2019}", "\u{201A}", "\u{201B}"]
  private static let foreignQuotes: [(String, [String])] =
    double.map { ($0, double + ["\""]) } + single.map { ($0, single + ["'"]) }
    + [("'", ["'"]), ("`", ["`", "'"]), ("\u{AB}", ["\u{BB}"]), ("\u{BB}", ["\u{AB}"])]
    + [("\u{2033}", ["\u{2033}"]), ("\u{FF02}", ["\u{FF02}"]), ("\u{2032}", ["\u{2032}"])]

  /// A string that ends on its line; `nil` leaves everything as it is.
  private mutating func string(_ marks: (open: String, close: [String])) -> LooseToken? {
    let start = offset
    var next = offset + marks.open.utf8.count
    let first = next
    while next < bytes.count, bytes[next] != 0x0A {
      if marks.open == "\"", bytes[next] == UInt8(ascii: "\\") {
        next += 2
        continue
      }
      guard let close = marks.close.first(where: { starts($0, at: next) }) else {
        next += 1
        continue
      }
      let end = next + close.utf8.count
      offset = end
      let text = String(decoding: bytes[first..<next], as: UTF8.self)
      let isForeign = marks.open != "\"" || close != "\""
      return LooseToken(kind: .string, range: start..<end, text: text, hasForeignQuotes: isForeign)
    }
    return nil
  }
}
