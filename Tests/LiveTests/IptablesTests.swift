import Foundation
import LiveSupport
import Testing

/// What rules of iptables have besides those of nftables: scripts, two families, sets.
@Suite("iptables: scripts and sets", .live)
struct IptablesLiveTests {
  private static let publication = """
    publish files {
      server         files
      external ip    203.0.113.10, 2001:db8:113::10
      passive range  50000-50399
      tls            explicit required
      log            all
      limit          20 sessions per client
    """

  private func policy(_ lab: Lab, _ more: String, gateway: String = "outside eth0; inside eth1") -> String {
    """
    gateway edge { platform iptables; \(gateway); }
    \(lab.server(.proFTPD, address: "\(Address.server), \(Address.server6)"))
    \(Self.publication)
      \(more)
    }
    """
  }

  /// Every rule of every table, without counters.
  private func saved(_ lab: Lab, _ backend: String) async throws -> [String] {
    var lines: [String] = []
    for program in ["iptables", "ip6tables"] {
      let text = try await lab.run(["\(program)\(backend)-save"], on: .gateway).text
      lines += text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
        String($0).replacing(/\[\d+:\d+\]/, with: "")
      }
    }
    return lines
  }

  private func build(_ lab: Lab, _ policy: String) async throws -> String {
    let folder = "\(lab.folder)/bundle"
    let built = try await sallyport.run(["build", "-", "-o", folder], policy: policy)
    try #require(built.succeeded, "\(built.errorText)")
    return "\(folder)/gateways/edge"
  }

  private func run(_ lab: Lab, _ script: String, _ backend: String) async throws {
    let result = try await lab.run(["sh", script], on: .gateway, environment: ["XTABLES": backend])
    #expect(result.succeeded && result.output.isEmpty && result.errorText.isEmpty, "\(script): \(result.errorText)")
  }

  @Test(
    "twice is once, a changed policy leaves nothing behind, and the way back leaves nothing",
    arguments: ["-nft", "-legacy"])
  func scripts(_ backend: String) async throws {
    try await withLab { lab in
      // Somebody else's rules, some with names like ours.
      let foreign = """
        *filter
        :sallyport-other - [0:0]
        :OTHER - [0:0]
        -A FORWARD -i eth7 -m comment --comment "a \\"quoted\\" remark" -j OTHER
        -A OTHER -d 192.0.2.1/32 -j sallyport-other
        -A INPUT -i eth7 -j DROP
        COMMIT
        *nat
        -A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE
        COMMIT

        """
      let loaded = try await lab.run(["iptables\(backend)-restore"], on: .gateway, input: foreign)
      try #require(loaded.succeeded, "\(loaded.errorText)")
      var folder = try await build(
        lab, policy(lab, "helper off; hairpin on; allow 198.51.100.0/24, 2001:db8:51::/64"))
      // Nothing is there yet.
      try await run(lab, "\(folder)/remove.sh", backend)
      let before = try await saved(lab, backend)
      #expect(!before.contains { $0.contains("SALLYPORT") })
      try await run(lab, "\(folder)/apply.sh", backend)
      let first = try await saved(lab, backend)
      #expect(first.count > before.count + 40)
      try await run(lab, "\(folder)/apply.sh", backend)
      #expect(try await saved(lab, backend) == first)

      // Less than before, and one family less.
      let less = """
        gateway edge { platform iptables; }
        publish files { server 10.10.20.200 vsftpd; external ip 203.0.113.10; passive range 50000-50399; tls explicit required
        }
        """
      folder = try await build(lab, less.replacing("vsftpd", with: "vsftpd { certificate \"/a\" key \"/b\"; }"))
      try await run(lab, "\(folder)/apply.sh", backend)
      let second = try await saved(lab, backend)
      #expect(
        !second.contains { $0.contains("2001:db8") || $0.contains("ALLOW") || $0.contains("198.51.100") }, "\(second)"
      )
      #expect(second.contains { $0.contains("-j DNAT --to-destination 10.10.20.200:21") })

      for _ in 1...2 { try await run(lab, "\(folder)/remove.sh", backend) }
      #expect(
        try await Set(saved(lab, backend)).subtracting(before).allSatisfy {
          $0.hasPrefix("*") || $0 == "COMMIT" || $0.hasPrefix(":")
        })
      #expect(try await Set(before).isSubset(of: saved(lab, backend)))
      #expect(try await !saved(lab, backend).contains { $0.contains("SALLYPORT") })
    }
  }

  @Test("lists of clients as sets", arguments: ["-nft", "-legacy"])
  func sets(_ backend: String) async throws {
    try await withLab { lab in
      let policy = policy(
        lab,
        "allow 198.51.100.0/24, 2001:db8:51::/64, 192.0.2.1, 2001:db8:66::1, 0.0.0.0/8; hairpin on; deny 10.10.20.50, 10.10.20.60"
      )
      let folder = try await build(lab, policy)
      let text = try await sallyport.run(["compile", "-", "--format", "ipset"], policy: policy).text
      var name = ""
      var files: [String: String] = [:]
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("# file: ") {
          name = String(line.dropFirst(8))
        } else {
          files[name, default: ""] += line + "\n"
        }
      }
      #expect(files.keys.sorted() == ["sallyport.ipset", "sallyport.v4.rules", "sallyport.v6.rules"])
      for (name, text) in files { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
      for _ in 1...2 { try await run(lab, "\(folder)/apply.sh", backend) }
      let daemon = try await lab.serve(.proFTPD, policy)
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      try await lab.expectTransfers(daemon, Dial(address: Address.external6, encryption: .explicit), [.epsv])
      try await lab.expectRefused(Dial(host: .stranger))
      try await lab.expectRefused(Dial(address: Address.external6, host: .stranger))
      try await lab.expectRefused(Dial(host: .inside))
      let made = try await lab.run(["ipset", "list", "-n"], on: .gateway).text.split(separator: "\n")
      #expect(made.count == 3 && made.allSatisfy { $0.hasPrefix("sallyport-") }, "\(made)")
      for _ in 1...2 { try await run(lab, "\(folder)/remove.sh", backend) }
      #expect(try await lab.run(["ipset", "list", "-n"], on: .gateway).text.isEmpty)
    }
  }

  @Test("whom `allow` keeps out is not let in by a forward chain that accepts", arguments: ["-nft", "-legacy"])
  func acceptingForward(_ backend: String) async throws {
    try await withLab(Lab.Options(routesServerIPv6: true)) { lab in
      let policy = """
        gateway edge { platform iptables; outside eth0; inside eth1; }
        \(lab.server(.vsftpd, "files", address: Address.server))
        \(lab.server(.vsftpd, "routed", address: Address.routedServer))
        publish files { server files; external ip 203.0.113.10; passive range 50000-50399; tls explicit required; allow 198.51.100.0/24
        log denied; }
        publish routed { server routed; external ip 203.0.113.130; passive range 50000-50399; tls explicit required; allow 198.51.100.0/24; }
        """
      let folder = try await build(lab, policy)
      try await run(lab, "\(folder)/apply.sh", backend)
      let listeners = try await lab.listeners()
      for address in [Address.external, Address.routedServer] {
        #expect(try await lab.tcpConnect(from: .client, to: address, port: 21) == .open)
        #expect(try await lab.tcpConnect(from: .client, to: address, port: 50001) == .open)
        try await lab.expectRefused(Dial(address: address, host: .stranger))
        try await lab.expectRefused(Dial(address: address, port: 50001, host: .stranger))
      }
      // The log says whom; its lines are counted.
      let counted = try await lab.run(["iptables\(backend)-save", "-c"], on: .gateway).text
      #expect(
        counted.contains(/\[[1-9]\d*:\d+\] -A SALLYPORT-LOG-\d+ .*--log-prefix "sallyport files denied: "/),
        "\(counted)")
      for listener in listeners { listener.close() }
    }
  }
}

extension Lab {
  fileprivate func listeners() async throws -> [LabListener] {
    [try await listen(on: .server, port: 21), try await listen(on: .server, port: 50001)]
  }
}
