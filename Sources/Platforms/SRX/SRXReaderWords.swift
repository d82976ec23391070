/// Takes a Junos text apart: words, quoted strings, the signs of braces and lists; comments are left out.
struct JunosScanner {
  enum Token {
    case word(JunosWord)
    case open, close, end, listOpen, listClose
  }

  /// Each sign or word with the position of its line.
  private(set) var tokens: [(token: Token, line: Int)] = []
  private var word: [UInt8] = []
  private var hasWord = false
  private var start = 0
  private var isQuoted = false
  private var isInside = false
  private var isComment = false
  private var isEscaped = false

  /// - Parameters:
  ///   - lines: Those of the configuration, with their positions in the text.
  ///   - hasBraces: Whether braces and semicolons are signs, as in `show configuration`.
  init(
    _ lines: some Sequence<(offset: Int, element: String)>, hasBraces: Bool
  ) throws(JunosTree.Fault) {
    for (line, text) in lines { scan(text, line, hasBraces) }
    guard !isInside else {
      throw .init(line: start, message: "the quotation that begins here has no end")
    }
    guard !isComment else { throw .init(line: start, message: "the comment that begins here has no end") }
  }

  private mutating func scan(_ text: String, _ line: Int, _ hasBraces: Bool) {
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      index += 1
      if isComment {
        guard byte == UInt8(ascii: "*"), next == UInt8(ascii: "/") else { continue }
        isComment = false
        index += 1
        continue
      }
      guard !isInside else {
        scanQuoted(byte)
        continue
      }
      switch byte {
      case 0x20, 0x09: endWord()
      case UInt8(ascii: "\""):
        endWord()
        (isInside, isQuoted, hasWord, start) = (true, true, true, line)
      case UInt8(ascii: "#") where !hasWord: return
      case UInt8(ascii: "/") where !hasWord && next == UInt8(ascii: "*"):
        (isComment, start) = (true, line)
        index += 1
      case UInt8(ascii: "{") where hasBraces: sign(.open, line)
      case UInt8(ascii: "}") where hasBraces: sign(.close, line)
      case UInt8(ascii: ";") where hasBraces: sign(.end, line)
      case UInt8(ascii: "[") where !hasWord: sign(.listOpen, line)
      case UInt8(ascii: "]") where !hasWord || hasBraces: sign(.listClose, line)
      default:
        if !hasWord { start = line }
        hasWord = true
        word.append(byte)
      }
    }
    guard isInside else { return endWord() }
    // A quotation may go on in the next line.
    word.append(0x0A)
  }

  private mutating func scanQuoted(_ byte: UInt8) {
    if isEscaped {
      word.append(byte)
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isInside = false
      endWord()
    } else {
      word.append(byte)
    }
  }

  private mutating func sign(_ token: Token, _ line: Int) {
    endWord()
    tokens.append((token, line))
  }

  private mutating func endWord() {
    guard hasWord else { return }
    let text = String(decoding: word, as: UTF8.self)
    tokens.append((.word(JunosWord(text: text, line: start, isQuoted: isQuoted)), start))
    word = []
    (hasWord, isQuoted) = (false, false)
  }
}
