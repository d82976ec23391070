import Foundation
import LiveSupport
import Testing

/// The server as real editors speak to it: Neovim's own client, Emacs' eglot, and pytest-lsp, which checks every answer
/// against the protocol.
@Suite(.serialized) struct ClientTests {
  private static let program = Sallyport.besideThisProgram.path
  private static let clients = repository.appending(path: "Tests/EditingTests/Clients")

  /// Whether a client is there; in continuous integration it has to be.
  private func has(_ client: String, _ isThere: Bool, _ way: String) -> Bool {
    if isThere { return true }
    #expect(!LiveRequirements.isCI, "\(client) is missing; \(way)")
    print("skipped: \(client) is missing; \(way)")
    return false
  }

  /// Runs a client in a folder of its own, and returns what it wrote.
  private func run(_ words: [String], edits: Int = 100) throws -> (told: String, policy: String, output: String) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sallyport-lsp-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (policy, result) = (folder.appending(path: "office.sally"), folder.appending(path: "told"))
    try office.write(to: policy, atomically: true, encoding: .utf8)
    let run = try ExternalTool(
      ["timeout", "300"] + words,
      environment: [
        "SALLYPORT": Self.program, "POLICY": policy.path, "POLICIES": folder.path, "RESULT": result.path,
        "EDITS": "\(edits)", "HOME": folder.path, "XDG_CONFIG_HOME": folder.path, "XDG_STATE_HOME": folder.path,
        "XDG_DATA_HOME": folder.path, "SWIFT_BACKTRACE": "enable=no", "PYTHONDONTWRITEBYTECODE": "1",
      ])
    let told = (try? String(contentsOf: result, encoding: .utf8)) ?? ""
    return (told, try String(contentsOf: policy, encoding: .utf8), "\(run.status)\n\(run.output)\(run.errors)")
  }

  @Test("Neovim's own client") func neovim() async throws {
    guard has("nvim", LiveRequirements.hasProgram("nvim"), "scripts/setup installs it") else { return }
    let script = Self.clients.appending(path: "neovim.lua").path
    let run = try run(["nvim", "--headless", "-u", "NONE", "-n", "-i", "NONE", "-c", "luafile \(script)"])
    let told = try #require(
      try JSONSerialization.jsonObject(with: Data(run.told.utf8)) as? [String: Any], "\(run.output)")
    #expect(told["failure"] == nil, "\(told["failure"] ?? "")")
    for name in ["initialized", "quiet", "found", "mended", "renamed", "stopped"] {
      #expect(told[name] as? Bool == true, "\(name)")
    }
    #expect((told["hover"] as? String)?.contains("| PASV | refused | works | refused |") == true)
    #expect(told["completion"] as? [String] == ["off", "explicit", "implicit"])
    #expect(told["code"] as? String == "range-reversed")
    #expect(told["formatted"] as? String == "clients others = 192.0.2.1  # \u{e9}\u{1F600}")
    for (name, count) in [("references", 2), ("definition", 7), ("symbols", 4), ("folds", 3), ("hints", 1)] {
      #expect(told[name] as? Int == count, "\(name)")
    }
    // What the editor shows after its edits is what `check` says about the text that it holds.
    let text = try #require(told["text"] as? String)
    let check = try await Sallyport.besideThisProgram.run(
      ["check", "--output", "json", "--max-findings", "0", "-"], policy: text)
    let report = try #require(try JSONSerialization.jsonObject(with: Data(check.output)) as? [String: Any])
    let findings = (report["diagnostics"] as? [[String: Any]] ?? []).map {
      "\($0["line"] as? Int ?? 0) \($0["code"] as? String ?? "")"
    }
    #expect(told["findings"] as? [String] == findings.sorted(), "\(text)")
  }

  @Test("Emacs' eglot") func eglot() throws {
    let isThere = FileManager.default.fileExists(atPath: "/usr/share/emacs/site-lisp/elpa")
    guard has("eglot", LiveRequirements.hasProgram("emacs") && isThere, "scripts/setup installs it") else { return }
    let run = try run(["emacs", "--batch", "-Q", "-l", Self.clients.appending(path: "eglot.el").path])
    #expect(
      run.told.split(separator: "\n") == [
        "managed t", "found t", "actions 2", "mended t", "quiet t", "definitions 1", "renamed 2",
        "formatted clients others = 192.0.2.1  # \u{e9}\u{1F600}", "completions off,explicit,implicit", "shutdown t",
      ], "\(run.output)")
  }

  @Test("pytest-lsp, with the capabilities of three editors") func pytestLSP() throws {
    let folder = LiveSupport.folder(ofScript: "lsp-client")
    var missing = ""
    if case .failure(let tool) = folder { missing = tool.reason }
    guard has("pytest-lsp", missing.isEmpty, missing) else { return }
    let test = Self.clients.appending(path: "test_server.py").path
    let run = try run([
      "env", "PYTHONPATH=\(folder.get())", "python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c",
      "/dev/null",
      test,
    ])
    #expect(run.output.hasPrefix("0\n") && run.output.contains("9 passed"), "\(run.output)")
  }
}
