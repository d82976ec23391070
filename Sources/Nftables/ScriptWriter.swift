import Addressing
package import Diagnostics

/// Collects the text of an nft script.
package struct ScriptWriter {
  /// What stands before `last`: long parts of the text, which are not copied into one array.
  private var parts: [[UInt8]] = []
  private var last: [UInt8] = []
  /// Which policy statements asked for which lines.
  package private(set) var provenance = LineProvenance()
  private let isTraced: Bool
  private var indentation = 0
  /// The number, from 1, of the line that is written next.
  private var nextLine = 1

  /// - Parameter isTraced: Whether to note which statements asked for which lines.
  package init(isTraced: Bool = true) { self.isTraced = isTraced }

  /// The text in pieces.
  package var pieces: [[UInt8]] { parts + [last] }

  package var bytes: [UInt8] {
    guard !parts.isEmpty else { return last }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
    for piece in pieces { bytes += piece }
    return bytes
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  package mutating func write(_ phrase: ScriptPhrase) {
    write(atMost: phrase.text.utf8.count) { $0.append(trusted: phrase.text) }
  }

  /// A line that nft does not read.
  package mutating func remark(_ text: String) {
    line {
      $0.write(atMost: text.utf8.count + 2) { output in
        output.append(ascii: "# ")
        output.append(trusted: Self.quotable(text, limit: .max))
      }
    }
  }

  /// What we never write, as a listing has it: JSON, whose quotes are in pairs for nft, which knows no escapes, as
  /// well. In a script it is no command, and the script does not load.
  mutating func write(foreign value: JSONValue) {
    let text = value.scriptText
    write(atMost: text.utf8.count) { $0.append(trusted: text) }
  }

  /// A quoted string. nft 1.0.6 knows no escape in strings, so a byte that would end the string or the line becomes
  /// `?`, and what exceeds `limit` bytes is cut off at a character.
  package mutating func write(quoted text: String, limit: Int) {
    write(atMost: text.utf8.count + 2) { $0.append(quoted: text, limit: limit) }
  }

  /// Part of a line for which room is made once.
  mutating func write(atMost length: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
    last.append(addingCapacity: length) { body(&$0) }
  }

  /// What of a text stands between the quotes.
  static func quotable(_ text: String, limit: Int) -> String {
    if text.utf8.count <= limit, text.utf8.allSatisfy(\.isPlain) { return text }
    var result = String.UnicodeScalarView()
    var length = 0
    for scalar in text.unicodeScalars {
      let width = UTF8.width(scalar)
      guard length + width <= limit else { break }
      length += width
      let isSafe = scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "\""
      result.append(isSafe ? scalar : "?")
    }
    return String(result)
  }

  /// A writer for lines that stand here, to be appended.
  var emptyPart: ScriptWriter {
    var part = ScriptWriter(isTraced: isTraced)
    part.indentation = indentation
    return part
  }

  /// Adds the lines of another writer, of which there are many.
  mutating func append(_ part: ScriptWriter) {
    parts += [last] + part.parts
    last = part.last
    if isTraced { provenance.append(part.provenance, after: nextLine - 1) }
    nextLine += part.nextLine - 1
  }

  /// Makes room for lines that are written next.
  mutating func reserve(lines: Int) {
    last.reserveCapacity(last.count + lines * 64)
    if isTraced { provenance.reserve(lines: lines) }
  }

  /// One whole line at the current depth.
  package mutating func line(_ body: (inout ScriptWriter) -> Void) {
    for _ in 0..<2 * indentation { last.append(0x20) }
    body(&self)
    last.append(0x0A)
    nextLine += 1
  }

  /// The same for a line that policy statements asked for; the lines after it, up to the next such line, belong to the
  /// same statements.
  mutating func line(
    provenance spans: some Collection<SourceSpan>, _ body: (inout ScriptWriter) -> Void
  ) {
    if isTraced { provenance.record(Array(spans), line: nextLine) }
    line(body)
  }

  /// A line for which room is made once, and which one statement asked for.
  mutating func line(
    atMost length: Int, provenance span: SourceSpan, _ body: (inout OutputSpan<UInt8>) -> Void
  ) {
    if isTraced { provenance.record(span, line: nextLine) }
    let indent = 2 * indentation
    write(atMost: indent + length + 1) { line in
      line.append(repeating: 0x20, count: indent)
      body(&line)
      line.append(0x0A)
    }
    nextLine += 1
  }

  /// `HEADER { ... }` over several lines, of which the first and those without statements of their own were asked for
  /// by some.
  package mutating func block(
    _ header: ScriptPhrase, provenance spans: some Collection<SourceSpan>, _ body: (inout ScriptWriter) -> Void
  ) {
    if isTraced { provenance.record(Array(spans), line: nextLine) }
    block(header, body)
  }

  /// `HEADER { ... }` over several lines.
  package mutating func block(_ header: ScriptPhrase, _ body: (inout ScriptWriter) -> Void) {
    line { writer in
      writer.write(header)
      writer.write(" {")
    }
    indentation += 1
    body(&self)
    indentation -= 1
    line { $0.write("}") }
  }

  /// Items between separators.
  package mutating func write<Item>(
    _ items: some Sequence<Item>, separator: ScriptPhrase, _ item: (inout ScriptWriter, Item) -> Void
  ) {
    var isFirst = true
    for next in items {
      if !isFirst { write(separator) }
      isFirst = false
      item(&self, next)
    }
  }
}
