import Foundation
import Testing

/// What `--format sarif` and `--format github` write, held against SARIF 2.1.0 (OASIS) and the workflow commands of
/// GitHub.
@Suite struct SARIFHelpTests {
  private static let policy = """
    clients partners = 198.51.100.0/24
    publish files {
        server         10.10.20.200 proftpd
        external ip    203.0.113.10
        passive range  50399-50000
        tls            explicit requried
    }
    publish other {
        server         10.10.20.201 proftpd
        external ip    203.0.113.11
        tls            explicit required
        helper         on
    }
    """

  private typealias Object = [String: Any]

  private func log(_ policy: String, name: String = "office.sally") async throws -> Object {
    try await withFolder([name: policy]) { folder in
      let run = try await sallyport(["check", "--format", "sarif", name], in: folder)
      return try #require(run.json, "\(run)")
    }
  }

  /// A region: 1-based, its end not before its start (section 3.30).
  private func expectRegion(_ value: Any?) throws {
    let region = try #require(value as? [String: Int])
    let start = try (#require(region["startLine"]), #require(region["startColumn"]))
    let end = try (#require(region["endLine"]), #require(region["endColumn"]))
    #expect(start >= (1, 1) && end >= start, "\(region)")
  }

  private func expectMessage(_ value: Any?, _ place: String) {
    #expect(((value as? Object)?["text"] as? String)?.isEmpty == false, "\(place) has no text")
  }

  private func expectArtifact(_ value: Any?) throws {
    let uri = try #require((value as? Object)?["uri"] as? String)
    #expect(URL(string: uri) != nil && !uri.contains(" ") && !uri.contains("<"), "\(uri)")
  }

  @Test(
    "C15: SARIF: rules say what they are, results name their rule, fixes are edits",
    arguments: [
      policy, published("tls off"), "publsh x {\n", "",
    ])
  func structure(policy: String) async throws {
    let log = try await log(policy)
    #expect(log["version"] as? String == "2.1.0" && (log["$schema"] as? String)?.hasPrefix("https://") == true)
    let run = try #require((log["runs"] as? [Object])?.first)
    let driver = try #require((run["tool"] as? Object)?["driver"] as? Object)
    #expect(driver["name"] as? String == "sallyport" && run["columnKind"] as? String == "unicodeCodePoints")
    let rules = try #require(driver["rules"] as? [Object])
    for rule in rules {
      let id = try #require(rule["id"] as? String)
      #expect((rule["name"] as? String)?.wholeMatch(of: /[A-Z][A-Za-z0-9]+/) != nil, "\(id)")
      expectMessage(rule["shortDescription"], id)
      expectMessage(rule["fullDescription"], id)
      expectMessage(rule["help"], id)
      #expect(((rule["help"] as? Object)?["markdown"] as? String)?.contains("```") == true, "\(id)")
      let page = try #require(URL(string: rule["helpUri"] as? String ?? ""), "\(id)")
      #expect(page.scheme != nil && page.fragment == id)
      let level = (rule["defaultConfiguration"] as? Object)?["level"] as? String ?? ""
      #expect(["error", "warning", "note"].contains(level), "\(id): \(level)")
    }
    for result in try #require(run["results"] as? [Object]) {
      let index = try #require(result["ruleIndex"] as? Int)
      #expect(rules[index]["id"] as? String == result["ruleId"] as? String)
      expectMessage(result["message"], "a result")
      for location in (result["locations"] as? [Object] ?? []) + (result["relatedLocations"] as? [Object] ?? []) {
        let physical = try #require(location["physicalLocation"] as? Object)
        try expectArtifact(physical["artifactLocation"])
        try expectRegion(physical["region"])
      }
      for fix in result["fixes"] as? [Object] ?? [] {
        expectMessage(fix["description"], "a fix")
        let changes = try #require(fix["artifactChanges"] as? [Object])
        #expect(!changes.isEmpty)
        for change in changes {
          try expectArtifact(change["artifactLocation"])
          let replacements = try #require(change["replacements"] as? [Object])
          #expect(!replacements.isEmpty)
          for replacement in replacements { try expectRegion(replacement["deletedRegion"]) }
        }
      }
    }
  }

  @Test("C15: SARIF: a fix holds what --fix writes; names of files are URIs")
  func fixes() async throws {
    let log = try await log(published(range: "passive range 50399-50000"), name: "my office.sally")
    let results = (log["runs"] as? [Object])?.first?["results"] as? [Object] ?? []
    let fix = results.compactMap { ($0["fixes"] as? [Object])?.first }.first
    let change = (fix?["artifactChanges"] as? [Object])?.first
    #expect((change?["artifactLocation"] as? Object)?["uri"] as? String == "my%20office.sally")
    let replacement = (change?["replacements"] as? [Object])?.first
    #expect((replacement?["insertedContent"] as? Object)?["text"] as? String == "50000-50399")
    #expect(
      replacement?["deletedRegion"] as? [String: Int] == [
        "startLine": 4, "startColumn": 19, "endLine": 4, "endColumn": 30,
      ])
  }

  @Test("C15: GitHub: nothing in a name or a text ends a property, a command or a line")
  func workflowCommands() async throws {
    let name = "a,b:c%d.sally"
    try await withFolder([name: Self.policy]) { folder in
      let run = try await sallyport(["check", "--format", "github", name], in: folder)
      let lines = run.output.split(separator: "\n")
      #expect(!lines.isEmpty)
      for line in lines {
        let command = line.wholeMatch(of: /::(error|warning|notice) ([^:]*)::(.*)/)
        let properties = try #require(command?.output.2, "\(line)").split(separator: ",")
        #expect(properties.first == "file=a%2Cb%3Ac%25d.sally" && properties.count == 6, "\(line)")
        #expect(properties.allSatisfy { $0.split(separator: "=").count == 2 })
      }
    }
  }
}
