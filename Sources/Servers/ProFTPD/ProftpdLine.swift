import Diagnostics
import Policy

/// One directive or section marker: words with their places.
struct ProftpdLine {
  /// The name, for example `PassivePorts`, `<Global` or `</Global`; without the closing angle bracket.
  var name: Located<String>
  var arguments: [Located<String>]
  /// From the first word to the last.
  var span: SourceSpan
  /// A marker of a section.
  var kind: Kind
  /// Whether a variable of the environment decides a value, and is not known.
  var isOpen = false

  enum Kind { case directive, open, close }

  /// The name in lower case without angle brackets and slash.
  var key: String { name.value.drop { $0 == "<" || $0 == "/" }.lowercased() }

  /// The line that begins at a position of a file; `nil` for an empty one or a comment. `next` becomes the position
  /// after it, with the lines that a backslash at the end joins to it.
  static func read(_ lines: [ConfigurationLine], at next: inout Int) -> ProftpdLine? {
    guard lines.indices.contains(next) else { return nil }
    var words: [Located<String>] = []
    var isJoined = false
    repeat {
      let line = lines[next]
      var bytes = line.bytes.trimmed
      next += 1
      if !isJoined, bytes.first == UInt8(ascii: "#") { return nil }
      isJoined = bytes.last == UInt8(ascii: "\\")
      if isJoined { bytes = bytes.dropLast() }
      let (found, hasComment) = self.words(bytes, line)
      words += found
      if hasComment { break }
    } while isJoined && lines.indices.contains(next)
    return ProftpdLine(words)
  }

  private init?(_ words: [Located<String>]) {
    guard var name = words.first, let last = words.last else { return nil }
    var arguments = Array(words.dropFirst())
    span = name.span.joined(with: last.span)
    kind = name.value.hasPrefix("</") ? .close : name.value.hasPrefix("<") ? .open : .directive
    if kind != .directive {
      // Without the closing bracket it is a directive whose name begins with one, which nobody knows.
      guard last.value.hasSuffix(">") else {
        self.name = name
        self.arguments = arguments
        kind = .directive
        return
      }
      let cut = { (word: Located<String>) in Located(String(word.value.dropLast()), word.span) }
      if arguments.isEmpty {
        name = cut(name)
      } else {
        arguments[arguments.count - 1] = cut(last)
        if arguments.last?.value.isEmpty == true { arguments.removeLast() }
      }
    }
    self.name = name
    self.arguments = arguments
  }

  /// Words with blanks between them, up to one that begins with `#`. Quotation marks hold blanks together; between them
  /// a backslash takes the meaning from the next character.
  private static func words(
    _ bytes: ArraySlice<UInt8>, _ line: ConfigurationLine
  ) -> (words: [Located<String>], hasComment: Bool) {
    var words: [Located<String>] = []
    var rest = bytes.drop(while: \.isBlank)
    while let first = rest.first {
      if first == UInt8(ascii: "#") { return (words, true) }
      let start = rest.startIndex
      var text: [UInt8] = []
      if first == UInt8(ascii: "\"") {
        rest = rest.dropFirst()
        while let byte = rest.first, byte != UInt8(ascii: "\"") {
          rest = rest.dropFirst()
          if byte == UInt8(ascii: "\\"), let escaped = rest.first {
            text.append(escaped)
            rest = rest.dropFirst()
          } else {
            text.append(byte)
          }
        }
        rest = rest.dropFirst()
      } else {
        let end = rest.firstIndex(where: \.isBlank) ?? rest.endIndex
        text = Array(rest[..<end])
        rest = rest[end...]
      }
      words.append(Located(String(decoding: text, as: UTF8.self), line.span(bytes[start..<rest.startIndex])))
      rest = rest.drop(while: \.isBlank)
    }
    return (words, false)
  }

  // MARK: The environment

  /// With the variables of the environment in the place of each `%{env:NAME}`, as the program does (its source, 1.3.8:
  /// `get_config_word`): also in what a variable holds, and not in words of less than eight bytes.
  ///
  /// - Returns: the names of variables that are not known, in the order of the text.
  mutating func replaceVariables(_ environment: [String: String]) -> [Located<String>] {
    var unknown: [Located<String>] = []
    for index in arguments.indices where arguments[index].value.utf8.count > 7 {
      let span = arguments[index].span
      // A variable may hold itself, which the program would follow for ever.
      for round in 0...16 {
        let text = arguments[index].value
        guard let start = text.firstRange(of: "%{env:"), let end = text[start.upperBound...].firstIndex(of: "}")
        else { break }
        let name = String(text[start.upperBound..<end])
        guard round < 16, let value = environment[name] else {
          unknown.append(Located(name, span))
          break
        }
        arguments[index].value = text[..<start.lowerBound] + value + text[text.index(after: end)...]
      }
    }
    isOpen = !unknown.isEmpty
    return unknown
  }
}
