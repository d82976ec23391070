import Foundation
import LiveSupport
import Testing

@Suite("the kernel has what the compiler wrote", .live)
struct RulesetTests {
  /// Every statement of the language that the ruleset depends on.
  private func everything(_ lab: Lab) -> String {
    """
    clients partners = 198.51.100.0/24, 192.0.2.7, 2001:db8:51::/64
    clients everybody = partners, 192.0.2.0/25
    gateway edge { outside eth0, ppp0; inside eth1; external ip 203.0.113.11; }
    \(lab.server(.proFTPD, "files", address: "\(Address.server), \(Address.server6)"))
    \(lab.server(.vsftpd, "drop", address: Address.server2))
    \(lab.server(.pureFTPD, "routed", address: "\(Address.routedServer)"))
    \(lab.server(.vsftpd, "own", address: "local"))
    publish files {
      server         files
      external ip    203.0.113.10, 2001:db8:113::10
      control port   2121 -> 21
      passive range  50000-50399
      tls            explicit optional
      helper         on
      active         on
      allow          everybody
      deny           198.51.100.66, 2001:db8:51::66
      limit          10 sessions per client
      limit          50 sessions
      limit          30 new per minute per client
      log            all
    }
    publish drop {
      server         drop
      helper         on
      active         on
      source         gateway
      limit          20 sessions
      log            new
    }
    publish drop-inside {
      server         drop
      external ip    203.0.113.10
      control port   2122 -> 21
      helper         on
      hairpin        on
    }
    publish routed {
      server         routed
      external ip    203.0.113.130
      passive range  51000-51399
      tls            explicit required
      deny           192.0.2.66
      log            denied
    }
    publish own {
      server         own
      external ip    203.0.113.1
      control port   2121
      passive range  52000-52399
      tls            explicit optional
      helper         on
    }
    """
  }

  @Test("loading twice changes nothing, and the listing is the compiled JSON")
  func listing() async throws {
    try await withLab { lab in
      let policy = everything(lab)
      try await lab.apply(policy)
      let list = ["list", "table", "inet", "sallyport"]
      let first = try await lab.nft(list).text
      try await lab.apply(policy)
      #expect(try await lab.nft(list).text == first)
      #expect(first.contains("sallyport files denied: "))

      let compiled = try await sallyport.run(["compile", "-", "--format", "json"], policy: policy)
      let listed = try await lab.nft(["-j"] + list)
      try expectSame(TableListing(compiled.output), TableListing(listed.output))
      // The listing is a script, which makes the same table again.
      try await lab.load(ruleset: "flush ruleset\n\(first)")
      #expect(try await lab.nft(list).text == first)
    }
  }

  private func expectSame(_ compiled: TableListing, _ listed: TableListing) {
    #expect(compiled.objects.count > 30 && compiled.rules.count > 30)
    #expect(Set(compiled.objects.keys) == Set(listed.objects.keys))
    for (name, object) in compiled.objects.sorted(by: { $0.key < $1.key }) {
      #expect(listed.objects[name] == object, "\(name)")
    }
    #expect(compiled.rules.count == listed.rules.count)
    for (ours, theirs) in zip(compiled.rules, listed.rules) { #expect(ours == theirs) }
  }

  @Test("the folder of build loads as it is")
  func bundle() async throws {
    try await withLab { lab in
      let folder = "\(lab.folder)/bundle"
      let policy = everything(lab)
      let built = try await sallyport.run(["build", "-", "-o", folder], policy: policy)
      try #require(built.succeeded, "\(built.errorText)")
      let ruleset = try await sallyport.ruleset(of: policy)
      let file = "\(folder)/gateways/edge/sallyport.nft"
      #expect(try String(contentsOfFile: file, encoding: .utf8) == ruleset)
      let loaded = try await lab.nft(["-f", file])
      #expect(loaded.succeeded, "\(loaded.errorText)")

      // Settings of one namespace, written as the machine would at boot.
      try await lab.set("net/ipv4/ip_forward", "0", on: .gateway)
      try await lab.set("net/ipv6/conf/all/forwarding", "0", on: .gateway)
      let settings = try await lab.run(
        ["sysctl", "-e", "-p", "\(folder)/gateways/edge/sysctl.conf"], on: .gateway)
      #expect(settings.succeeded, "\(settings.errorText)")
      let forwarding = try await lab.run(
        ["cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"], on: .gateway)
      #expect(forwarding.text == "1\n1\n")
      for name in ["modules-load.conf", "modprobe.conf"] {
        let text = try String(contentsOfFile: "\(folder)/gateways/edge/\(name)", encoding: .utf8)
        #expect(text.contains("nf_conntrack_ftp"))
      }

      let settingsText = try String(
        contentsOfFile: "\(folder)/servers/files/proftpd-sallyport.conf", encoding: .utf8)
      let daemon = try await lab.start(.proFTPD, configuration: settingsText, address: Address.server)
      try await lab.expectTransfers(daemon, Dial(port: 2121), [.pasv, .epsv, .port, .eprt])
    }
  }
}

extension Lab {
  /// Writes a setting below `/proc/sys` of one host.
  fileprivate func set(_ name: String, _ value: String, on host: LabHost) async throws {
    let result = try await run(["sh", "-c", "echo \(value) >/proc/sys/\(name)"], on: host)
    try #require(result.succeeded, "\(result.errorText)")
  }
}
