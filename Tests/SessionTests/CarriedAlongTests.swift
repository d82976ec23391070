import FTPSession
import LiveSupport
import Testing

/// What rules note of a packet and ask for later, in the same session: elements of sets, zones of connection tracking,
/// the link address of a neighbour. The model and the kernel.
@Suite(.live) struct CarriedAlongTests {
  private static let set = "set s { type ipv4_addr; flags dynamic, timeout; timeout 60s; size 1000;\n }\n"
  private static let pairs =
    "set p { type ipv4_addr . inet_service; flags dynamic, timeout; timeout 60s; size 1000;\n }\n"

  private static func chain(_ rules: String, _ hook: String = "forward", _ priority: Int = 0) -> String {
    "chain c\(abs(priority))\(hook) { type filter hook \(hook) priority \(priority); \(rules)\n }\n"
  }

  private static func table(_ content: String) -> String { "table ip t {\n\(content)}" }

  private static let knock =
    "tcp dport 21 ct state new add @s { ip saddr }; tcp dport 50000 ct state new ip saddr @s accept; "

  /// Rules, and whether a session works; `nil` where that cannot be known.
  private static let all: [(String, Bool?)] = [
    (table(set + chain(knock + "tcp dport 50000 ct state new drop")), true),
    (table(set + chain("tcp dport 50000 ct state new ip saddr @s accept; tcp dport 50000 ct state new drop")), false),
    (table(set + chain("tcp dport 21 update @s { ip saddr timeout 30s }; tcp dport 50000 ip saddr @s drop")), false),
    (table(set + chain("tcp dport 21 add @s { ip daddr }; tcp dport 50000 ip saddr @s drop")), true),
    (
      table(
        set
          + chain(
            "tcp dport 21 add @s { ip saddr }; tcp dport 50000 delete @s { ip saddr }; ip saddr @s tcp dport 50000 drop"
          )), true
    ),
    (table(set + chain("add @s { ip saddr limit rate over 100000/second } drop")), true),
    (table(set + chain("tcp dport 22 add @s { ip saddr }; ip saddr @s drop")), true),
    (
      table(
        set + chain("tcp dport 21 add @s { ip saddr }", "prerouting", -150)
          + chain("ip saddr @s tcp dport 50000 drop")), false
    ),
    (table(pairs + chain("tcp dport 21 add @p { ip saddr . tcp dport }; ip saddr . tcp dport @p drop")), false),
    (
      table(
        pairs + chain("tcp dport 21 add @p { ip saddr . tcp dport }; tcp dport 50000 ip saddr . tcp dport @p drop")),
      true
    ),
    // Zones: both directions in one, or the answers in another.
    (table(chain("ct zone set 5", "prerouting", -300)), true),
    (table(chain("iifname eth0 ct zone set 5", "prerouting", -300)), false),
    (table(chain("iifname eth0 ct original zone set 5", "prerouting", -300)), true),
    (table(chain("ct zone set 5", "prerouting", -300) + chain("ct zone 5 drop")), false),
    (table(chain("ct zone set 5", "prerouting", -300) + chain("ct zone 0 drop")), true),
    (table(chain("ct zone set 5", "prerouting", -150)), true),
  ]

  private func duel(_ name: String) -> Duel {
    var server = FTPServer(BenchNetwork.server([Address.server]), passivePorts: [50_000])
    server.announced = BenchNetwork.ip(Address.external)
    return Duel(
      name: name, client: .client, serverAddresses: [Address.server],
      model: Session(
        client: BenchNetwork.client(.client, Address.client), server: server,
        dialled: BenchNetwork.ip(Address.external), port: 21, .plain, .pasv))
  }

  private static let translation = """
    table ip n {
      chain p { type nat hook prerouting priority -100; ip daddr \(Address.external) tcp dport { 21, 50000-50100 } dnat to \(Address.server)
      }
    }

    """

  @Test("A: elements that packets add, and zones, are known in a session") func kernelAgrees() async throws {
    try await withLab { lab in
      let arena = try await Arena(lab)
      for (rules, works) in Self.all {
        let verdict = try #require(try await arena.fight(Self.translation + rules, [duel(rules)]).first)
        #expect(verdict.predicted == nil || verdict.agrees, "\(rules)\n\(verdict)")
        if let works {
          #expect(verdict.agrees && (verdict.observed == .works) == works, "\(rules)\n\(verdict)")
        } else {
          #expect(verdict.predicted == nil, "\(rules)\n\(verdict)")
        }
      }
    }
  }

