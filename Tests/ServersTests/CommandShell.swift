import Foundation

/// How cmd.exe reads a batch file while extensions are on and delayed expansion is off, as far as emitted scripts need
/// it, and how a Windows program splits its command line.
///
/// Percent signs are replaced first, in the whole line; then quotation marks, carets and operators are looked at
/// (documented: cmd, `CommandLineToArgvW`).
struct CommandShell {
  /// Values of variables, by their names in upper case.
  var environment: [String: String]

  /// One program that a line starts.
  struct Call {
    /// As `CommandLineToArgvW` splits it.
    var arguments: [String]
    /// Whether the script ends when the program fails.
    var mustSucceed: Bool
    /// The path in `if not exist PATH`.
    var unlessThere: String?
  }

  /// The programs that a script starts, in order, up to its first label, and the variables that it sets.
  mutating func calls(in script: String) -> [Call] {
    var calls: [Call] = []
    for raw in script.components(separatedBy: "\r\n") {
      // Percent signs are replaced in comments too.
      var line = expanded(raw)
      if line.hasPrefix("@") { line.removeFirst() }
      if line.isEmpty || line.hasPrefix("rem ") || line == "echo off" { continue }
      if line.hasPrefix("setlocal") || line.hasPrefix("exit") || line.hasPrefix("goto") { continue }
      if line.hasPrefix(":") { break }
      if line.hasPrefix("set \""), let equals = line.firstIndex(of: "="), line.hasSuffix("\"") {
        let name = line[line.index(line.startIndex, offsetBy: 5)..<equals].uppercased()
        environment[name] = String(line[line.index(after: equals)...].dropLast())
        continue
      }
      var condition: String?
      if line.hasPrefix("if not exist ") {
        let words = Self.arguments(of: String(line.dropFirst("if not exist ".count)))
        condition = words.first
        line = String(line.dropFirst("if not exist ".count + (condition?.count ?? 0) + 3))
      }
      let parts = Self.commands(in: line)
      guard let first = parts.first, !first.text.isEmpty else { continue }
      let mustSucceed =
        parts.dropFirst().first.map { $0.operator == "||" && $0.text.hasPrefix("goto failed") } ?? false
      calls.append(
        Call(arguments: Self.arguments(of: first.text), mustSucceed: mustSucceed, unlessThere: condition))
      // Anything else after an operator would be a program that nobody meant.
      for part in parts.dropFirst() where !(part.operator == "||" && part.text.hasPrefix("goto ")) {
        calls.append(Call(arguments: Self.arguments(of: part.text), mustSucceed: false, unlessThere: nil))
      }
    }
    return calls
  }

  /// `%%` is a percent sign, `%0` to `%9` and `%*` are arguments, of which there are none, and `%NAME%` is a variable;
  /// a percent sign that begins nothing vanishes.
  func expanded(_ line: String) -> String {
    let characters = Array(line)
    var result = ""
    var index = 0
    while index < characters.count {
      guard characters[index] == "%" else {
        result.append(characters[index])
        index += 1
        continue
      }
      index += 1
      guard index < characters.count else { break }
      let next = characters[index]
      if next == "%" {
        result.append("%")
        index += 1
      } else if next.isNumber || next == "*" {
        index += 1
      } else if let end = characters[index...].firstIndex(of: "%") {
        result += environment[String(characters[index..<end]).uppercased()] ?? ""
        index = end + 1
      }
    }
    return result
  }

  /// The commands of a line, each with the operator before it; what is redirected is left out.
  static func commands(in line: String) -> [(operator: String, text: String)] {
    var parts: [(operator: String, text: String)] = [("", "")]
    let characters = Array(line)
    var isQuoted = false
    var index = 0
    func append(_ character: Character) { parts[parts.count - 1].text.append(character) }
    while index < characters.count {
      let character = characters[index]
      index += 1
      switch character {
      case "\"":
        isQuoted.toggle()
        append(character)
      case "^" where !isQuoted:
        if index < characters.count { append(characters[index]) }
        index += 1
      case "&" where !isQuoted, "|" where !isQuoted:
        let isDouble = index < characters.count && characters[index] == character
        parts.append((String(repeating: character, count: isDouble ? 2 : 1), ""))
        if isDouble { index += 1 }
      case "<" where !isQuoted, ">" where !isQuoted:
        // `>nul`, `2>&1`: up to the next blank.
        if let last = parts.last?.text.last, last.isNumber { parts[parts.count - 1].text.removeLast() }
        while index < characters.count, characters[index] != " " { index += 1 }
      default: append(character)
      }
    }
    return parts.map { ($0.operator, $0.text.trimmingCharacters(in: .whitespaces)) }
  }

  /// `CommandLineToArgvW`: the first word ends at its quotation mark; in the others backslashes count before a
  /// quotation mark only.
  static func arguments(of line: String) -> [String] {
    var words: [String] = []
    var rest = Substring(line)
    if rest.first == "\"" {
      rest = rest.dropFirst()
      words.append(String(rest.prefix { $0 != "\"" }))
      rest = rest.drop { $0 != "\"" }.dropFirst()
    } else {
      words.append(String(rest.prefix { $0 != " " && $0 != "\t" }))
      rest = rest.drop { $0 != " " && $0 != "\t" }
    }
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" }
      if rest.isEmpty { return words }
      words.append(nextWord(&rest))
    }
  }

  private static func nextWord(_ rest: inout Substring) -> String {
    var word = ""
    var isQuoted = false
    while let character = rest.first {
      if !isQuoted, character == " " || character == "\t" { break }
      if character == "\\" {
        let count = rest.prefix { $0 == "\\" }.count
        rest = rest.dropFirst(count)
        guard rest.first == "\"" else {
          word += String(repeating: "\\", count: count)
          continue
        }
        word += String(repeating: "\\", count: count / 2)
        if count.isMultiple(of: 2) { continue }
        word.append("\"")
        rest = rest.dropFirst()
      } else if character == "\"" {
        rest = rest.dropFirst()
        // Two in a row within a quotation are one.
        if isQuoted, rest.first == "\"" {
          word.append("\"")
          rest = rest.dropFirst()
        } else {
          isQuoted.toggle()
        }
      } else {
        word.append(character)
        rest = rest.dropFirst()
      }
    }
    return word
  }
}
