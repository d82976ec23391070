import LiveSupport
import Testing

/// Rules that tell ports of clients apart, or the TTL of packets, against real connections.
@Suite(.live) struct ClientPortTests {
  private static func policy(_ more: String = "") -> String {
    """
    gateway edge { outside eth0; inside eth1; }
    publish files {
      server         10.10.20.200, 2001:db8:20::200 vsftpd
      external ip    203.0.113.10, 2001:db8:113::10
      passive range  50000-50009
      tls            off
      \(more)
    }
    """
  }

  private static func script(_ rules: String) -> String {
    """
    flush ruleset
    table inet n {
      chain p { type nat hook prerouting priority -100; iifname "eth0" tcp dport { 21, 50000-50009 } jump t
      }
      chain t { meta nfproto ipv4 dnat ip to 10.10.20.200
        meta nfproto ipv6 dnat ip6 to 2001:db8:20::200
      }
      chain q { type nat hook postrouting priority 100; iifname "eth1" oifname "eth0" masquerade
      }
      \(rules)
    }
    """
  }

  private static func forward(_ rules: String) -> String {
    "chain f { type filter hook forward priority 0; \(rules)\n}"
  }

  /// Takes a local port of a range for all connections of a host from now on.
  private func useLocalPorts(_ lab: Lab, _ range: String, on host: LabHost) async throws {
    let result = try await lab.run(["sysctl", "-qw", "net.ipv4.ip_local_port_range=\(range)"], on: host)
    try #require(result.succeeded, "\(result.errorText)")
  }

