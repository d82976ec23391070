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
    let missing = environmentFiles(settings, &environment)
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
        if var invocation = self.command(words, &variables, environment) {
          invocation.missingEnvironment = missing
          found.append(invocation)
        }
      }
    }
    return found
  }

  /// Takes the variables of `EnvironmentFile=`, which go before those of `Environment=` (systemd.exec(5)).
  ///
  /// - Returns: the files that are not here.
  private func environmentFiles(
    _ settings: [(key: String, value: ArraySlice<UInt8>)], _ environment: inout [String: Located<String>]
  ) -> [Located<String>] {
    var missing: [Located<String>] = []
    for (key, value) in settings where key == "EnvironmentFile" {
      let text = value.trimmed
      let path = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
      let span = SourceSpan(file: file, path.startIndex..<path.endIndex)
      take(environmentFile: Located(String(decoding: path, as: UTF8.self), span), &environment, &missing)
    }
    return missing
  }

  /// Takes `NAME=VALUE` of each line of another file; they are placed where that file is named.
  func take(
    environmentFile file: Located<String>, _ environment: inout [String: Located<String>],
    _ missing: inout [Located<String>]
  ) {
    guard !file.value.isEmpty else { return }
    guard let bytes = read(file.value) else { return missing.append(file) }
    for line in bytes.split(separator: 0x0A) {
      let text = line.trimmed
      guard let first = text.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";"),
        let (name, value) = Self.assignment(String(decoding: text, as: UTF8.self))
      else { continue }
      let bare = Array(value.utf8)
      environment[name] = Located(
        String(decoding: bare[Self.unquoted(bare[...].trimmed).range], as: UTF8.self), file.span)
    }
  }

  /// What may stand before the path of a program: `-`, `@`, `:`, `+`, `!` (systemd.service(5)).
  private static let prefixBytes: [UInt8] = [UInt8(ascii: "-"), 0x40, 0x3A, 0x2B, 0x21]

  /// The keys and values of all lines.
  func settings() -> [(key: String, value: ArraySlice<UInt8>)] {
    let clean = withoutInnerComments()
    return Self.logicalLines(of: clean).compactMap { line in
      let text = clean[line]
      guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      return (String(decoding: text[..<equals].trimmed, as: UTF8.self), text[(equals + 1)...])
    }
  }

  /// The text with blanks in the place of comments between lines that are continued, which systemd passes over.
  func withoutInnerComments() -> [UInt8] {
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
  static func logicalLines(of bytes: [UInt8]) -> [Range<Int>] {
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
