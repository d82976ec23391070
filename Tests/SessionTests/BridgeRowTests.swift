import LiveSupport
import Testing

/// Chains of the devices below an interface, and those of family bridge, against real connections.
@Suite(.live) struct BridgeRowTests {
  private static let policy = """
    gateway edge { outside eth0; inside br0; }
    publish files {
      server         10.10.20.200 vsftpd
      external ip    203.0.113.10
      passive range  50000-50399
      tls            off
    }
    """

  /// Rules, and whether sessions work.
  private static let all: [(rules: String, works: Bool)] = [
    ("", true),
    (netdev("ingress", "eth1", "ip saddr 10.10.20.200 drop"), false),
    (netdev("ingress", "br0", "ip saddr 10.10.20.200 drop"), false),
    (netdev("ingress", "eth1", "ip saddr 198.51.100.10 drop"), true),
    (netdev("egress", "eth1", "tcp dport 21 drop"), false),
    (netdev("egress", "br0", "tcp dport 21 drop"), false),
    (netdev("egress", "eth1", "tcp dport 22 drop"), true),
    (netdev("ingress", "eth1", "ether type arp drop"), false),
    (bridge("prerouting", "ip saddr 10.10.20.200 tcp sport 21 drop"), false),
    (bridge("prerouting", "iifname eth1 tcp sport 21 drop"), false),
    (bridge("prerouting", "iifname br0 drop"), true),
    (bridge("input", "iifname eth1 ip saddr 10.10.20.200 drop"), false),
    (bridge("forward", "drop"), true),
    (bridge("output", "oifname eth1 ip daddr 10.10.20.200 drop"), false),
    (bridge("output", "oifname br0 drop"), true),
    (bridge("postrouting", "tcp dport 21 drop"), false),
    (bridge("postrouting", "ether type arp drop"), false),
    (bridge("input", "policy drop; ether type { ip, arp } accept"), true),
    (bridge("input", "policy drop; ether type ip accept"), false),
    (
      bridge("prerouting", "meta mark set 7")
        + "\ntable ip u {\nchain f { type filter hook forward priority 0; meta mark 7 drop\n }\n}", false
    ),
  ]

  private static func netdev(_ hook: String, _ device: String, _ rules: String) -> String {
    "table netdev t {\nchain c { type filter hook \(hook) device \"\(device)\" priority 0; \(rules)\n }\n}"
  }

  private static func bridge(_ hook: String, _ rules: String) -> String {
    "table bridge t {\nchain c { type filter hook \(hook) priority 0; \(rules)\n }\n}"
  }

  private static let build = """
    ip link add br0 type bridge mcast_snooping 0; ip link set br0 up; ip link set eth1 master br0
    ip addr flush dev eth1; ip addr add 10.10.20.1/24 dev br0
    """

  private func outcome(_ lab: Lab) async throws -> ExplainedSessions.Entry? {
    try await lab.explainRunning(of: Self.policy).cells.first {
      $0.client == "allowed" && $0.tls == "plain" && $0.mode == "epsv" && $0.family == "ipv4"
    }
  }

  @Test("A3's kind: a bridge and its port, chains of family bridge") func bridges() async throws {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    try await withLab { lab in
      let built = try await lab.run(["sh", "-ec", Self.build], on: .gateway)
      try #require(built.succeeded, "\(built.errorText)")
      for (rules, works) in Self.all {
        try await lab.load(ruleset: "flush ruleset\n" + script + "\n" + rules)
        for host in [LabHost.client, .gateway, .server] {
          _ = try await lab.run(["sh", "-c", "ip neigh flush all; ip neigh flush all nud failed"], on: host)
        }
        let cell = try #require(try await outcome(lab))
        #expect(cell.outcome == (works ? "works" : "broken"), "\(rules): \(cell)")
        let reached = try await lab.tcpConnect(
          from: .client, to: Address.external, port: 21, within: works ? Patience.arrival : Patience.absence)
        #expect((reached == .refused) == works, "\(rules): \(reached)")
      }
    }
  }

  @Test("a bridge with two ports: rules of one alone leave it open, those of both decide") func ports() async throws {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    try await withLab { lab in
      let more = "\nip link add port2 type veth peer name far2; ip link set port2 master br0 up; ip link set far2 up"
      let built = try await lab.run(["sh", "-ec", Self.build + more], on: .gateway)
      try #require(built.succeeded, "\(built.errorText)")
      let cases = [
        (Self.netdev("ingress", "port2", "ip saddr 10.10.20.200 drop"), "undecided"),
        (Self.bridge("prerouting", "iifname { eth1, port2 } tcp sport 21 drop"), "broken"),
        (Self.netdev("ingress", "port2", "ip saddr 192.0.2.1 drop"), "works"),
        (Self.bridge("prerouting", "ct state invalid drop"), "undecided"),
      ]
      for (rules, expected) in cases {
        let loaded = try await lab.nft(["-f", "-"], input: "flush ruleset\n" + script + "\n" + rules)
        // Some kernels do not track connections at bridges.
        guard loaded.succeeded else { continue }
        let cell = try #require(try await outcome(lab))
        #expect(cell.outcome == expected, "\(rules): \(cell)")
      }
    }
  }
}
