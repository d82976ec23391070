import Foundation
import LiveSupport
import Testing

/// The parser that `scripts/powershell-parser` puts into the cache.
private enum PowerShellParser {
  /// The folder of its packages, or why there is none.
  static let folder = LiveSupport.folder(ofScript: "powershell-parser")

  static var missing: String? { if case .failure(let error) = folder { error.reason } else { nil } }
}

/// What the parser says about one script.
private struct ParsedScript: Decodable {
  var errors: [String]
  /// Texts between apostrophes, with them.
  var verbatim: [String]
  var commands: [String]

  static func all(_ texts: [String]) throws -> [ParsedScript] {
    let script = repository.appending(path: "Tests/ServersTests/parse-powershell.py").path
    return try withFiles(texts) { paths in
      let run = try ExternalTool(
        ["python3", script] + paths, environment: ["PYTHONPATH": PowerShellParser.folder.get()])
      guard run.status == 0 else { throw MissingTool(reason: run.errors) }
      return try JSONDecoder().decode([ParsedScript].self, from: Data(run.output.utf8))
    }
  }

  /// What the texts between apostrophes stand for; `nil` for one that ends before its end.
  ///
  /// PowerShell takes five characters for apostrophes, and two of them in a row for the first
  /// (about_Quoting_Rules). tree-sitter-powershell knows the ASCII one only, so this is looked at here.
  var values: [String?] {
    verbatim.map { text in
      var value = String.UnicodeScalarView()
      var rest = Substring(text).unicodeScalars.dropFirst().dropLast()
      while let scalar = rest.popFirst() {
        value.append(scalar)
        guard Self.apostrophes.contains(scalar) else { continue }
        guard let second = rest.popFirst(), Self.apostrophes.contains(second) else { return nil }
      }
      return String(value)
    }
  }

  private static let apostrophes: Set<Unicode.Scalar> = ["'", "\u{2018}", "\u{2019}", "\u{201A}", "\u{201B}"]
}

@Suite("PowerShell is PowerShell", .enabled(if: PowerShellParser.missing == nil, "\(PowerShellParser.missing ?? "")"))
struct PowerShellTests {
  @Test func everyCombinationParses() throws {
    let scripts = try EmittedCase.all.flatMap { try $0.iis.emit(form: "powershell").documents.map(\.text) }
    #expect(scripts.count == EmittedCase.all.count * 2)
    for (script, parsed) in zip(scripts, try ParsedScript.all(scripts)) {
      #expect(parsed.errors.isEmpty, "\(parsed.errors)\n\(script)")
      #expect(parsed.values.allSatisfy { $0 != nil })
      #expect(parsed.commands.last == "Restart-Service")
      let usesNetsh = parsed.commands.contains("netsh.exe")
      #expect(usesNetsh != parsed.commands.contains("Get-NetFirewallRule"))
    }
  }

  /// What is no PowerShell is seen: the parser can fail.
  @Test(arguments: ["throw 'a'b'\n", "if (1 {\n}\n", "$x = @{ a = }\n"])
  func mistakesAreSeen(text: String) throws {
    #expect(try ParsedScript.all([text]).first?.errors.isEmpty == false)
  }

  @Test func namesArriveAsTheyWereMeant() throws {
    var texts: [(name: String, text: String)] = []
    for name in NastyNames.all {
      var example = EmittedCase.all[0]
      example.site = name
      let emission = try example.iis.emit(form: "powershell")
      let refused =
        name.contains("\"") || name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        || name.contains("\u{2028}")
      #expect(emission.errors == (refused ? ["value-not-expressible"] : []), "\(name.debugDescription)")
      if !refused { texts.append((name, emission.first)) }
    }
    #expect(texts.count > 100)
    for (parsed, expected) in zip(try ParsedScript.all(texts.map(\.text)), texts) {
      #expect(parsed.errors.isEmpty, "\(expected.name.debugDescription): \(parsed.errors)")
      let quote = expected.name.contains("'") ? "\"" : "'"
      let path = "system.applicationHost/sites/site[@name=\(quote)\(expected.name)\(quote)]"
      #expect(parsed.values.contains(path), "\(expected.name.debugDescription)")
      #expect(parsed.values.contains("IIS has no site with the name \(expected.name)"))
    }
  }
}

@Test("continuous integration has a parser of PowerShell")
func powerShellParserInContinuousIntegration() {
  if LiveRequirements.isCI { #expect(PowerShellParser.missing == nil) }
}
