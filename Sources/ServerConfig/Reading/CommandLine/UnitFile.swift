import Diagnostics
import Policy

extension InvocationText {
  /// The starts of a unit of systemd: `ExecStart=`, where an empty one takes back those before it, with `Environment=`.
  func units() -> [Invocation] {
    // `Environment=` counts wherever it stands (systemd.exec(5)).
    let settings = self.settings()
    var environment: [String: Located<String>] = [:]
    var found: [Invocation] = []
    for (key, value) in settings where key == "Environment" {
      if value.trimmed.isEmpty { environment = [:] }
      for word in ShellWords.commands(in: value, of: file, in: .unit).flatMap(\.self) {
        guard let (name, text) = Self.assignment(word.text(outer).text) else { continue }
        environment[name] = Located(text, word.span)
      }
    }
    for (key, value) in settings where key == "ExecStart" {
      let command = value.trimmed.drop { Self.prefixBytes.contains($0) }
      guard !command.isEmpty else {
        found = []
        continue
      }
      // After `@` the second word is the name that the program is told of itself.
      let hasName = value.trimmed.prefix { Self.prefixBytes.contains($0) }.contains(UInt8(ascii: "@"))
      for (index, words) in ShellWords.commands(in: command, of: file, in: .unit).enumerated() {
        var variables = outer
        let words = hasName && index == 0 ? Array(words.prefix(1) + words.dropFirst(2)) : words
        if let invocation = self.command(words, &variables, environment) { found.append(invocation) }
      }
    }
    return found
  }

  /// What may stand before the path of a program: `-`, `@`, `:`, `+`, `!` (systemd.service(5)).
  private static let prefixBytes: [UInt8] = [UInt8(ascii: "-"), 0x40, 0x3A, 0x2B, 0x21]

  /// The keys and values of all lines.
  private func settings() -> [(key: String, value: ArraySlice<UInt8>)] {
    let clean = withoutInnerComments()
    return Self.logicalLines(of: clean).compactMap { line in
      let text = clean[line]
      guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      return (String(decoding: text[..<equals].trimmed, as: UTF8.self), text[(equals + 1)...])
    }
  }

  /// The text with blanks in the place of comments between lines that are continued, which systemd passes over.
  private func withoutInnerComments() -> [UInt8] {
    var clean = bytes
    var isContinued = false
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let first = line.trimmed.first
      if first == UInt8(ascii: "#") || first == UInt8(ascii: ";") {
        guard isContinued else { continue }
        // With its line feed, so that the next line follows the one before.
        for index in line.startIndex..<min(line.endIndex + 1, clean.endIndex) { clean[index] = 0x20 }
      } else {
        isContinued = line.trimmed.last == UInt8(ascii: "\\")
      }
    }
    return clean
  }

  /// Lines without comments; a backslash at the end of one joins the next.
  private static func logicalLines(of bytes: [UInt8]) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start: Int?
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let first = line.trimmed.first
      if start == nil, first == UInt8(ascii: "#") || first == UInt8(ascii: ";") { continue }
      let begin = start ?? line.startIndex
      if line.trimmed.last == UInt8(ascii: "\\") {
        start = begin
      } else {
        lines.append(begin..<line.endIndex)
        start = nil
      }
    }
    if let start { lines.append(start..<bytes.endIndex) }
    return lines
  }
}
