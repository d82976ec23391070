import Foundation
import Nftables
import Testing

/// `sallyport diff` with a listing, as a user runs it.
@Suite struct DiffCommandTests {
  private let policy = published("allow 192.0.2.7")

  private func diff(
    _ listing: String, _ arguments: [String] = [], policy: String? = nil
  ) async throws -> Run {
    try await withFolder(["office.sally": policy ?? self.policy, "running.json": listing]) { folder in
      try await sallyport(
        ["diff", "office.sally", "--against", "running.json", "--color", "never"] + arguments, in: folder)
    }
  }

  private func listing(_ policy: String) -> String {
    String(decoding: compile(policy).table(gateway: nil).json(), as: UTF8.self)
  }

  @Test func same() async throws {
    let run = try await diff(listing(policy))
    #expect(run.status == 0 && run.output.isEmpty)
    #expect(run.errors.hasSuffix("the running rules are what the policy wants\n"))
    let json = try await diff(listing(policy), ["--output", "json"])
    #expect(json.status == 0)
    #expect(json.json?["same"] as? Bool == true)
    #expect(json.json?["format_version"] as? Int == 1)
    #expect((json.json?["changes"] as? [Any])?.isEmpty == true)
  }

  @Test func different() async throws {
    let other = listing(policy.replacing("50000-50399", with: "50000-50199"))
    let run = try await diff(other)
    #expect(run.status == 1)
    #expect(
      run.output.hasPrefix(
        """
        changed: `files`: passive range 50000-50199 is running, 50000-50399 is wanted

        --- running
        +++ wanted
        @@
        """))
    #expect(run.output.contains("\n-      203.0.113.10 . 50000-50199 comment \"files\" : 10.10.20.200,\n"))
    #expect(run.output.contains("\n+      203.0.113.10 . 50000-50399 comment \"files\" : 10.10.20.200,\n"))
    let colored = try await diff(other, ["--color", "always"])
    #expect(colored.output.contains("\u{1B}[1;31m-      203.0.113.10"))
    let quiet = try await diff(other, ["--quiet"])
    #expect(quiet.status == 1 && quiet.output.isEmpty && quiet.errors.isEmpty)
  }

  @Test func machineOutput() async throws {
    let run = try await diff(#"{"nftables": []}"#, ["--output", "json"])
    #expect(run.status == 1 && run.json?["same"] as? Bool == false)
    let changes = try #require(run.json?["changes"] as? [[String: Any]])
    #expect(changes.map { $0["kind"] as? String } == ["added", "added"])
    #expect(changes.first?["publication"] is NSNull)
    #expect(changes.last?["publication"] as? String == "files")
    #expect(changes.last?["summary"] as? String == "`files` is wanted and not running")
  }

  @Test func whatIsListedCannotDriveTheTerminal() async throws {
    let hostile = listing(policy).replacing(#""comment": "clients""#, with: #""comment": "\u001b[2J\nx""#)
    let run = try await diff(hostile)
    #expect(run.status == 1)
    #expect(!run.output.contains("\u{1B}"))
  }

  @Test func statuses() async throws {
    #expect(try await diff("{").status == 66)
    #expect(try await diff("{").errors.contains("running.json: not JSON"))
    #expect(try await diff("{}", policy: published("tls off\nfrobnicate on")).status == 1)
    #expect(try await diff("{}", ["--gateway", "edge"]).status == 64)
    #expect(try await sallyport(["diff", "-", "--against", "-"], input: policy).status == 64)
    let missing = try await sallyport(["diff", "-", "--against", "nowhere.json"], input: policy)
    #expect(missing.status == 66)
  }

  /// Thousands of changed lines, for which a shortest difference would take minutes.
  @Test(.timeLimit(.minutes(2))) func longChanges() async throws {
    let (old, new) = (manyPublications(400), manyPublications(400).replacing("50000", with: "50001"))
    let run = try await diff(listing(old), policy: new)
    #expect(run.status == 1)
    #expect(run.output.split(separator: "\n").count { $0.hasPrefix("changed: `p") } == 400)
    #expect(run.output.contains("\n+      203.0.0.1 . 50001-50399 comment \"p0\",\n"))
    #expect(run.output.contains("\n+  map passive_50001_50399_v4 {\n"))
  }
}
