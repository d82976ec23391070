import Diagnostics

/// A word or sign of a text of nft.
struct TextToken: Sendable {
  enum Kind: Sendable {
    /// A name, a number, or an address.
    case word
    /// What stands in quotation marks, without them.
    case quoted
    /// An operator, a bracket or a comma.
    case sign
    case endOfLine
  }

  var kind: Kind
  var text: String
  /// Position of its line.
  var line: Int
  /// Whether blanks stand before it.
  var isApart: Bool

  func isSign(_ text: String) -> Bool { kind == .sign && self.text == text }
  func isWord(_ text: String) -> Bool { kind == .word && self.text == text }
}

/// Cuts a text into tokens as nft does (`scanner.l`).
struct TextLexer {
  private(set) var tokens: [TextToken] = []
  /// Lines of which a part is no token.
  private(set) var faults: [(message: String, line: Int)] = []
  private var bytes: ArraySlice<UInt8> = []
  private var line = 0
  private var isApart = false

  init(_ lines: [String]) {
    var isContinued = false
    for (index, text) in lines.enumerated() {
      (bytes, line, isApart) = (Array(text.utf8)[...], index, true)
      isContinued = readLine()
      if !isContinued { tokens.append(TextToken(kind: .endOfLine, text: "\n", line: index, isApart: true)) }
    }
  }

  /// Reads one line. Returns whether the next one goes on with it.
  private mutating func readLine() -> Bool {
    while let byte = bytes.first {
      switch byte {
      case 0x20, 0x09:
        bytes.removeFirst()
        isApart = true
      case UInt8(ascii: "#"): return false
      case UInt8(ascii: "\\") where bytes.count == 1: return true
      case UInt8(ascii: "\""):
        guard readQuotation() else { return false }
      default: readToken(byte)
      }
    }
    return false
  }

  private mutating func readQuotation() -> Bool {
    guard let end = bytes.dropFirst().firstIndex(of: UInt8(ascii: "\"")) else {
      faults.append(("a quotation on this line has no end", line))
      return false
    }
    let text = String(decoding: bytes[(bytes.startIndex + 1)..<end], as: UTF8.self)
    bytes = bytes[(end + 1)...]
    // `"eth"*` is the same as `"eth*"`.
    let isOpen = bytes.first == UInt8(ascii: "*")
    if isOpen { bytes.removeFirst() }
    add(.quoted, isOpen ? text + "*" : text)
    return true
  }

  private mutating func readToken(_ byte: UInt8) {
    if let length = addressLength { return take(length, .word) }
    if Self.isDigit(byte) {
      return take(length { Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: ".") }, .word)
    }
    if Self.isLetter(byte) || byte == UInt8(ascii: "$")
      || byte == UInt8(ascii: "/") && bytes.dropFirst().first.map(Self.isLetter) == true && isApart
    {
      let inner: Set<UInt8> = [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "*")]
      var count = 1 + bytes.dropFirst().prefix { Self.isLetter($0) || Self.isDigit($0) || inner.contains($0) }.count
      // A name does not end with a stroke: `icmp-type/`.
      while count > 1, bytes.dropFirst(count - 1).first == UInt8(ascii: "/") { count -= 1 }
      return take(count, .word)
    }
    let pair = String(decoding: bytes.prefix(2), as: UTF8.self)
    take(["==", "!=", "<=", ">=", "<<", ">>"].contains(pair) ? 2 : 1, .sign)
  }

  private func length(_ condition: (UInt8) -> Bool) -> Int { bytes.prefix(while: condition).count }

  /// The length of an IPv6 address or of the address of a network card; `nil` where none begins.
  private var addressLength: Int? {
    let run = bytes.prefix { Self.isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
    guard run.count >= 2, run.count(where: { $0 == UInt8(ascii: ":") }) >= 2 else { return nil }
    // What goes on with other letters is none: `feed::face` is, `feed::fast` is not.
    if let next = bytes.dropFirst(run.count).first, Self.isLetter(next) { return nil }
    return run.count
  }

  private mutating func take(_ count: Int, _ kind: TextToken.Kind) {
    let text = String(decoding: bytes.prefix(count), as: UTF8.self)
    bytes = bytes.dropFirst(count)
    add(kind, text)
  }

  private mutating func add(_ kind: TextToken.Kind, _ text: String) {
    tokens.append(TextToken(kind: kind, text: text, line: line, isApart: isApart))
    isApart = false
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte >= 0x80
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }
}
