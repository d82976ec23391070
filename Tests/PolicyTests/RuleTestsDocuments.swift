import Diagnostics
import Foundation
import Policy
import RuleDocuments
import Testing

/// The files of `docs/rules`, one for each code.
@Suite("Documents")
struct RuleTestsDocuments {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test("every file is compiled into the program, and as it is")
  func files() throws {
    let folder = Self.root.appending(path: "docs/rules")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.sorted() == RulePage.codes.map { "\($0).md" }.sorted())
    for code in RulePage.codes {
      let text = try String(contentsOf: folder.appending(path: "\(code).md"), encoding: .utf8)
      #expect(RuleDocuments.text(code) == text, "\(code)")
    }
  }

  @Test("every page has its shape, and is the one of its file", arguments: RulePage.codes)
  func shape(code: String) throws {
    let text = try #require(RuleDocuments.text(code))
    let page = try RulePage(text)
    #expect(page.code == code)
    #expect(text.hasSuffix("```\n"))
    for line in text.split(separator: "\n").prefix(while: { $0 != "## Bad" }).dropFirst() {
      #expect(line.count <= 120 || line.hasPrefix("Failures: "), "\(code): \(line)")
    }
  }

  @Test("every rule has a page, which agrees with it about how bad it is")
  func severities() throws {
    #expect(policyRules.count > 30)
    for rule in policyRules {
      let page = try #require(RulePage(of: rule.code), "\(rule.code) has no page")
      #expect(page.severity == rule.severity, "\(rule.code)")
    }
  }

  @Test("every page is in use: a source raises its code")
  func use() throws {
    let sources = try Self.sources().map(\.text).joined()
    for code in RulePage.codes { #expect(sources.contains("\"\(code)\""), "nothing raises \(code)") }
  }

  @Test("pages are read for `rules`, SARIF, editors and comments that silence nothing, and nowhere else")
  func readers() throws {
    let readers = try Self.sources().filter { $0.text.contains(/\bRulePage\(of|\brulePages\b/) }.map(\.name)
    #expect(
      readers.sorted() == [
        "AllowComments.swift", "Hover.swift", "RuleDescriptions.swift", "RulePage.swift", "Rules.swift",
      ])
  }

  private static let page = """
    # warning[some-code]: something is wrong

    It matters.

    Failures: [F04](../failures.md#f04), [F33](../failures.md#f33)

    Found in the policy alone.

    ## Bad

    ```sally
    bad

    ```

    ## Good

    ```sally
    good
    ```

    """

  @Test("what a page holds")
  func contents() throws {
    let page = try RulePage(Self.page.replacing("It matters.", with: "It\nmatters.\n\nMuch."))
    #expect(page.code == "some-code" && page.severity == .warning && page.summary == "something is wrong")
    #expect(page.explanation == "It matters.\n\nMuch." && page.failureModes == ["F04", "F33"])
    #expect(page.origin == .policy && page.bad == "bad\n" && page.good == "good")
    #expect(try RulePage(Self.page.replacing(/Failures.*\n\n/, with: "")).failureModes.isEmpty)
  }

  @Test(
    "a mistake is an error with its line",
    arguments: [
      ("# warning[", "# fatal[", 1), ("]: some", "] some", 1), ("something is wrong", "", 1), ("# warn", "warn", 1),
      ("alone.", "", 9), ("It matters.", "", 9), ("#f33", "#f34", 9), (", [", "; [", 9), ("## Bad", "## Worse", 9),
      ("```sally\nbad", "```\nbad", 11), ("## Good", "## Bad", 16), ("good\n```", "good", 19),
      ("good\n```", "good\n```\n\nmore", 21),
    ])
  func mistakes(_ old: String, _ new: String, _ line: Int) throws {
    let broken = Self.page.replacing(old, with: new)
    #expect(broken != Self.page)
    let error = #expect(throws: RulePageError.self) { try RulePage(broken) }
    #expect(error?.line == line, "\(error?.description ?? "")")
  }

  @Test("no piece of a page is read wrongly enough to trap")
  func pieces() throws {
    for end in Self.page.indices { _ = try? RulePage(String(Self.page[..<end])) }
    for start in Self.page.indices { _ = try? RulePage(String(Self.page[start...])) }
    #expect(throws: RulePageError.self) { try RulePage("") }
    #expect(RulePage(of: "no-such-code") == nil)
  }

  private static func sources() throws -> [(name: String, text: String)] {
    let folder = root.appending(path: "Sources")
    return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }.map {
      let file = folder.appending(path: $0)
      return (file.lastPathComponent, try String(contentsOf: file, encoding: .utf8))
    }
  }
}
