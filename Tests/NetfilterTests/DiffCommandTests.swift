import Foundation
import LiveSupport
import Testing

@Suite("diff", .kernel)
struct DiffCommandTests {
  private static let policy = """
    publish files {
      server         10.10.20.200 vsftpd
      external ip    203.0.113.10
      passive range  50000-50399
      tls            off
      helper         on
    }
    """

  /// Copies the programs into a folder that everybody may read, with a policy, and runs lines of shell there in a
  /// network namespace of their own.
  private func inFolder(_ lines: String, withWorker: Bool = true) async throws -> Ended {
    try await withFolder { folder in
      try Release.current.place(programs: programs.path, in: folder)
      if !withWorker { try FileManager.default.removeItem(atPath: "\(folder)/sallyport-netfilter") }
      try Self.policy.write(toFile: "\(folder)/policy.sally", atomically: false, encoding: .utf8)
      return try await shell("cd \(folder)\n\(lines)")
    }
  }

  private static let load = "./sallyport compile policy.sally 2>/dev/null | nft -f -\n"

  @Test("nothing runs, the policy runs, the policy and more run")
  func states() async throws {
    let none = try await inFolder("./sallyport diff policy.sally")
    #expect(none.status == 1)
    #expect(none.output.hasPrefix("added: the table `inet sallyport` is not running\n"), "\(none)")
    let same = try await inFolder(Self.load + "./sallyport diff policy.sally")
    #expect(same.status == 0 && same.output.isEmpty, "\(same)")
    let more = try await inFolder(
      Self.load + "nft add rule inet sallyport publish tcp dport 22 accept\n./sallyport diff policy.sally")
    #expect(more.status == 1)
    #expect(
      more.output.hasPrefix("foreign: nobody asked for the rule `tcp dport 22 accept` in the chain `publish`\n"),
      "\(more)")
  }

  @Test("only our table is looked at, and nothing is changed")
  func readOnly() async throws {
    let ended = try await inFolder(
      Self.load
        + "nft add table ip other; nft list ruleset >before; ./sallyport diff policy.sally; nft list ruleset >after; "
        + "cmp before after")
    #expect(ended.status == 0, "\(ended)")
  }

  /// The kernel is asked while the policy is compiled.
  @Test("a policy with errors is all that is told, whatever the kernel says", arguments: [true, false])
  func wrongPolicy(withWorker: Bool) async throws {
    let ended = try await inFolder(
      "echo 'publish a { server b }' > wrong.sally; ./sallyport diff wrong.sally", withWorker: withWorker)
    #expect(ended.status == 1 && ended.output.isEmpty, "\(ended)")
    #expect(ended.errors.contains("unknown-name") && !ended.errors.contains("netfilter"), "\(ended)")
  }

  @Test("without privilege: 77; without worker: 70")
  func failures() async throws {
    let unprivileged = try await inFolder("setpriv --reuid 65534 --clear-groups ./sallyport diff policy.sally")
    #expect(unprivileged.status == 77, "\(unprivileged)")
    let missing = try await inFolder("./sallyport diff policy.sally", withWorker: false)
    #expect(missing.status == 70, "\(missing)")
  }
}
