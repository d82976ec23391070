import Foundation
import LiveSupport
import Testing

@Suite("check --kernel", .kernel)
struct CheckCommandTests {
  private static let policy = """
    publish files {
      server         10.10.20.200 vsftpd
      external ip    203.0.113.10
      passive range  50000-50399
      helper         on
    }
    """

  /// Copies the programs into a folder that everybody may read, with a policy, and runs lines of shell there in a
  /// network namespace of their own, which forwards.
  private func inFolder(
    _ lines: String, worker: String? = nil, forwards: Bool = true, policy: String = policy
  ) async throws -> Ended {
    try await withFolder { folder in
      try Release.current.place(programs: programs.path, in: folder)
      if let worker { try writeProgram("\(folder)/sallyport-netfilter", worker) }
      try policy.write(toFile: "\(folder)/policy.sally", atomically: false, encoding: .utf8)
      let setting = forwards ? "echo 1 >/proc/sys/net/ipv4/ip_forward\n" : ""
      return try await shell("cd \(folder)\n\(setting)\(lines)")
    }
  }

  @Test("a good policy, and nothing is changed")
  func good() async throws {
    let ended = try await inFolder("./sallyport check --kernel policy.sally && nft list ruleset")
    #expect(ended.status == 0 && ended.output.isEmpty)
    #expect(ended.errors.hasSuffix("; the kernel takes the ruleset\n"), "\(ended.errors)")
    let plain = try await inFolder("./sallyport check policy.sally")
    #expect(!plain.errors.contains("kernel"))
  }

  @Test("warnings in every format")
  func formats() async throws {
    let foreign = "nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'\n"
    for format in ["full", "concise", "json", "github", "sarif"] {
      let ended = try await inFolder(
        foreign + "./sallyport check --kernel --format \(format) policy.sally", forwards: false)
      #expect(ended.status == 0)
      let text = ended.output + ended.errors
      for words in ["foreign-chain-drops", "ip filter FORWARD", "forwarding-off"] {
        #expect(text.contains(words), "\(format): \(text)")
      }
    }
  }

  @Test("without privilege: 77")
  func unprivileged() async throws {
    let ended = try await inFolder(
      "exec setpriv --reuid 65534 --regid 65534 --clear-groups ./sallyport check --kernel policy.sally")
    #expect(ended.status == 77)
    #expect(
      ended.errors.hasSuffix("error: the rules of the kernel are for root; run this as root or with CAP_NET_ADMIN\n"))
  }

  @Test("without the worker: 70, and all that needs none still works")
  func noWorker() async throws {
    let ended = try await inFolder("rm sallyport-netfilter\n./sallyport check --kernel policy.sally")
    #expect(ended.status == 70)
    #expect(ended.errors.contains("error: the program sallyport-netfilter is missing; it belongs to /"))
    #expect(try await inFolder("rm sallyport-netfilter\n./sallyport compile policy.sally >/dev/null").status == 0)
  }

  @Test("a library that crashes: 70, the hint, and a whole document for programs")
  func crash() async throws {
    let ended = try await inFolder("./sallyport check --kernel --output json policy.sally", worker: "kill -SEGV $$")
    #expect(ended.status == 70)
    #expect(ended.errors.contains("libnftables 1.1.3 or newer is needed"))
    let document = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
    #expect(document?["diagnostics"] is [Any])
  }

  @Test("a policy with errors is not handed over")
  func refused() async throws {
    let ended = try await inFolder(
      "./sallyport check --kernel policy.sally", worker: "kill -SEGV $$", policy: "publish files {\n}\n")
    #expect(ended.status == 1)
    #expect(!ended.errors.contains("libnftables"))
  }

  private static let gateway = """
    gateway edge { outside ehh0; inside eth1; }
    publish files {
      server         10.10.20.200 vsftpd
      external ip    203.0.113.10
      passive range  50000-50399
      tls            off  # allow: tls-off
    }
    """
  private static let interfaces = """
    ip link add eth0 type veth peer name eth1; ip link set eth0 up; ip link set eth1 up
    ip link property add dev eth0 altname a-long-name-of-the-uplink

    """

  @Test("A13: an interface that is not there is an error of check, apply and explain, and nothing is changed")
  func missingInterface() async throws {
    let apply = "apply policy.sally --state-dir state"
    for (command, policy) in [
      ("check --kernel policy.sally", Self.gateway), (apply, Self.gateway), ("\(apply) --dry-run", Self.gateway),
      ("explain policy.sally files --running", Self.gateway),
      (apply, Self.gateway.replacing("ehh0", with: "eth0").replacing("eth1", with: "lan7")),
    ] {
      let ended = try await inFolder(
        "\(Self.interfaces)./sallyport \(command); status=$?; nft list ruleset >&2; exit $status", policy: policy)
      #expect(ended.status == 1, "\(command): \(ended.errors)")
      #expect(ended.errors.contains("error[interface-missing]"), "\(command): \(ended.errors)")
      #expect(ended.errors.contains("it has `lo`, `eth1`, `eth0`"), "\(command): \(ended.errors)")
      #expect(!ended.errors.contains("table inet sallyport"), "\(command): \(ended.errors)")
    }
    let fine = try await inFolder(
      Self.interfaces + "./sallyport check --kernel policy.sally && ./sallyport \(apply)",
      policy: Self.gateway.replacing("ehh0", with: "eth0"))
    #expect(fine.status == 0 && !fine.errors.contains("error["), "\(fine.errors)")
  }

  @Test("C2: a local server on an address that the machine does not have is an error of check and apply")
  func localAddress() async throws {
    let policy = Self.policy.replacing("10.10.20.200", with: "local").replacing(
      "203.0.113.10", with: "203.0.113.10  # allow: external-address-absent")
    for (setup, isFine) in [
      ("ip addr add 10.0.1.4/24 dev eth0", false), ("ip addr add 203.0.113.10/24 dev eth0", true),
      ("ip addr add 203.0.113.10/32 dev lo; ip link set lo up", true),
      ("ip route add local 203.0.113.0/28 dev lo; ip link set lo up", true),
      ("echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind", true),
    ] {
      for command in ["check --kernel policy.sally", "apply policy.sally --state-dir state"] {
        let ended = try await inFolder(Self.interfaces + setup + "\n./sallyport \(command)", policy: policy)
        #expect(ended.status == (isFine ? 0 : 1), "\(setup), \(command): \(ended.errors)")
        #expect(ended.errors.contains("error[local-address-missing]") == !isFine, "\(setup): \(ended.errors)")
        if !isFine { #expect(ended.errors.contains("external ip 203.0.113.10 at 10.0.1.4"), "\(ended.errors)") }
      }
    }
  }

  @Test("help names the statuses")
  func help() async throws {
    let ended = try await inFolder("./sallyport check --help; ./sallyport --help")
    #expect(ended.output.replacing("\n", with: " ").contains("ends with 77"))
    #expect(ended.output.contains("77  privilege missing"))
  }
}
