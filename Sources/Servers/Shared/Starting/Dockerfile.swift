import Diagnostics
import Policy

extension InvocationText {
  /// What the image of a Dockerfile runs: its last `ENTRYPOINT`, with its last `CMD`, of its last stage (reference of
  /// Dockerfiles).
  func dockerfile() -> [Invocation] {
    let clean = withoutInnerComments()
    var container = Container(image: "")
    container.portsAreElsewhere = true
    var place = SourceSpan(file: file, 0..<0)
    var environment: [String: Located<String>] = [:]
    // Those, and what is known from outside.
    var known = outer
    var entry: [ShellWord] = []
    var command: [ShellWord] = []
    var isShell = false
    for line in Self.logicalLines(of: clean) {
      let text = clean[line].trimmed
      let keyword = String(decoding: text.prefix { !$0.isBlank }, as: UTF8.self).uppercased()
      let rest = text.dropFirst(keyword.utf8.count).trimmed
      switch keyword {
      case "FROM":
        let words = ShellWords.commands(in: rest, of: file).first ?? []
        let image = words.first { !$0.text(outer).text.hasPrefix("--") }
        container.image = image?.text(outer).text ?? ""
        place = image?.span ?? place
        (environment, known, entry, command, isShell) = ([:], outer, [], [], false)
      case "ENV":
        for (name, value) in variables(rest, known) {
          environment[name] = value
          known[name] = value.value
        }
      case "ENTRYPOINT": (entry, isShell) = run(rest)
      case "CMD": command = run(rest).words
      default: break
      }
    }
    // A text of a shell takes no arguments.
    let words = isShell ? entry : entry + command
    return [self.container(container, words.first?.span ?? place, words, environment, outer)].compactMap(\.self)
  }

  /// A list of words in brackets, or a text for `/bin/sh -c`.
  private func run(_ value: ArraySlice<UInt8>) -> (words: [ShellWord], isShell: Bool) {
    if value.first == UInt8(ascii: "["), value.last == UInt8(ascii: "]") {
      let words = Self.listEntries(value).map { range in
        ShellWord(Located(String(decoding: bytes[range], as: UTF8.self), SourceSpan(file: file, range)))
      }
      return (words, false)
    }
    let span = SourceSpan(file: file, value.startIndex..<value.endIndex)
    let text = String(decoding: value, as: UTF8.self)
    return (["sh", "-c", text].map { ShellWord(Located($0, span)) }, true)
  }

  /// `NAME=VALUE …`, or `NAME VALUE`, with the values of variables that are known.
  private func variables(
    _ value: ArraySlice<UInt8>, _ known: [String: String]
  ) -> [(name: String, value: Located<String>)] {
    let words = (ShellWords.commands(in: value, of: file).first ?? []).map { ($0.text(known).text, $0.span) }
    var found: [(name: String, value: Located<String>)] = []
    if let first = words.first, !first.0.contains("="), words.count > 1 {
      found.append((first.0, Located(words.dropFirst().map(\.0).joined(separator: " "), first.1)))
    }
    for (text, span) in words {
      if let (name, value) = Self.assignment(text) { found.append((name, Located(value, span))) }
    }
    return found
  }

  /// The entries of a list in brackets, without the quotation marks around them.
  static func listEntries(_ list: ArraySlice<UInt8>) -> [Range<Int>] {
    var inner = list.dropFirst()
    if inner.last == UInt8(ascii: "]") { inner = inner.dropLast() }
    var entries: [Range<Int>] = []
    var start = inner.startIndex
    var quote: UInt8?
    let end = { (index: Int) in
      let part = inner[start..<index].trimmed
      if !part.isEmpty { entries.append(unquoted(part).range) }
      start = index + 1
    }
    for index in inner.indices {
      let byte = inner[index]
      if byte == quote, inner[index - 1] != UInt8(ascii: "\\") {
        quote = nil
      } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if quote == nil, byte == UInt8(ascii: ",") {
        end(index)
      }
    }
    end(inner.endIndex)
    return entries
  }

  static func unquoted(_ value: ArraySlice<UInt8>) -> (range: Range<Int>, isQuoted: Bool) {
    guard value.count >= 2, let first = value.first, first == value.last,
      first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
    else { return (value.startIndex..<value.endIndex, false) }
    return (value.startIndex + 1..<value.endIndex - 1, true)
  }
}
