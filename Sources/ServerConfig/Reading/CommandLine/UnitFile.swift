import Diagnostics
import Policy

extension InvocationText {
  /// The starts of a unit of systemd: `ExecStart=`, where an empty one takes back those before it, with `Environment=`.
  func units() -> [Invocation] {
    var environment: [String: Located<String>] = [:]
    var found: [Invocation] = []
    for line in logicalLines() {
      let text = bytes[line]
      guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = String(decoding: text[..<equals].trimmed, as: UTF8.self)
      let value = text[(equals + 1)...]
      switch key {
      case "Environment":
        for word in ShellWords.commands(in: value, of: file, linesEnd: false).flatMap(\.self) {
          guard let (name, text) = Self.assignment(word.text(outer).text) else { continue }
          environment[name] = Located(text, word.span)
        }
      case "ExecStart":
        let command = value.trimmed.drop { [UInt8(ascii: "-"), 0x40, 0x3A, 0x2B, 0x21].contains($0) }
        guard !command.isEmpty else {
          found = []
          continue
        }
        var variables = outer
        let words = ShellWords.commands(in: command, of: file, linesEnd: false).first ?? []
        if let invocation = self.command(words, &variables, environment) { found.append(invocation) }
      default: break
      }
    }
    return found
  }

  /// Lines without comments; a backslash at the end of one joins the next.
  private func logicalLines() -> [Range<Int>] {
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
