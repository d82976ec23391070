import Foundation
import LiveSupport
import Testing

/// Commands that read the configuration of a gateway as it is: they need nothing that is only there for what is
/// written.
@Suite struct GatewayCommandTests {
  private static func policy(_ gateway: String) -> String {
    """
    gateway edge { \(gateway) }
    publish ftp1 {
        server         10.10.20.200 other  # allow: certificate-missing
        external ip    203.0.113.10
        control port   2121 -> 21
        passive range  5000-5500
        tls            explicit required
        allow          198.51.100.0/24
    }

    """
  }

  @Test(
    "a policy without what only `compile` asks for is audited and explained",
    arguments: [
      ("asa", "platform asa; outside \"outside\"; inside \"inside\"", "`access list`"),
      ("fortigate", "platform fortigate; outside wan1; inside dmz", "`numbers`"),
    ])
  func inputs(name: String, gateway: String, input: String) async throws {
    let seed = repository.appending(path: "Tests/Fuzz/Seeds/gateway/\(name)-own")
    let text = try String(contentsOf: seed, encoding: .utf8)
    try await withFolder([
      "p.sally": Self.policy(gateway), "right.cfg": text, "wrong.cfg": text.replacing("5500", with: "5400"),
    ]) { folder in
      let compiled = try await sallyport(["compile", "p.sally"], in: folder)
      #expect(compiled.status == 1 && compiled.errors.contains("has to be told \(input)"))
      let right = try await sallyport(["audit", "p.sally", "--gateway", "edge", "right.cfg"], in: folder)
      #expect(right.status == 0 && right.errors == "the gateway does what the policy says\n", "\(right.errors)")
      let wrong = try await sallyport(["audit", "p.sally", "--gateway", "edge", "wrong.cfg"], in: folder)
      #expect(wrong.status == 1 && wrong.errors.contains("gateway-stops-session"), "\(wrong.errors)")
      // No line is told as written that the platform could not write.
      #expect(!wrong.errors.contains("`sallyport compile` writes"), "\(wrong.errors)")
      let explained = try await sallyport(
        ["explain", "p.sally", "ftp1", "--gateway-config", "right.cfg"], in: folder)
      #expect(explained.status == 0 && !explained.errors.contains("error"), "\(explained.errors)")
    }
  }

  @Test(
    "what a platform asks for is said with names such as its devices have",
    arguments: [
      ("asa", "outside \"outside\""), ("srx", "outside untrust"), ("fortigate", "outside wan1"),
      ("openwrt", "outside wan"), ("firewalld", "outside external"), ("screenos", "outside \"Untrust\""),
    ])
  func examples(platform: String, example: String) async throws {
    try await withFolder(["p.sally": Self.policy("platform \(platform)")]) { folder in
      let run = try await sallyport(["check", "p.sally"], in: folder)
      #expect(run.status == 1 && run.errors.contains("a statement such as `\(example)`"), "\(run.errors)")
      // The example is taken.
      let other = Self.policy("platform \(platform); \(example)")
      try other.write(to: folder.appending(path: "q.sally"), atomically: true, encoding: .utf8)
      let taken = try await sallyport(["check", "q.sally"], in: folder)
      #expect(!taken.errors.contains("has to be told `outside`"), "\(taken.errors)")
      #expect(!taken.errors.contains("cannot be `outside`"), "\(taken.errors)")
    }
  }
}
