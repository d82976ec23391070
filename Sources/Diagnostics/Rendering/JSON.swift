import FoundationEssentials

/// The stable machine form: fields may be added, none renamed. Lines and columns from 1, ends exclusive.
func renderJSON(_ diagnostics: [Diagnostic], in sources: SourceSet, leftOut: Int) -> String {
  var locator = Locator(sources)
  let items = diagnostics.map { JSONDiagnostic($0, &locator) }
  return encodeJSON(JSONDiagnostics(formatVersion: 1, diagnostics: items, leftOut: leftOut))
}

/// Two-space indented JSON with sorted keys in snake case and a final newline.
package func encodeJSON(_ value: some Encodable) -> String { encode(value, keys: .convertToSnakeCase) }

/// The same with the keys as the type spells them.
func encodeVerbatimJSON(_ value: some Encodable) -> String { encode(value, keys: .useDefaultKeys) }

/// What was written by `encodeJSON`; `nil` for any other text.
package func decodeJSON<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try? decoder.decode(type, from: Data(bytes))
}

private func encode(_ value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy) -> String {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = keys
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  guard let data = try? encoder.encode(value) else { return "" }
  return escapedForTerminals(String(decoding: data, as: UTF8.self)) + "\n"
}

/// JSON that says the same and may be shown: the encoder escapes control characters of ASCII alone. Others, what
/// changes the direction of text, and what the log of GitHub Actions takes for a command can only stand in strings,
/// where an escape means the same.
private func escapedForTerminals(_ json: String) -> String {
  let isPlain = json.utf8.allSatisfy { $0 < 0x7F }
  let text = json.contains("##[") ? json.replacing("##[", with: "##\\u005b") : json
  guard !isPlain else { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if scalar == "\n" || printable(scalar) == scalar {
      result.append(scalar)
    } else {
      let hex = String(scalar.value, radix: 16)
      result.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).unicodeScalars)
    }
  }
  return String(result)
}

private struct JSONDiagnostics: Encodable {
  var formatVersion: Int
  var diagnostics: [JSONDiagnostic]
  /// How many more there are than the list holds.
  var leftOut: Int
}

private struct JSONPlace: Encodable {
  var file: String
  var line: Int
  var column: Int
  var endLine: Int
  var endColumn: Int

  init(_ span: SourceSpan, _ locator: inout Locator) {
    let (start, end) = locator.positions(of: span)
    file = locator.name(of: span.file)
    (line, column, endLine, endColumn) = (start.line, start.column, end.line, end.column)
  }
}

private struct JSONDiagnostic: Encodable {
  struct Related: Encodable {
    var message: String
    var location: JSONPlace
  }

  struct Edit: Encodable {
    var location: JSONPlace
    var replacement: String
  }

  struct Fix: Encodable {
    var message: String
    var applicability: String
    var edits: [Edit]
  }

  var code: String
  var severity: String
  var message: String
  var file: String
  var line: Int
  var column: Int
  var endLine: Int
  var endColumn: Int
  var notes: [String]
  var help: String?
  /// Places in the failure catalogue.
  var references: [String]
  var related: [Related]
  var fixes: [Fix]

  init(_ diagnostic: Diagnostic, _ locator: inout Locator) {
    let place = JSONPlace(diagnostic.primary.span, &locator)
    code = diagnostic.code
    severity = diagnostic.severity.rawValue
    message = diagnostic.message
    (file, line, column) = (place.file, place.line, place.column)
    (endLine, endColumn) = (place.endLine, place.endColumn)
    notes = diagnostic.notes
    help = diagnostic.help
    references = diagnostic.references
    related = diagnostic.related.map { Related(message: $0.message, location: JSONPlace($0.span, &locator)) }
    fixes = diagnostic.fixes.map { fix in
      Fix(
        message: fix.message, applicability: fix.applicability.rawValue,
        edits: fix.edits.map { Edit(location: JSONPlace($0.span, &locator), replacement: $0.replacement) })
    }
  }
}
