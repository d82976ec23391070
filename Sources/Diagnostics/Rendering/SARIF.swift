/// One run of SARIF 2.1.0 (OASIS). Columns count Unicode code points, ends are exclusive, as there.
func renderSARIF(
  _ diagnostics: [Diagnostic], in sources: SourceSet, version: String, leftOut: Int,
  _ describe: (String) -> RuleDescription?
) -> String {
  var locator = Locator(sources)
  let codes = Set(diagnostics.map(\.code)).sorted()
  let positions = Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($1, $0) })
  let results = diagnostics.map { SARIFResult($0, positions, &locator) }
  let driver = SARIFDriver(
    name: "sallyport", version: version, rules: codes.map { SARIFRule($0, describe($0)) })
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

/// What a code means, for those who have not met it (section 3.49).
package struct RuleDescription: Sendable {
  package var severity: Severity
  /// One line without a period.
  package var summary: String
  /// A few sentences.
  package var explanation: String
  /// A policy that raises it, and the same without the mistake.
  package var bad: String
  package var good: String
  /// Places in the failure catalogue.
  package var references: [String]
  /// An absolute URI of all that.
  package var page: String

  package init(
    severity: Severity, summary: String, explanation: String, bad: String, good: String, references: [String],
    page: String
  ) {
    (self.severity, self.summary, self.explanation) = (severity, summary, explanation)
    (self.bad, self.good, self.references, self.page) = (bad, good, references, page)
  }
}

private struct SARIFRule: Encodable {
  struct Help: Encodable {
    var text: String
    var markdown: String
  }

  struct Configuration: Encodable { var level: String }

  var id: String
  var name: String
  var shortDescription: SARIFMessage?
  var fullDescription: SARIFMessage?
  var help: Help?
  var helpUri: String?
  var defaultConfiguration: Configuration?

  init(_ code: String, _ rule: RuleDescription?) {
    id = code
    // As tools write the names of their rules: in words that begin with capitals.
    name = code.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    guard let rule else { return }
    let catalogue = rule.references.isEmpty ? "" : "\n\nFailure catalogue: " + rule.references.joined(separator: ", ")
    shortDescription = SARIFMessage(text: rule.summary)
    fullDescription = SARIFMessage(text: rule.explanation)
    help = Help(
      text: "\(rule.explanation)\n\nBad:\n\n\(rule.bad)\n\nGood:\n\n\(rule.good)\(catalogue)",
      markdown:
        "\(rule.explanation)\n\n**Bad:**\n\n```\n\(rule.bad)\n```\n\n**Good:**\n\n```\n\(rule.good)\n```\(catalogue)")
    helpUri = rule.page
    defaultConfiguration = Configuration(level: rule.severity.rawValue)
  }
}

private struct SARIFMessage: Encodable { var text: String }

private struct SARIFRegion: Encodable {
  var startLine: Int
  var startColumn: Int
  var endLine: Int
  var endColumn: Int
}

extension SARIFRegion {
  init(_ span: SourceSpan, _ locator: inout Locator) {
    let (start, end) = locator.positions(of: span)
    self.init(startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column)
  }
}

private struct SARIFArtifact: Encodable {
  var uri: String

  init(_ file: SourceID, _ locator: Locator) {
    let name = locator.name(of: file)
    uri = (name.hasPrefix("/") ? "file://" : "") + percentEncoded(name)
  }
}

private struct SARIFLocation: Encodable {
  struct Physical: Encodable {
    var artifactLocation: SARIFArtifact
    var region: SARIFRegion
  }

  var physicalLocation: Physical
  var message: SARIFMessage?

  init(_ label: Label, _ locator: inout Locator, hasMessage: Bool) {
    physicalLocation = Physical(
      artifactLocation: SARIFArtifact(label.span.file, locator), region: SARIFRegion(label.span, &locator))
    message = hasMessage && !label.message.isEmpty ? SARIFMessage(text: label.message) : nil
  }
}

/// A way to mend it (section 3.55); a fix that a person must complete is left out.
private struct SARIFFix: Encodable {
  struct Replacement: Encodable {
    var deletedRegion: SARIFRegion
    var insertedContent: SARIFMessage
  }

  struct Change: Encodable {
    var artifactLocation: SARIFArtifact
    var replacements: [Replacement]
  }

  var description: SARIFMessage
  var artifactChanges: [Change]

  init(_ fix: FixIt, _ locator: inout Locator) {
    description = SARIFMessage(text: fix.applicability == .safe ? fix.message : "\(fix.message) (unsafe)")
    artifactChanges = []
    var byFile: [SourceID: [Replacement]] = [:]
    for edit in fix.edits {
      byFile[edit.span.file, default: []].append(
        Replacement(
          deletedRegion: SARIFRegion(edit.span, &locator), insertedContent: SARIFMessage(text: edit.replacement)))
    }
    for (file, replacements) in byFile.sorted(by: { $0.key < $1.key }) {
      artifactChanges.append(Change(artifactLocation: SARIFArtifact(file, locator), replacements: replacements))
    }
  }
}

private struct SARIFResult: Encodable {
  var ruleId: String
  var ruleIndex: Int?
  var level: String
  var message: SARIFMessage
  var locations: [SARIFLocation]
  var relatedLocations: [SARIFLocation]?
  var fixes: [SARIFFix]?

  init(_ diagnostic: Diagnostic, _ positions: [String: Int], _ locator: inout Locator) {
    ruleId = diagnostic.code
    ruleIndex = positions[diagnostic.code]
    level = diagnostic.severity.rawValue
    let parts =
      [diagnostic.message] + diagnostic.notes + [diagnostic.help.map { "help: \($0)" }].compactMap(\.self)
      + diagnostic.references.map { "see: \($0)" }
    message = SARIFMessage(text: parts.joined(separator: "\n"))
    locations = [SARIFLocation(diagnostic.primary, &locator, hasMessage: true)]
    let related = diagnostic.related.map { SARIFLocation($0, &locator, hasMessage: true) }
    relatedLocations = related.isEmpty ? nil : related
    let mending = diagnostic.fixes.filter { $0.applicability != .displayOnly && !$0.edits.isEmpty }
    fixes = mending.isEmpty ? nil : mending.map { SARIFFix($0, &locator) }
  }
}

/// A file name as a relative URI reference (RFC 3986).
package func percentEncoded(_ name: String) -> String {
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
