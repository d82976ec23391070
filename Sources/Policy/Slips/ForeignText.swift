import Diagnostics

/// The finding about a file that is not UTF-8, which makes all others meaningless; `nil` for one that is.
func wrongEncoding(of bytes: [UInt8], _ file: SourceID) -> Diagnostic? {
  let start = SourceSpan(file: file, 0..<min(1, bytes.count))
  func error(_ what: String, _ place: SourceSpan, _ help: String) -> Diagnostic {
    .error("invalid-utf8", what, at: place, help: help)
  }
  let again = "save the file as UTF-8, for example with `iconv -f"
  if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
    return error("this file is UTF-32, and policies are UTF-8", start, again + " UTF-32 -t UTF-8`")
  }
  if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
    return error("this file is UTF-16, and policies are UTF-8", start, again + " UTF-16 -t UTF-8`")
  }
  if let zero = bytes.firstIndex(of: 0) {
    let place = SourceSpan(file: file, zero..<zero + 1)
    let head = bytes.prefix(512)
    let (even, odd) = (zeros(head, 0), zeros(head, 1))
    // Text of Latin letters in UTF-16 has a zero in every second byte, and in no other.
    if 3 * max(even, odd) > head.count, min(even, odd) * 10 < max(even, odd) + 10 {
      let name = odd > even ? "UTF-16LE" : "UTF-16BE"
      return error("this file is \(name), and policies are UTF-8", start, again + " \(name) -t UTF-8`")
    }
    let isText = bytes.allSatisfy { $0 >= 0x20 || [0, 0x09, 0x0A, 0x0D].contains($0) }
    return isText && String(validating: bytes, as: UTF8.self) != nil
      ? error(
        "this file holds bytes of value 0, which no text has", place,
        "remove them: an editor that shows them, or `tr -d '\\000'`")
      : error("this file is not text", start, "name a policy; this may be a program, an archive or an image")
  }
  guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
  let first = firstInvalid(in: bytes)
  let controls = bytes.prefix(4096).count { $0 < 0x20 && ![0x09, 0x0A, 0x0D].contains($0) }
  if controls * 20 > min(bytes.count, 4096) {
    return error("this file is not text", start, "name a policy; this may be a program, an archive or an image")
  }
  return error(
    "this file is not UTF-8: here is a byte \(hexadecimal(bytes[first]))", SourceSpan(file: file, first..<first + 1),
    again + " ISO-8859-1 -t UTF-8` if it is Latin-1")
}

private func zeros(_ bytes: ArraySlice<UInt8>, _ remainder: Int) -> Int {
  bytes.indices.count { $0 % 2 == remainder && bytes[$0] == 0 }
}

private func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16, uppercase: true)
  return digits.count == 1 ? "0" + digits : digits
}

/// Where the first byte stands that is no UTF-8; lines are looked at one by one.
private func firstInvalid(in bytes: [UInt8]) -> Int {
  var offset = 0
  for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
    guard String(validating: line, as: UTF8.self) == nil else {
      offset += line.count + 1
      continue
    }
    var low = line.startIndex
    while low < line.endIndex {
      let length = line[low] < 0x80 ? 1 : line[low] >= 0xF0 ? 4 : line[low] >= 0xE0 ? 3 : 2
      let character = line[low..<min(low + length, line.endIndex)]
      if String(validating: character, as: UTF8.self) == nil { return low }
      low += length
    }
    return line.startIndex
  }
  return max(0, min(offset, bytes.count - 1))
}

/// The finding about a file in another language; `nil` for what may be a policy.
func foreignLanguage(of bytes: [UInt8], _ file: SourceID) -> Diagnostic? {
  var offset = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  var hasBrace = false
  var colon: Range<Int>?
  var isFirst = true
  var found: (name: String, place: Range<Int>)?
  for line in bytes[offset...].split(separator: 0x0A, omittingEmptySubsequences: false) {
    defer { offset += line.count + 1 }
    let text = String(decoding: line, as: UTF8.self)
    let words = text.drop { $0 == " " || $0 == "\t" }.prefix { $0 != "\r" }
    guard let first = words.first, first != "#" else { continue }
    let start = line.startIndex + text.utf8.count - text.drop { $0 == " " || $0 == "\t" }.utf8.count
    let place = start..<max(start + 1, start + words.utf8.count)
    if isFirst, let name = language(beginningWith: words, bytes[start...]) {
      found = (name, place)
      break
    }
    isFirst = false
    if let mark = leftover(words, place, file) { return mark }
    if line.contains(UInt8(ascii: "{")) { hasBrace = true }
    if colon == nil, isYAML(words) { colon = place }
  }
  if found == nil, !hasBrace, let colon { found = ("YAML", colon) }
  guard let found else { return nil }
  return .error(
    "foreign-language", "this is \(found.name), and a policy has a language of its own",
    at: SourceSpan(file: file, found.place),
    help: "write for example `publish files { server 10.10.20.200 other; external ip 203.0.113.10; passive range "
      + "50000-50399; tls explicit required }`")
}

/// What a tool left in a line that is to be filled in, or was never finished: marks of `git merge`, and of templates.
private func leftover(_ line: Substring, _ place: Range<Int>, _ file: SourceID) -> Diagnostic? {
  let span = SourceSpan(file: file, place)
  if line.hasPrefix("<<<<<<< ") {
    return .error(
      "foreign-language", "a merge was not finished: this file holds the lines of both sides", at: span,
      help: "keep the lines of one side, and remove those with `<<<<<<<`, `=======` and `>>>>>>>`")
  }
  guard line.contains("{{"), line.contains("}}") else { return nil }
  return .error(
    "foreign-language", "this file is a template that was not filled in", at: span,
    help: "write the values in the place of what stands between `{{` and `}}`, or have the template filled in first")
}

private func language(beginningWith line: Substring, _ rest: ArraySlice<UInt8>) -> String? {
  let signs = rest.lazy.filter { $0 > 0x20 }.prefix(2)
  if signs.elementsEqual("{\"".utf8) || signs.elementsEqual("[{".utf8) || signs.elementsEqual("{}".utf8) {
    return "JSON"
  }
  if line.hasPrefix("---") || line.hasPrefix("%YAML") { return "YAML" }
  if line.hasPrefix("```") { return "Markdown" }
  if line.first == "<", !line.hasPrefix("<!--"), !line.hasPrefix("<<<<<<<") { return "XML" }
  if line.first == "[", line.contains("]"), !line.contains(":") { return "INI or TOML" }
  if line.hasPrefix("table ") || line.hasPrefix("flush ruleset") || line.hasPrefix("add table ") {
    return "a ruleset of nftables"
  }
  if line.hasPrefix("*filter") || line.hasPrefix("*nat") || line.hasPrefix("*raw") || line.hasPrefix("*mangle") {
    return "what iptables-save writes"
  }
  return line.hasPrefix("#!") ? "a script" : nil
}

/// Whether a line is `key: value` or `- item`.
private func isYAML(_ line: Substring) -> Bool {
  if line.hasPrefix("- ") { return true }
  // A file may hold lists of clients alone, which have no braces.
  if line.hasPrefix("clients ") || line.hasPrefix("include") { return false }
  guard let colon = line.firstIndex(of: ":") else { return false }
  let next = line.index(after: colon)
  guard next == line.endIndex || line[next] == " " else { return false }
  return line[..<colon].allSatisfy { $0.isLetter || $0.isNumber || " _-\"'".contains($0) }
}