  @Test("A4: -j SET, -j CT --zone") func iptables() async throws {
    let cases: [([String], Bool)] = [
      (
        [
          "-A FORWARD -p tcp --dport 21 -j SET --add-set known src",
          "-A FORWARD -p tcp --dport 50000 -m conntrack --ctstate NEW -m set ! --match-set known src -j DROP",
        ], true
      ),
      (["-A FORWARD -p tcp --dport 50000 -m conntrack --ctstate NEW -m set ! --match-set known src -j DROP"], false),
      (
        [
          "-A FORWARD -p tcp --dport 21 -j SET --add-set known src",
          "-A FORWARD -p tcp --dport 50000 -m set --match-set known src -j DROP",
        ], false
      ),
      (["-t raw -A PREROUTING -j CT --zone 7"], true),
      (["-t raw -A PREROUTING -i eth0 -j CT --zone 7"], false),
      (["-t raw -A PREROUTING -i eth0 -j CT --zone-orig 7"], true),
    ]
    try await withLab { lab in
      let arena = try await Arena(lab)
      for (commands, works) in cases {
        try await lab.load(ruleset: "flush ruleset\n" + Self.translation)
        let all =
          (["ipset destroy known 2>/dev/null || true", "ipset create known hash:ip"]
          + commands.map { "iptables-nft \($0)" }).joined(separator: "; ")
        let result = try await lab.run(["sh", "-ec", all], on: .gateway)
        try #require(result.succeeded, "\(result.errorText)")
        let verdict = try #require(try await arena.fightUnderLoadedRules([duel("\(commands)")]).first)
        #expect(verdict.agrees && (verdict.observed == .works) == works, "\(commands)\n\(verdict)")
      }
    }
  }

  @Test("A: ether saddr and -m mac of a neighbour that the machine knows; groups of interfaces") func neighbours()
    async throws
  {
    let policy = """
      gateway edge { outside eth0; inside eth1; }
      publish files {
        server         10.10.20.200 vsftpd
        external ip    203.0.113.10
        passive range  50000-50009
        tls            off
        allow          198.51.100.10
      }
      """
    try await withLab { lab in
      let script = try await Sallyport.besideThisProgram.ruleset(of: policy)
      let link = try await lab.run(["ip", "-br", "link", "show", "eth0"], on: .client).text.split(separator: " ")
      let mac = link.indices.contains(2) ? String(link[2]) : ""
      let entry = "ip neigh replace 198.51.100.10 lladdr \(mac) dev eth0 nud reachable"
      func rule(_ text: String) -> String {
        "nft 'table ip t { chain f { type filter hook forward priority 0; \(text)\n}\n}'"
      }
      let cases: [(String, String)] = [
        (rule("iifname eth0 ether saddr \(mac) drop") + "; \(entry)", "broken"),
        (rule("iifname eth0 ether saddr 02:00:00:00:00:01 drop") + "; \(entry)", "works"),
        (rule("iifname eth0 ether saddr \(mac) drop") + "; ip neigh flush all", "undecided"),
        ("iptables-nft -A FORWARD -i eth0 -m mac --mac-source \(mac) -j DROP; \(entry)", "broken"),
        ("iptables-nft -A FORWARD -i eth0 -m mac ! --mac-source \(mac) -j DROP; \(entry)", "works"),
        ("ip link set eth0 group 7; " + rule("iifgroup 7 tcp dport 21 drop"), "broken"),
        ("ip link set eth0 group 8; " + rule("iifgroup 7 tcp dport 21 drop"), "works"),
      ]
      for (commands, expected) in cases {
        try await lab.load(ruleset: "flush ruleset\n" + script)
        _ = try await lab.run(["sh", "-c", "ip neigh flush all; ip neigh flush all nud failed"], on: .gateway)
        let result = try await lab.run(["sh", "-ec", commands], on: .gateway)
        try #require(result.succeeded, "\(result.errorText)")
        let cell = try #require(
          try await lab.explainRunning(of: policy).cells.first {
            $0.client == "allowed" && $0.tls == "plain" && $0.mode == "epsv" && $0.family == "ipv4"
          })
        #expect(cell.outcome == expected, "\(commands): \(cell)")
        guard expected != "undecided" else { continue }
        let reached = try await lab.tcpConnect(
          from: .client, to: Address.external, port: 21,
          within: expected == "works" ? Patience.arrival : Patience.absence)
        #expect((reached == .refused) == (expected == "works"), "\(commands): \(reached)")
      }
    }
  }
}
