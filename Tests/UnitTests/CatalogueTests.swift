import Diagnostics
import Foundation
import Policy
import Testing

/// The failure catalogue and the promises of the language, and everything that names them.
@Suite struct CatalogueTests {
  private static let failures = repository.appending(path: "docs/failures.md")

  private func text(_ path: String) throws -> String {
    try String(contentsOf: repository.appending(path: path), encoding: .utf8)
  }

  /// Every text of the repository that may name a failure or a promise, by its path.
  private func texts() throws -> [String: String] {
    var texts: [String: String] = [:]
    for folder in ["Sources", "Tests", "docs", "policies", "templates", "scripts"] {
      let paths = try FileManager.default.subpathsOfDirectory(atPath: repository.appending(path: folder).path)
      for path in paths where !path.hasSuffix("CatalogueTests.swift") {
        if let text = try? text("\(folder)/\(path)") { texts["\(folder)/\(path)"] = text }
      }
    }
    for page in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] { texts[page] = try text(page) }
    return texts
  }

  @Test("C16: the catalogue has every number once, with an anchor, a cause, a box and what to change")
  func sections() throws {
    let sections = try text("docs/failures.md").components(separatedBy: "\n<a id=\"").dropFirst()
    #expect(sections.count == 73)
    for (position, section) in sections.enumerated() {
      let digits = (position < 9 ? "0" : "") + "\(position + 1)"
      #expect(section.hasPrefix("f\(digits)\"></a>\n\n### F\(digits) "), "\(section.prefix(40))")
      for part in ["Seen", "Cause", "Box", "Change", "Diagnostics"] {
        #expect(
          section.matches(of: /(?m)^- \*\*(\w+):\*\* \S/).contains { $0.output.1 == part }, "F\(digits): \(part)")
      }
    }
  }

  @Test("C16: each section names the diagnostics whose pages name it")
  func diagnostics() throws {
    var codes: [String: Set<String>] = [:]
    for page in rulePages { for number in page.failureModes { codes[number, default: []].insert(page.code) } }
    var number = ""
    let page = try text("docs/failures.md")
    let lines = page.components(separatedBy: "\n").map { line -> String in
      if line.hasPrefix("### F") { number = String(line.dropFirst(4).prefix(3)) }
      guard line.hasPrefix("- **Diagnostics:** ") else { return line }
      let list = (codes[number] ?? []).sorted().map { "`\($0)`" }.joined(separator: ", ")
      return "- **Diagnostics:** \(list.isEmpty ? "none yet" : list)"
    }
    let wanted = lines.joined(separator: "\n")
    if wanted != page, ProcessInfo.processInfo.environment["UPDATE_EXPECTED"] == "1" {
      try wanted.write(to: Self.failures, atomically: true, encoding: .utf8)
    }
    #expect(wanted == page, "UPDATE_EXPECTED=1 swift test --filter CatalogueTests writes these lines anew")
  }

  @Test("C16: every number of a failure that anything names stands in the catalogue, and every link leads somewhere")
  func numbers() throws {
    let catalogue = try text("docs/failures.md")
    let promises = try text("docs/promises.md")
    for (path, text) in try texts() {
      for match in text.matches(of: /\bF(\d\d)\b/) {
        #expect(catalogue.contains("<a id=\"f\(match.output.1)\"></a>"), "\(path) names F\(match.output.1)")
      }
      for match in text.matches(of: /(?i)\bpromise[- ](\d+)\b/) {
        #expect(
          promises.contains("<a id=\"promise-\(match.output.1)\"></a>"), "\(path) names promise \(match.output.1)")
      }
      for match in text.matches(of: /(?:docs\/)?(failures|promises)\.md#([a-z0-9-]+)/) {
        let page = match.output.1 == "failures" ? catalogue : promises
        #expect(page.contains("<a id=\"\(match.output.2)\"></a>"), "\(path) leads to \(match.output.0)")
      }
      let vague = text.firstMatch(of: /(?i)\brules? \d+ of the language|\(\d\.\d{1,2}\)/)
      #expect(vague == nil, "\(path): \(vague?.output ?? "") leads nowhere")
    }
    for match in catalogue.matches(of: /\]\(#(f\d\d)\)/) {
      #expect(catalogue.contains("<a id=\"\(match.output.1)\"></a>"), "\(match.output.0)")
    }
  }

  @Test("C16: `rules CODE`, a diagnostic for people and one for programs lead into the catalogue")
  func links() async throws {
    for page in rulePages where !page.failureModes.isEmpty {
      for number in page.failureModes { #expect(number.wholeMatch(of: /F\d\d/) != nil, "\(page.code): \(number)") }
    }
    let rule = try await sallyport(["rules", "helper-cannot-read-tls"])
    #expect(rule.output.contains("docs/failures.md#f04"), "\(rule.output)")
    let finding = Diagnostic.warning(
      "x", "x", at: SourceSpan(file: SourceID(0), 0..<1), notes: ["F01: the 227", "see `F99.sally` and F04, F01"],
      help: "as F33")
    #expect(finding.references == ["docs/failures.md#f01", "docs/failures.md#f04", "docs/failures.md#f33"])
    var sources = SourceSet()
    _ = sources.add(SourceFile(name: "a", text: "text"))
    for format in [DiagnosticFormat.full, .json, .sarif] {
      let shown = render([finding], in: sources, as: format, style: .plain, version: "")
      #expect(shown.contains("docs/failures.md#f33") && !shown.contains("#f99"), "\(shown)")
    }
  }
}
