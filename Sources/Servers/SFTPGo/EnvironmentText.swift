import Diagnostics
import Policy

/// A file of variables as gotenv reads it (its source, version 1.6): `NAME=VALUE` or `NAME: VALUE`, where a value in
/// quotes may go over several lines.
struct EnvironmentText {
  /// One variable.
  struct Variable {
    var name: Located<String>
    var value: Located<String>
    /// Whether `$NAME` in it is replaced by another variable's value.
    var dependsOnOthers: Bool
  }

  /// The first line that gotenv does not take: it takes nothing of the file then.
  struct Mistake: Error {
    var message: String
    var span: SourceSpan
  }

  private let file: SourceID
  private let bytes: [UInt8]

  init(file: SourceID, bytes: [UInt8]) {
    self.file = file
    self.bytes = bytes
  }

  /// In the order of the file; of several with one name the last counts.
  func variables() throws(Mistake) -> [Variable] {
    var found: [Variable] = []
    let lines = lines()
    var next = 0
    while next < lines.count {
      var line = lines[next].trimmed
      next += 1
      guard let first = line.first, first != UInt8(ascii: "#") else { continue }
      if let quote = Self.openQuote(line) {
        guard let end = lines[next...].firstIndex(where: { Self.closes($0, quote) }) else {
          throw Mistake(message: "a quote is never closed", span: span(line))
        }
        line = bytes[line.startIndex..<lines[end].endIndex]
        next = end + 1
      }
      guard let variable = variable(line) else {
        throw Mistake(message: "this line is no `NAME=VALUE`", span: span(line))
      }
      found.append(variable)
    }
    return found
  }

  /// Lines end with a line feed, a carriage return, or both; a byte order mark at the start is passed over.
  private func lines() -> [ArraySlice<UInt8>] {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    return bytes[start...].split(omittingEmptySubsequences: false) { $0 == 0x0A || $0 == 0x0D }
  }

  private func span(_ part: ArraySlice<UInt8>) -> SourceSpan {
    SourceSpan(file: file, part.startIndex..<part.endIndex)
  }

  /// The quote that begins the value of a line and is not closed in it.
  private static func openQuote(_ line: ArraySlice<UInt8>) -> UInt8? {
    guard let separator = line.firstIndex(of: UInt8(ascii: "=")) ?? line.firstIndex(of: UInt8(ascii: ":")) else {
      return nil
    }
    let value = line[(separator + 1)...].trimmed
    guard let quote = value.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
    guard let last = value.dropFirst().lastIndex(of: quote), value[last - 1] != UInt8(ascii: "\\") else {
      return quote
    }
    return nil
  }

  /// Whether the last such quote of a line closes a value; one with a backslash before it does not.
  private static func closes(_ line: ArraySlice<UInt8>, _ quote: UInt8) -> Bool {
    guard let last = line.lastIndex(of: quote) else { return false }
    return last == line.startIndex || line[last - 1] != UInt8(ascii: "\\")
  }

  private func variable(_ line: ArraySlice<UInt8>) -> Variable? {
    var rest = line.trimmed
    if rest.starts(with: "export".utf8), rest.dropFirst(6).first?.isBlank ?? false {
      rest = rest.dropFirst(6).trimmed
    }
    let name = rest.prefix { $0.isWordCharacter || $0 == UInt8(ascii: ".") }
    rest = rest[name.endIndex...]
    guard !name.isEmpty else { return nil }
    let afterBlanks = rest.drop { $0.isBlank }
    if afterBlanks.first == UInt8(ascii: "=") {
      rest = afterBlanks.dropFirst()
    } else if rest.first == UInt8(ascii: ":"), rest.dropFirst().first?.isBlank ?? false {
      rest = rest.dropFirst()
    } else {
      return nil
    }
    rest = rest.drop { $0.isBlank }
    guard let raw = Self.value(rest) else { return nil }
    let isQuoted = raw.count >= 2 && raw.first == raw.last
    let isSingle = isQuoted && raw.first == UInt8(ascii: "'")
    let isDouble = isQuoted && raw.first == UInt8(ascii: "\"")
    let inside = isSingle || isDouble ? raw.dropFirst().dropLast() : raw
    return Variable(
      name: Located(String(decoding: name, as: UTF8.self), span(name)),
      value: Located(
        String(decoding: isDouble ? Self.unescaped(inside) : Array(inside), as: UTF8.self),
        span(raw.isEmpty ? line : raw)),
      dependsOnOthers: !isSingle && inside.contains(UInt8(ascii: "$")))
  }

  /// The value with its quotes, without the comment after it; `nil` when something else follows.
  private static func value(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let lastLine = rest.lastIndex { $0 == 0x0A || $0 == 0x0D } ?? rest.startIndex
    func isEnd(_ tail: ArraySlice<UInt8>) -> Bool {
      guard let first = tail.firstIndex(where: { !$0.isBlank }) else { return true }
      return tail[first] == UInt8(ascii: "#") && first >= lastLine
    }
    if let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
      // The last quote after which nothing but a comment stands.
      var end = rest.endIndex - 1
      while end > rest.startIndex {
        if rest[end] == quote, isEnd(rest[(end + 1)...]) { return rest[rest.startIndex...end] }
        end -= 1
      }
    }
    let plain = rest.prefix { $0 != UInt8(ascii: "#") && $0 != 0x0A && $0 != 0x0D }
    return isEnd(rest[plain.endIndex...]) ? plain.trimmed : nil
  }

  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var isEscaped = false
    for byte in text {
      if isEscaped {
        isEscaped = false
        switch byte {
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        default: result.append(byte)
        }
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        result.append(byte)
      }
    }
    return result
  }
}

extension UInt8 {
  /// `\w` of a regular expression of Go.
  fileprivate var isWordCharacter: Bool {
    isDigit || self == UInt8(ascii: "_") || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
  }
}
