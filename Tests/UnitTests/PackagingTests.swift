import Foundation
import LiveSupport
import Testing

/// What packages and pipelines bring along, held against those who read it.
@Suite struct PackagingTests {
  private static let folder = repository.appending(path: "packaging")

  /// The units as `make install` writes them, into a folder with programs at the places that they name.
  private func withUnits(_ body: ([String]) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sallyport-units-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for program in ["sallyport", "sallyport-boot"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(path: program).path, withDestinationPath: "/bin/true")
    }
    var units: [String] = []
    let sources = Self.folder.appending(path: "systemd")
    for name in try FileManager.default.contentsOfDirectory(atPath: sources.path).sorted() {
      let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
        .replacing("@BIN@", with: folder.path).replacing("@LIBEXEC@", with: folder.path)
        .replacing("@DOC@", with: folder.path)
      #expect(!text.contains(/@[A-Z]+@/), "\(name)")
      let unit = folder.appending(path: name.hasSuffix(".in") ? String(name.dropLast(3)) : name)
      try text.write(to: unit, atomically: true, encoding: .utf8)
      units.append(unit.path)
    }
    try body(units)
  }

  @Test(
    "units are understood, and give up what they do not need",
    .enabled(if: LiveRequirements.hasProgram("systemd-analyze"), "systemd-analyze is missing"))
  func units() throws {
    try withUnits { units in
      #expect(units.count == 3)
      let run = try ExternalTool(["systemd-analyze", "--man=no", "verify"] + units)
      let ours = (run.output + run.errors).split(separator: "\n").filter { $0.contains("sallyport") }
      #expect(ours.isEmpty, "\(ours)")
      for unit in units where unit.hasSuffix(".service") {
        // A threshold of 30 is a rating of 3.
        let rating = try ExternalTool(
          ["systemd-analyze", "security", "--no-pager", "--offline=yes", "--threshold=29", unit])
        #expect(rating.status == 0, "\(rating.output)\(rating.errors)")
      }
    }
  }

  /// Runs the validator of JSON schemas.
  private func validate(_ arguments: [String]) throws -> String {
    guard case .success(let packages) = LiveSupport.folder(ofScript: "format-readers") else {
      #expect(!LiveRequirements.isCI, "scripts/format-readers")
      return ""
    }
    let run = try ExternalTool(
      ["python3", "-m", "check_jsonschema"] + arguments, environment: ["PYTHONPATH": packages])
    return run.status == 0 ? "" : run.output + run.errors + "\(run.status)"
  }

  @Test("the jobs to copy are what GitHub and GitLab read", arguments: ["github-workflows", "gitlab-ci"])
  func jobs(schema: String) throws {
    let file = Self.folder.appending(path: schema.hasPrefix("github") ? "ci/github.yml" : "ci/gitlab.yml")
    #expect(try validate(["--builtin-schema", "vendor.\(schema)", file.path]) == "")
  }

  @Test("SARIF is what the official schema accepts", arguments: [0, 1])
  func sarif(isFlawed: Int) async throws {
    guard let root = Release.sid.folder else { return print("not tried: \(Release.sid.missing ?? "")") }
    let registry = "\(root)/usr/share/cargo/registry"
    let crate = try FileManager.default.contentsOfDirectory(atPath: registry).first { $0.hasPrefix("serde-sarif-") }
    let schema = "\(registry)/\(try #require(crate))/src/schema.json"
    var texts: [String] = []
    for policy in [
      published(), published("tls off\nhelpr on"), published(range: "passive range 50399-50000"), "", "}",
    ] {
      texts.append(try await sallyport(["check", "--format", "sarif", "-"], input: policy).output)
    }
    // The schema can refuse.
    if isFlawed == 1 { texts = texts.map { $0.replacing("\"version\" : \"2.1.0\"", with: "\"version\" : \"2.2\"") } }
    let complaints = try withFiles(texts) { files in
      // The schema has a pattern that only the older rules of ECMAScript take.
      try validate(["--regex-variant", "nonunicode", "--schemafile", schema] + files)
    }
    #expect((complaints == "") == (isFlawed == 0), "\(complaints)")
  }

  @Test("hooks run each policy by itself, and end with the worst status")
  func hooks() async throws {
    let hook = Self.folder.appending(path: "ci/check-each").path
    try await withFolder([
      "sallyport": "#!/bin/sh\necho \"$@\"; exit $(head -n 1 \"$(eval echo \\$$#)\")\n", "a b": "1", "c": "0",
    ]) {
      folder in
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: folder.appending(path: "sallyport").path)
      let run = try ExternalTool(
        [hook, "--deny-warnings", "\(folder.path)/a b", "\(folder.path)/c"],
        environment: ["PATH": "\(folder.path):/usr/bin:/bin"])
      #expect(run.status == 1)
      #expect(
        run.output == "check --deny-warnings -- \(folder.path)/a b\ncheck --deny-warnings -- \(folder.path)/c\n")
    }
  }
}