  @Test("K3, K4: sessions that work from some ports of the client alone") func source() async throws {
    let cases: [(rules: String, reason: String?, lost: String, kept: String)] = [
      (
        "policy drop; ct state established accept; tcp sport 32768-60000 tcp dport { 21, 50000-50009 } accept",
        "works for 32768-60000; fails for 60001-65535", "61000 61100", "33000 33100"
      ),
      (
        "tcp sport > 60000 tcp dport 21 drop", "works for 32768-60000; fails for 60001-65535", "61000 61100",
        "33000 33100"
      ),
      (
        "tcp sport 45000-45999 tcp dport 21 drop", "works for 32768-44999, 46000-65535; fails for 45000-45999",
        "45100 45200", "42100 42200"
      ),
      // Answers to the client.
      (
        "policy drop; tcp dport { 21, 50000-50009 } accept; tcp sport { 21, 50000-50009 } tcp dport 32768-60999 accept",
        "fails for 61000-65535", "61100 61200", "33000 33100"
      ),
      // Ports that no client has of itself.
      ("tcp dport 8080 drop; tcp sport 1024-32767 tcp dport 21 drop", nil, "", "33000 33100"),
      ("tcp sport 1024-65535 tcp dport 21 accept; tcp sport 0-1023 tcp dport 21 drop", nil, "", "33000 33100"),
    ]
    try await withLab { lab in
      for (rules, reason, lost, kept) in cases {
        try await lab.load(ruleset: Self.script(Self.forward(rules)))
        let (status, all) = try await lab.explainRunning(of: Self.policy())
        let cells = all.filter { $0.client == "allowed" && $0.tls == "plain" && $0.mode == "epsv" }
        #expect(status == (reason == nil ? 0 : 1) && cells.count == 2, "\(rules): \(cells)")
        #expect(cells.allSatisfy { $0.outcome == (reason == nil ? "works" : "broken") }, "\(rules): \(cells)")
        if let reason { #expect(cells.allSatisfy { $0.reason.contains(reason) }, "\(rules): \(cells)") }
        try await useLocalPorts(lab, kept, on: .client)
        let reached = try await lab.tcpConnect(from: .client, to: Address.external, port: 21)
        #expect(reached == .refused, "\(rules): \(reached)")
        guard reason != nil else { continue }
        try await useLocalPorts(lab, lost, on: .client)
        let blocked = try await lab.tcpConnect(
          from: .client, to: Address.external, port: 21, within: Patience.absence)
        #expect(blocked != .refused, "\(rules): \(blocked)")
      }
    }
  }

  @Test("K4: a stranger who gets in from some ports alone") func intrusion() async throws {
    let rules =
      "policy drop; ct state established accept; ip saddr 198.51.100.0/24 tcp dport { 21, 50000-50009 } accept; "
      + "tcp sport 2000-2999 tcp dport 21 accept"
    try await withLab { lab in
      try await lab.load(ruleset: Self.script(Self.forward(rules)))
      let (status, cells) = try await lab.explainRunning(of: Self.policy("allow 198.51.100.0/24"))
      let found = cells.filter { $0.intrusion == true }
      #expect(status == 1 && !found.isEmpty, "\(cells)")
      #expect(found.allSatisfy { $0.client == "stranger" && $0.reason.contains("from ports 2000-2999") }, "\(found)")
      try await useLocalPorts(lab, "2100 2200", on: .stranger)
      let reached = try await lab.tcpConnect(from: .stranger, to: Address.external, port: 21)
      #expect(reached == .refused, "\(reached)")
    }
  }

  @Test("K5: a port of the client in active mode") func active() async throws {
    try await withLab { lab in
      let rules = "iifname \"eth1\" ct state new tcp dport 32768-49000 drop"
      try await lab.load(ruleset: Self.script(Self.forward(rules)))
      let (status, all) = try await lab.explainRunning(of: Self.policy("active on"))
      let cells = all.filter { $0.client == "allowed" && $0.tls == "plain" && $0.family == "ipv4" }
      let active = cells.filter { ["port", "eprt"].contains($0.mode) }
      #expect(status == 1 && active.count == 2, "\(cells)")
      let reason = "works for 49001-65535; fails for 32768-49000"
      #expect(active.allSatisfy { $0.outcome == "broken" && $0.reason.contains(reason) }, "\(active)")
      #expect(cells.filter { $0.mode == "pasv" }.allSatisfy { $0.outcome == "works" }, "\(cells)")
      let open = try await lab.tcpConnect(from: .server, to: Address.client, port: 51_201)
      let blocked = try await lab.tcpConnect(
        from: .server, to: Address.client, port: 40_000, within: Patience.absence)
      #expect(open == .refused && blocked != .refused, "\(open) \(blocked)")
    }
  }

  @Test("K2: a TTL with which the gateway passes nothing on") func lifetime() async throws {
    func chain(_ hook: String, _ rule: String) -> String {
      "chain l { type filter hook \(hook) priority -150; iifname \"eth0\" \(rule)\n}"
    }
    let cases: [(rules: String, more: String, works: Bool, isIPv6: Bool)] = [
      (chain("prerouting", "ip ttl set 1"), "true", false, false),
      (chain("prerouting", "ip ttl set 2"), "true", true, false),
      (chain("forward", "ip ttl set 1"), "true", true, false),
      (chain("prerouting", "meta l4proto tcp ip6 hoplimit set 1"), "true", false, true),
      (chain("prerouting", "meta l4proto tcp ip6 hoplimit set 3"), "true", true, true),
      ("", "iptables-nft -t mangle -A PREROUTING -i eth0 -j TTL --ttl-set 1", false, false),
      ("", "iptables-nft -t mangle -A PREROUTING -i eth0 -j TTL --ttl-set 9", true, false),
      ("", "iptables-nft -t mangle -A PREROUTING -i eth0 -j TTL --ttl-dec 1", true, false),
      ("", "ip6tables-nft -t mangle -A PREROUTING -i eth0 -p tcp -j HL --hl-set 1", false, true),
    ]
    try await withLab { lab in
      for (rules, more, works, isIPv6) in cases {
        try await lab.load(ruleset: Self.script(rules))
        let changed = try await lab.run(["sh", "-ec", more], on: .gateway)
        try #require(changed.succeeded, "\(more): \(changed.errorText)")
        let cells = try await lab.explainRunning(of: Self.policy()).cells.filter {
          $0.client == "allowed" && $0.tls == "plain" && $0.mode == "epsv"
            && $0.family == (isIPv6 ? "ipv6" : "ipv4")
        }
        #expect(cells.map(\.outcome) == [works ? "works" : "broken"], "\(rules)\(more): \(cells)")
        let reached = try await lab.tcpConnect(
          from: .client, to: isIPv6 ? Address.external6 : Address.external, port: 21,
          within: works ? Patience.arrival : Patience.absence)
        #expect((reached == .refused) == works, "\(rules)\(more): \(reached)")
      }
    }
  }

  @Test("K8: check --kernel tells of ports that routing sends elsewhere") func routedPorts() async throws {
    let mark =
      "table ip m { chain p { type filter hook prerouting priority -150; tcp dport 50005 meta mark set 5\n}\n}"
    let cases = [
      ("", "true", false), ("", "ip rule add pref 90 ipproto tcp dport 50005 blackhole", true),
      ("", "ip rule add pref 90 ipproto tcp dport 22 blackhole", false),
      // A client may listen there, or come from there.
      ("", "ip rule add pref 90 ipproto tcp dport 50105 blackhole", true), (mark, "true", false),
      (mark, "ip rule add pref 90 fwmark 5 blackhole", true),
    ]
    try await withLab { lab in
      for (rules, line, isFound) in cases {
        try await lab.load(ruleset: "flush ruleset\n" + rules)
        let changed = try await lab.run(["sh", "-ec", line], on: .gateway)
        try #require(changed.succeeded, "\(line): \(changed.errorText)")
        let result = try await lab.run(
          [Sallyport.besideThisProgram.path, "check", "--kernel", "-"], on: .gateway, input: Self.policy())
        let text = result.errorText + result.text
        #expect(text.contains("no-way-through-machine") == isFound, "\(rules)\(line): \(text)")
        _ = try await lab.run(["ip", "rule", "del", "pref", "90"], on: .gateway)
      }
    }
  }
}
