import Foundation
import Testing

@Suite struct FixAndFormatTests {
  @Test func fixAppliesSafeEdits() async throws {
    let text = published("tls explicit required", range: "passive range 50399-50000 # certainly")
    try await withFolder(["policy.sally": text]) { folder in
      let path = folder.appending(path: "policy.sally").path
      let run = try await sallyport(["check", "--fix", path])
      #expect(run.status == 0, "\(run.errors)")
      #expect(contents(of: folder)["policy.sally"] == text.replacing("50399-50000", with: "50000-50399"))
    }
  }

  @Test("C7: two fixes in one line, and what a fix brings up, in one run; the last word is that nothing is left")
  func fixesUntilNothingIsLeft() async throws {
    let policy = """
      publish a { server 10.10.20.200 proftpd; external ip 203.0.113.10; passive range 50399-50000
          tls explicit requried; alow any }
      publish b { server s; external ip 203.0.113.11; passive range 50399-50000; tls explicit required }
      server s { address 10.10.20.201; software proftpd; certificate /etc/ssl/a.pem key /etc/ssl/a.key }

      """
    try await withFolder(["a.sally": policy]) { folder in
      let run = try await sallyport(["check", "--fix", "a.sally"], in: folder)
      let fixed = try #require(contents(of: folder)["a.sally"])
      #expect(
        !fixed.contains("50399-50000") && fixed.contains("\"/etc/ssl/a.pem\" key \"/etc/ssl/a.key\""),
        "\(fixed)\n\(run.errors)")
      let again = try await sallyport(["check", "--fix", "a.sally"], in: folder)
      #expect(!again.errors.contains("applied"), "\(again.errors)")
      #expect(contents(of: folder)["a.sally"] == fixed)
      let json = try await sallyport(["check", "--format", "json", "a.sally"], in: folder)
      let left = (json.json?["diagnostics"] as? [[String: Any]] ?? []).flatMap {
        $0["fixes"] as? [[String: Any]] ?? []
      }
      #expect(left.allSatisfy { $0["applicability"] as? String != "safe" }, "\(left)")
    }
  }

  @Test(
    "C7: --diff shows what --fix does, and writes nothing; included files are among them", arguments: [[], ["--fix"]])
  func fixesAsDifference(options: [String]) async throws {
    let files = [
      "a.sally": published(range: "passive range 50399-50000") + "\ninclude \"b.sally\"\n",
      "b.sally": "publish b {\n  passive range 40099-40000\n}\n",
    ]
    try await withFolder(files) { folder in
      let run = try await sallyport(["check", "a.sally", "--diff"] + options, in: folder)
      #expect(run.status == 1)
      #expect(run.output.contains("--- a.sally\n+++ a.sally (fixed)\n"), "\(run)")
      #expect(run.output.contains("-    passive range 50399-50000\n+    passive range 50000-50399\n"))
      #expect(run.output.contains("--- b.sally\n") && run.output.contains("\n-  passive range 40099-40000\n"))
      #expect(contents(of: folder) == files)
      let input = try await sallyport(["check", "--diff", "-"], input: files["a.sally"] ?? "", in: folder)
      #expect(input.output.contains("--- <stdin>\n"), "\(input)")
      _ = try await sallyport(["check", "a.sally", "--fix"], in: folder)
      #expect(contents(of: folder)["b.sally"] == "publish b {\n  passive range 40000-40099\n}\n")
      #expect(try await sallyport(["check", "a.sally", "--diff"], in: folder).output.isEmpty)
    }
  }

  @Test("C7: unsafe fixes are for who asks for them")
  func unsafeFixes() async throws {
    let policy = published("tls explicit requried")
    try await withFolder(["a.sally": policy]) { folder in
      let json = try await sallyport(["check", "--format", "json", "a.sally"], in: folder)
      let fixes = (json.json?["diagnostics"] as? [[String: Any]] ?? []).flatMap {
        $0["fixes"] as? [[String: Any]] ?? []
      }
      let kinds = Set(fixes.compactMap { $0["applicability"] as? String })
      _ = try await sallyport(["check", "--fix", "a.sally"], in: folder)
      if !kinds.contains("safe") { #expect(contents(of: folder)["a.sally"] == policy) }
      _ = try await sallyport(["check", "--fix", "--unsafe-fixes", "a.sally"], in: folder)
      #expect(contents(of: folder)["a.sally"]?.contains("requried") == false)
      #expect(try await sallyport(["check", "--unsafe-fixes", "a.sally"], in: folder).status == 64)
    }
  }

  @Test func standardInputCannotBeFixed() async throws {
    let run = try await sallyport(
      ["check", "--fix", "-"], input: published(range: "passive range 50399-50000"))
    #expect(run.status == 64)
  }

  @Test func format() async throws {
    try await withFolder(["a.sally": "publish a { tls off }\n", "b.sally": "# fine\n", "c.sally": "publish {{\n"]) {
      folder in
      let check = try await sallyport(["fmt", "--check", "a.sally", "b.sally"], in: folder)
      #expect(check.status == 1)
      #expect(check.errors.contains("a.sally") && !check.errors.contains("b.sally"))
      let diff = try await sallyport(["fmt", "--diff", "a.sally"], in: folder)
      #expect(diff.status == 1)
      #expect(diff.output.contains("-publish a { tls off }\n+publish a {\n+    tls  off\n+}\n"))
      #expect(contents(of: folder)["a.sally"] == "publish a { tls off }\n")
      let write = try await sallyport(["fmt", "a.sally", "c.sally"], in: folder)
      #expect(write.status == 1)
      #expect(contents(of: folder)["a.sally"] == "publish a {\n    tls  off\n}\n")
      #expect(contents(of: folder)["c.sally"] == "publish {{\n")
      #expect(try await sallyport(["fmt", "--check", "a.sally", "b.sally"], in: folder).status == 0)
    }
  }

  @Test(
    "16.12: a separator at the start of a line is a mistake of syntax: fmt says so, and touches nothing",
    arguments: [
      ",\n", "\n,\n\n", ", a\npublish a {\n tls off\n}\n", "clients a = 10.0.0.1\n, 10.0.0.2\nclients b=10.0.0.3\n",
      "publish a {\n,\n tls off\n}\n", "publish a {\n allow 10.0.0.1\n , 10.0.0.2\n}\nclients b=10.0.0.3\n",
      ",publish a {\n tls off\n}\n", "= 1\n", "-> 2\nclients b=10.0.0.3\n", "clients a = 10.0.0.1,\n, 10.0.0.2\n",
    ])
  func separators(text: String) async throws {
    try await withFolder(["a.sally": text]) { folder in
      for options in [[], ["--check"], ["--diff"]] {
        let run = try await sallyport(["fmt", "a.sally"] + options, in: folder)
        #expect(run.status == 1 && run.errors.contains("error[syntax-error]") && run.output.isEmpty, "\(run)")
        #expect(contents(of: folder) == ["a.sally": text])
      }
      let check = try await sallyport(["check", "--format", "concise", "a.sally"], in: folder)
      let found = check.errors.matches(of: /\[(syntax-error|foreign-punctuation)\]/)
      #expect(found.count == 1, "\(check.errors)")
    }
  }

  @Test("16.12: what runs that were killed left behind is in nobody's way")
  func leftovers() async throws {
    try await withFolder(["a.sally": "publish a{tls off}"]) { folder in
      for number in 0..<300 {
        for name in ["a.sally.sallyport-\(number)", ".sallyport-\(number)"] {
          try "x".write(to: folder.appending(path: name), atomically: false, encoding: .utf8)
        }
      }
      #expect(try await sallyport(["fmt", "a.sally"], in: folder).status == 0)
      #expect(contents(of: folder)["a.sally"] == "publish a {\n    tls  off\n}\n")
    }
  }

  @Test func formatStandardInput() async throws {
    let run = try await sallyport(["fmt", "-"], input: "publish a{tls off}")
    #expect(run.status == 0)
    #expect(run.output == "publish a {\n    tls  off\n}\n")
  }

  /// One that is compiled of those policies that have several.
  private static let gateways = [
    "container.sally": "edge", "dmz.sally": "inner", "two-gateways.sally": "fibre", "two-offices.sally": "branch",
  ]

  @Test func everyShippedPolicyIsCanonicalAndAccepted() async throws {
    let folder = repository.appending(path: "policies")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sally") }
    #expect(names.count >= 8)
    for name in names.sorted() {
      let format = try await sallyport(["fmt", "--check", name], in: folder)
      #expect(format.status == 0, "\(name)")
      let check = try await sallyport(["check", name], in: folder)
      #expect(check.status == 0, "\(name): \(check.errors)")
      #expect(!check.errors.contains("warning["), "\(name): \(check.errors)")
      let gateway = Self.gateways[name].map { ["--gateway", $0] } ?? []
      let compile = try await sallyport(["compile", name] + gateway, in: folder)
      #expect(compile.status == 0 && compile.output.contains("table inet sallyport {"), "\(name): \(compile.errors)")
    }
  }
}
