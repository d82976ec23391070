/// What a stream may carry, whoever wrote what is shown: control characters (C0, DEL, C1) and characters that change
/// the direction of text become U+FFFD, but for tabs, line ends and, where there is colour, the sequences of `Style`.
/// The one place for all of both streams; what is made readable before keeps its look.
///
/// - Parameters:
///   - bytes: UTF-8; anything else becomes U+FFFD where a byte needs a look.
///   - isColored: Whether the sequences of `Style` may stay.
///   - isData: Whether this is a text for a program or a file, of which no more is changed. In other text commands that
///     the log of GitHub Actions would obey are broken.
package func streamText(_ bytes: [UInt8], isColored: Bool, isData: Bool) -> [UInt8] {
  if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x09 }), isData || !mayCommand(bytes) {
    return bytes
  }
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var isFirst = true
  for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
    if !isFirst { result.append(0x0A) }
    isFirst = false
    let shown = safeLine(line, isColored: isColored)
    result += isData ? shown : withoutCommands(shown)
  }
  return result
}

/// Whether there may be a command for GitHub Actions: most texts have neither of the signs.
private func mayCommand(_ bytes: [UInt8]) -> Bool {
  bytes.firstRange(of: "::".utf8) != nil || bytes.firstRange(of: "##[".utf8) != nil
}

/// One line without what would do something to a terminal. A carriage return at its end is a part of the line end.
private func safeLine(_ line: ArraySlice<UInt8>, isColored: Bool) -> [UInt8] {
  if line.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 }) { return Array(line) }
  let hasReturn = line.last == 0x0D
  var rest = Array(String(decoding: hasReturn ? line.dropLast() : line, as: UTF8.self).unicodeScalars)[...]
  var shown = String.UnicodeScalarView()
  while let scalar = rest.first {
    if scalar == "\u{1B}", isColored, let length = styleLength(rest) {
      shown.append(contentsOf: rest.prefix(length))
      rest = rest.dropFirst(length)
    } else {
      shown.append(scalar == "\t" ? scalar : printable(scalar))
      rest = rest.dropFirst()
    }
  }
  return Array(String(shown).utf8) + (hasReturn ? [0x0D] : [])
}

/// How many scalars a sequence of `Style` has that stands here; `nil` for anything else.
private func styleLength(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
  guard text.dropFirst().first == "[", let end = text.prefix(8).firstIndex(of: "m") else { return nil }
  let code = String(String.UnicodeScalarView(text[(text.startIndex + 2)..<end]))
  return Style.codes.contains(code) ? end - text.startIndex + 1 : nil
}

/// A line in which the runner of GitHub Actions finds no command: `::NAME ...::` after white space, as `ActionCommand`
/// of the runner reads it (`TryParseV2`), or `##[NAME]` anywhere (`TryParse`). `::1` is an address.
private func withoutCommands(_ line: [UInt8]) -> [UInt8] {
  guard mayCommand(line) else { return line }
  let text = String(decoding: line, as: UTF8.self).replacing("##[", with: "##\u{FFFD}[")
  let start = text.unicodeScalars.firstIndex { !$0.properties.isWhitespace } ?? text.endIndex
  var rest = text[start...]
  // Colour before it is passed over.
  while rest.unicodeScalars.first == "\u{1B}", let end = rest.unicodeScalars.firstIndex(of: "m") {
    rest = rest[rest.unicodeScalars.index(after: end)...]
    rest = rest[(rest.unicodeScalars.firstIndex { !$0.properties.isWhitespace } ?? rest.endIndex)...]
  }
  guard rest.utf8.starts(with: "::".utf8) else { return Array(text.utf8) }
  let name = rest.dropFirst(2).prefix { $0 != " " && $0 != ":" }
  // Words of the runner's commands have a letter that no number of an address has.
  let isName = name.contains { $0.isLetter && !$0.isHexDigit } && name.allSatisfy { $0.isLetter || "-_".contains($0) }
  guard isName else { return Array(text.utf8) }
  return Array((text[..<rest.startIndex] + "\u{FFFD}" + rest.dropFirst()).utf8)
}
