import Foundation
import Testing

@Suite struct CommandTests {
  private let good = published("tls explicit required # allow: certificate-missing")

  @Test(arguments: [["compile", "-"], ["emit", "-", "--server", "files"], ["build", "-", "-o", "/nonexistent/x"]])
  func badPolicy(arguments: [String]) async throws {
    let run = try await sallyport(arguments, input: published("tls explicit requried"))
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("error[unknown-value]"))
    #expect(run.errors.contains("<stdin>:5:18"))
    #expect(run.errors.contains("did you mean `required`?"))
  }

  @Test(arguments: ["check", "compile", "fmt"])
  func missingFile(command: String) async throws {
    let run = try await sallyport([command, "/nonexistent/policy.sally"])
    #expect(run.status == 66)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("/nonexistent/policy.sally"))
  }

  @Test(arguments: [
    ["compile"], ["nonsense"], ["emit", "-"], ["emit", "-", "--server", "fils"],
    ["emit", "-", "--server", "files", "--form", "xml"], ["compile", "-", "--gateway", "edge"],
    ["rules", "tls-of"], ["check", "--format", "yaml"],
  ])
  func usage(arguments: [String]) async throws {
    let run = try await sallyport(arguments, input: good)
    #expect(run.status == 64)
    #expect(run.output.isEmpty)
    #expect(!run.errors.isEmpty)
  }

  @Test(
    "C12: a name that is not there: what was meant, or what there is",
    arguments: [
      (["chek", "-"], "did you mean `check`?"), (["aply"], "did you mean `apply`?"),
      (["zzz"], "there is `check`, `fmt`"),
      (["help", "nosuch"], "there is no command `nosuch`"), (["help", "explian"], "did you mean `explain`?"),
      (["help", "check", "fmt"], "help takes one command"), (["check", "--formt", "json", "-"], "'--format'"),
      (["check", "--deny-warning", "-"], "'--deny-warnings'"), (["explain", "-", "nosuch"], "there is `files`"),
      (["explain", "-", "fils"], "did you mean `files`?"), (["explain", "-"], "there is `files`"),
      (["emit", "-", "--server", "nosuch"], "there is `files`"),
      (["emit", "-", "--server", "fils"], "did you mean `files`?"),
      (["emit", "-", "--server", "files", "--form", "virtalhost"], "did you mean `virtualhost`?"),
      (["compile", "-", "--gateway", "nosuch"], "there is no gateway `nosuch`"),
      (["rules", "tls-of"], "did you mean `tls-off`?"), (["rules", "zzz"], "sallyport rules lists them"),
      (["apply", "-", "--verify", ""], "--verify"), (["apply", "-", "--verify", "  "], "--verify"),
      (["apply", "-", "--confirm-within", "0"], "60s"), (["apply", "-", "--confirm-within", "60"], "60s"),
      (["apply", "-", "--confirm-within", "25h"], "24h"), (["apply", "-", "--force"], "--persist"),
      (["build", "-", "-o", ""], "--out"),
    ])
  func wrongNames(arguments: [String], answer: String) async throws {
    let run = try await sallyport(arguments, input: good)
    #expect(run.status == 64 && run.output.isEmpty && run.errors.contains(answer), "\(run)")
  }

  @Test(
    "C12: every command says how it may end, and takes --color",
    arguments: [
      "check", "fmt", "compile", "build", "diff", "apply", "confirm", "rollback", "remove", "emit", "audit", "import",
      "explain", "report", "status",
      "rules",
    ])
  func help(command: String) async throws {
    let run = try await sallyport([command, "--help"])
    #expect(run.status == 0 && run.output.lowercased().contains("exit status"), "\(run.output)")
    #expect(run.output.contains("--color"))
    #expect(try await sallyport(["help", command]).output == run.output)
  }

  @Test(
    "C12: a missing file is 66 and named, whatever the command",
    arguments: [
      ["check"], ["fmt"], ["compile"], ["build", "-o", "/nonexistent/out"], ["diff"], ["emit", "--server", "x"],
      ["explain"],
      ["audit", "--server", "x", "/etc"],
    ])
  func missing(command: [String]) async throws {
    let file = "/nonexistent/policy.sally"
    let words = command.first == "audit" ? ["audit", file] + command.dropFirst() : command + [file]
    let run = try await sallyport(words + (command == ["explain"] ? ["files"] : []))
    #expect(run.status == 66 && run.output.isEmpty && run.errors.contains(file), "\(run)")
  }

  @Test("C15: --deny-warnings ends with 1 where there are warnings, and with nothing else")
  func denyWarnings() async throws {
    let warned = published("tls off")
    #expect(try await sallyport(["check", "-"], input: warned).status == 0)
    for format in ["full", "concise", "json", "github", "sarif"] {
      #expect(try await sallyport(["check", "--deny-warnings", "--format", format, "-"], input: warned).status == 1)
    }
    // Notes are no warnings.
    let noted = published("tls explicit required # allow: certificate-missing")
    let clean = try await sallyport(["check", "--format", "json", "-"], input: noted)
    let found = (clean.json?["diagnostics"] as? [[String: Any]] ?? []).compactMap { $0["severity"] as? String }
    let expected: Int32 = found.contains("warning") ? 1 : 0
    #expect(try await sallyport(["check", "--deny-warnings", "-"], input: noted).status == expected)
  }

  @Test func checkSaysSo() async throws {
    let run = try await sallyport(["check", "-"], input: good)
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("1 publication, no errors"))
  }

  @Test func checkForMachines() async throws {
    let policy = published("tls explicit requried")
    let run = try await sallyport(["check", "--output", "json", "-"], input: policy)
    #expect(run.status == 1)
    #expect(run.json?["format_version"] as? Int == 1)
    let diagnostics = try #require(run.json?["diagnostics"] as? [[String: Any]])
    let first = try #require(diagnostics.first { $0["code"] as? String == "unknown-value" })
    #expect(first["severity"] as? String == "error")
    #expect(first["file"] as? String == "<stdin>")
    #expect(first["line"] as? Int == 5 && first["column"] as? Int == 18)
    #expect(first["end_line"] as? Int == 5 && first["end_column"] as? Int == 26)
    #expect(first["notes"] is [Any] && first["fixes"] is [Any])
    let sarif = try await sallyport(["check", "--format", "sarif", "-"], input: policy)
    #expect(sarif.json?["version"] as? String == "2.1.0")
    #expect((sarif.json?["runs"] as? [[String: Any]])?.first?["results"] is [Any])
    let github = try await sallyport(["check", "--format", "github", "-"], input: policy)
    #expect(github.output.hasPrefix("::error file=<stdin>,line=5,col=18,"))
  }

  @Test func colours() async throws {
    let bad = "x\n"
    #expect(try await sallyport(["check", "-", "--color", "always"], input: bad).errors.contains("\u{1B}["))
    #expect(try await !sallyport(["check", "-"], input: bad).errors.contains("\u{1B}["))
    #expect(try await !sallyport(["check", "-", "--color", "never"], input: bad).errors.contains("\u{1B}["))
  }

  @Test func tenMistakesAreTen() async throws {
    let policy = """
      clients partners = 198.51.100.0/33, 192.0.2.7
      gateway edge { outsid eth0 }
      server files {
      \taddress      10.10.20.200
      \tsoftware     profptd 1.3.8
      \tcertificate  /etc/ssl/certs/ftp.pem
      }
      publish a {
      \tserver         files
      \texternal ip    ftp.example.com
      \tpassive range  5500-5000
      \ttls            explicit requried
      \tallow          partner
      }
      publish a { server files; passive range 50000-50100 -> 60000-60100; external ip 203.0.113.10 }
      publish b { server files; external ip 203.0.113.11; helper maybe; passive range 50000-50100 }
      """
    let run = try await sallyport(["check", "--format", "concise", "-"], input: policy)
    let errors = run.errors.split(separator: "\n").filter { $0.contains(" error: ") }
    #expect(errors.count == 10, "\(run.errors)")
  }

  @Test func includesAreRelativeToTheirFile() async throws {
    let main = "include \"sub/clients.sally\"\n" + published("allow partners # allow: tls-off")
    try await withFolder(["main.sally": main]) { folder in
      let sub = folder.appending(path: "sub")
      try FileManager.default.createDirectory(at: sub, withIntermediateDirectories: true)
      try "include \"more.sally\"\n".write(
        to: sub.appending(path: "clients.sally"), atomically: true, encoding: .utf8)
      try "clients partners = 192.0.2.0/24\n".write(
        to: sub.appending(path: "more.sally"), atomically: true, encoding: .utf8)
      let run = try await sallyport(["compile", folder.appending(path: "main.sally").path])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("192.0.2.0/24"))
    }
  }

  @Test func writingToAFullDevice() async throws {
    let policy = good
    try await withFolder(["policy.sally": policy]) { folder in
      let path = folder.appending(path: "policy.sally").path
      let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "sallyport").path
      let process = Process()
      process.executableURL = URL(filePath: program)
      process.arguments = ["compile", path]
      process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 74)
    }
  }
}

