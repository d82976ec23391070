import Foundation

/// The parser that `scripts/powershell-parser` puts into the cache.
package enum PowerShellParser {
  /// The folder of its packages, or why there is none.
  package static let folder = LiveSupport.folder(ofScript: "powershell-parser")

  package static var missing: String? { if case .failure(let error) = folder { error.reason } else { nil } }
}

/// What the parser says about one script.
package struct ParsedScript: Decodable {
  package var errors: [String]
  /// Texts between apostrophes, with them.
  package var verbatim: [String]
  package var commands: [String]

  package static func all(_ texts: [String]) throws -> [ParsedScript] {
    let script = repository.appending(path: "Tests/LiveSupport/parse-powershell.py").path
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
  package var values: [String?] {
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
