/// One run of SARIF 2.1.0 (OASIS). Columns count Unicode code points, ends are exclusive, as there.
func renderSARIF(_ diagnostics: [Diagnostic], in sources: SourceSet, version: String, leftOut: Int) -> String {
  var locator = Locator(sources)
  let codes = Set(diagnostics.map(\.code)).sorted()
  let results = diagnostics.map { SARIFResult($0, codes, &locator) }
  let driver = SARIFDriver(name: "sallyport", version: version, rules: codes.map { SARIFRule(id: $0) })
  let run = SARIFRun(
    tool: SARIFTool(driver: driver), columnKind: "unicodeCodePoints", results: results,
    properties: leftOut == 0 ? nil : ["leftOut": leftOut])
  return encodeVerbatimJSON(
    SARIFLog(
      schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run]))
}

private struct SARIFLog: Encodable {
  enum CodingKeys: String, CodingKey {
    case schema = "$schema"
    case version, runs
  }

  var schema: String
  var version: String
  var runs: [SARIFRun]
}

private struct SARIFRun: Encodable {
  var tool: SARIFTool
  var columnKind: String
  var results: [SARIFResult]
  /// How many more results there are than the list holds.
  var properties: [String: Int]?
}

private struct SARIFTool: Encodable { var driver: SARIFDriver }

private struct SARIFDriver: Encodable {
  var name: String
  var version: String
  var rules: [SARIFRule]
}

private struct SARIFRule: Encodable { var id: String }

private struct SARIFMessage: Encodable { var text: String }

private struct SARIFRegion: Encodable {
  var startLine: Int
  var startColumn: Int
  var endLine: Int
  var endColumn: Int
}

private struct SARIFLocation: Encodable {
  struct Artifact: Encodable { var uri: String }

  struct Physical: Encodable {
    var artifactLocation: Artifact
    var region: SARIFRegion
  }

  var physicalLocation: Physical
  var message: SARIFMessage?

  init(_ label: Label, _ locator: inout Locator, hasMessage: Bool) {
    let (start, end) = locator.positions(of: label.span)
    physicalLocation = Physical(
      artifactLocation: Artifact(uri: percentEncoded(locator.name(of: label.span.file))),
      region: SARIFRegion(
        startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column))
    message = hasMessage && !label.message.isEmpty ? SARIFMessage(text: label.message) : nil
  }
}

private struct SARIFResult: Encodable {
  var ruleId: String
  var ruleIndex: Int?
  var level: String
  var message: SARIFMessage
  var locations: [SARIFLocation]
  var relatedLocations: [SARIFLocation]?

  init(_ diagnostic: Diagnostic, _ codes: [String], _ locator: inout Locator) {
    ruleId = diagnostic.code
    ruleIndex = codes.firstIndex(of: diagnostic.code)
    level = diagnostic.severity.rawValue
    let parts = [diagnostic.message] + diagnostic.notes + [diagnostic.help.map { "help: \($0)" }].compactMap(\.self)
    message = SARIFMessage(text: parts.joined(separator: "\n"))
    locations = [SARIFLocation(diagnostic.primary, &locator, hasMessage: true)]
    let related = diagnostic.related.map { SARIFLocation($0, &locator, hasMessage: true) }
    relatedLocations = related.isEmpty ? nil : related
  }
}

/// A file name as a relative URI reference (RFC 3986).
private func percentEncoded(_ name: String) -> String {
  var result = ""
  for byte in name.utf8 {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E:
      result.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let hex = String(byte, radix: 16, uppercase: true)
      result += "%" + (hex.count == 1 ? "0" : "") + hex
    }
  }
  return result
}