/// SARIF 2.1.0 (OASIS standard, sections 3.13 to 3.34): what a reader of the format relies on.
@Suite struct SARIFTests {
  @Test func structure() async throws {
    let policy = "gateway edge { outsid eth0 }\npublish a { server b; helper on; helper off }\n"
    let run = try await sallyport(["check", "--format", "sarif", "-"], input: policy)
    let log = try #require(run.json)
    #expect(Set(log.keys) == ["$schema", "version", "runs"])
    #expect(log["version"] as? String == "2.1.0")
    let runs = try #require(log["runs"] as? [[String: Any]])
    #expect(runs.count == 1)
    let first = try #require(runs.first)
    #expect(["utf16CodeUnits", "unicodeCodePoints"].contains(first["columnKind"] as? String))
    let driver = try #require((first["tool"] as? [String: Any])?["driver"] as? [String: Any])
    #expect(driver["name"] as? String == "sallyport")
    let rules = try #require(driver["rules"] as? [[String: Any]]).compactMap { $0["id"] as? String }
    let results = try #require(first["results"] as? [[String: Any]])
    #expect(results.count >= 3)
    for result in results {
      let index = try #require(result["ruleIndex"] as? Int)
      #expect(rules.indices.contains(index) && rules[index] == result["ruleId"] as? String)
      #expect(["none", "note", "warning", "error"].contains(result["level"] as? String))
      #expect((result["message"] as? [String: Any])?["text"] is String)
      let locations = try #require(result["locations"] as? [[String: Any]])
      for location in locations + (result["relatedLocations"] as? [[String: Any]] ?? []) {
        let physical = try #require(location["physicalLocation"] as? [String: Any])
        let uri = (physical["artifactLocation"] as? [String: Any])?["uri"] as? String
        #expect(uri == "%3Cstdin%3E")
        let region = try #require(physical["region"] as? [String: Int])
        #expect(Set(region.keys) == ["startLine", "startColumn", "endLine", "endColumn"])
        #expect(region.values.allSatisfy { $0 >= 1 })
      }
    }
  }
}
