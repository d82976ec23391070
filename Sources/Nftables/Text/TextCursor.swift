/// Some tokens, and how far they are read.
struct TextCursor: Sendable {
  private let tokens: [TextToken]
  private(set) var position: Int
  private let end: Int

  init(_ tokens: [TextToken]) {
    self.tokens = tokens.filter { $0.kind != .endOfLine }
    position = 0
    end = self.tokens.count
  }

  var isAtEnd: Bool { position >= end }
  var first: TextToken? { position < end ? tokens[position] : nil }

  /// A token further on.
  func token(_ offset: Int) -> TextToken? {
    let index = position + offset
    return index >= 0 && index < end ? tokens[index] : nil
  }

  func text(_ offset: Int = 0) -> String? { token(offset).flatMap { $0.kind == .quoted ? nil : $0.text } }

  mutating func advance(_ count: Int = 1) { position = min(end, position + count) }
  mutating func go(to position: Int) { self.position = min(max(0, position), end) }

  mutating func next() -> TextToken? {
    guard let token = first else { return nil }
    position += 1
    return token
  }

  /// Reads a word or sign if it is that.
  mutating func take(_ text: String) -> Bool {
    guard let token = first, token.kind != .quoted, token.text == text else { return false }
    position += 1
    return true
  }

  /// Reads several words if they are those.
  mutating func take(_ words: String...) -> Bool {
    for (offset, word) in words.enumerated() where text(offset) != word { return false }
    advance(words.count)
    return true
  }

  /// Reads a word, in quotation marks or not.
  mutating func name() -> String? {
    guard let token = first, token.kind != .sign else { return nil }
    position += 1
    return token.text
  }

  mutating func word() -> String? {
    guard let token = first, token.kind == .word else { return nil }
    position += 1
    return token.text
  }

  mutating func number() -> Int64? {
    guard let token = first, token.kind == .word, let number = Self.number(token.text) else { return nil }
    position += 1
    return number
  }

  /// A time such as `1h30m`, or a number of seconds.
  mutating func time() -> Int64? {
    guard let token = first, token.kind == .word, let seconds = Self.seconds(token.text) else { return nil }
    position += 1
    return seconds
  }

  static func number(_ text: String) -> Int64? {
    text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
  }

  static func seconds(_ text: String) -> Int64? {
    if let number = Int64(text) { return number }
    var total: Int64 = 0
    var digits: Int64?
    var unit = ""
    func scale(_ unit: String) -> Int64? { ["d": 86_400, "h": 3600, "m": 60, "s": 1, "ms": 0][unit] }
    func close() -> Bool {
      guard let count = digits, let factor = scale(unit) else { return false }
      let (product, isHuge) = count.multipliedReportingOverflow(by: factor)
      let (sum, isTooHuge) = total.addingReportingOverflow(product)
      total = sum
      (digits, unit) = (nil, "")
      return !isHuge && !isTooHuge
    }
    for byte in text.utf8 {
      if (0x30...0x39).contains(byte) {
        if !unit.isEmpty, !close() { return nil }
        guard (digits ?? 0) < 1 << 50 else { return nil }
        digits = (digits ?? 0) * 10 + Int64(byte - 0x30)
      } else {
        unit += String(UnicodeScalar(byte))
      }
    }
    return close() ? total : nil
  }

  /// The tokens from a place to the one that is reached, as they stand.
  func words(from start: Int) -> String { TextCursor.words(tokens[min(start, position)..<position]) }

  static func words(_ tokens: some Sequence<TextToken>) -> String {
    var result = ""
    for token in tokens where token.kind != .endOfLine {
      if token.isApart, !result.isEmpty { result += " " }
      result += token.kind == .quoted ? "\"\(token.text)\"" : token.text
    }
    return result
  }
}
