import FTPSession
import Foundation
import LiveSupport
import Nftables
import Testing

/// `explain --running`: the rules of a host, whoever wrote them.
@Suite(.live) struct RunningRulesTests {
  private static let policy = """
    gateway edge { outside eth0; inside eth1; }
    publish files {
      server         10.10.20.200 vsftpd
      external ip    203.0.113.10
      passive range  50000-50399
      tls            off
      active         on
      hairpin        on
    }
    """

  /// What the program says on the gateway, and its status.
  private func explain(_ lab: Lab, _ more: [String] = []) async throws -> (
    status: Int32, cells: [ExplainedSessions.Entry]
  ) {
    try await lab.explainRunning(of: Self.policy, more)
  }

  @Test func foreignTablesCount() async throws {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    let neighbours = [
      (firewall(forward: "ct status dnat accept"), true), (firewall(forward: "tcp dport 22 accept"), false),
      (bridges, true),
    ]
    try await withLab { lab in
      for (neighbour, works) in neighbours {
        try await lab.load(ruleset: "flush ruleset\n" + script + neighbour)
        let (status, cells) = try await explain(lab)
        let plain = cells.filter { $0.tls == "plain" && $0.family == "ipv4" && $0.client == "allowed" }
        #expect(plain.count == 4)
        #expect(plain.allSatisfy { $0.outcome == (works ? "works" : "broken") }, "\(plain)")
        #expect(status == (works ? 0 : 1))
        let reached = try await lab.tcpConnect(
          from: .client, to: Address.external, port: 21,
          within: works ? Patience.arrival : Patience.absence)
        // Nobody listens, so what gets through is refused by the server.
        #expect((reached == .refused) == works, "\(reached)")
        if !works {
          #expect(plain.first?.reason.contains("table inet firewall, chain reject_all") == true, "\(plain)")
        }
      }
    }
  }

  @Test func whatIsUnknownIsSaid() async throws {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    func chain(_ rule: String) -> String {
      "\ntable ip odd {\nchain f { type filter hook forward priority 5; policy accept; \(rule); }\n}\n"
    }
    try await withLab { lab in
      try await lab.load(ruleset: "flush ruleset\n" + script + chain("numgen random mod 2 == 0 drop"))
      let (status, cells) = try await explain(lab)
      let plain = try #require(cells.first { $0.tls == "plain" && $0.mode == "pasv" && $0.client == "allowed" })
      #expect(plain.outcome == "undecided" && plain.reason.contains("numgen"), "\(plain)")
      #expect(status == 1)
      // Where it does not matter how an unknown condition turns out, the session is decided.
      for rule in [
        "numgen random mod 2 == 0 accept", "udp dport 53 numgen random mod 2 == 0 drop",
        "numgen random mod 2 == 0 log",
      ] {
        try await lab.load(ruleset: "flush ruleset\n" + script + chain(rule))
        let (status, cells) = try await explain(lab)
        #expect(status == 0, "\(rule): \(cells.filter { $0.outcome == "undecided" })")
      }
    }
  }

  @Test func ourTableMayBeMissing() async throws {
    try await withLab { lab in
      let (status, cells) = try await explain(lab)
      #expect(status == 1)
      #expect(
        cells.filter { $0.client == "allowed" && $0.tls == "plain" && $0.family == "ipv4" }.allSatisfy {
          $0.outcome == "broken"
        })
    }
  }

  /// In the manner of a zone-based firewall.
  private func firewall(forward: String) -> String {
    """

    table inet firewall {
      chain mangle_pre { type filter hook prerouting priority -140; policy accept; jump zones; }
      chain zones { iifname "eth0" goto public; goto public; }
      chain public { }
      chain filter_pre {
        type filter hook prerouting priority 10; policy accept;
        icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
        meta nfproto ipv6 fib saddr . mark . iif oif missing drop
      }
      chain filter_forward {
        type filter hook forward priority 10; policy accept;
        ct state { established, related } accept
        iifname "lo" accept
        ct state invalid drop
        ip6 daddr { ::/96, ::ffff:0.0.0.0/96 } reject with icmpv6 addr-unreachable
        jump allowed
        iifname "eth1" accept
        goto reject_all
      }
      chain allowed { \(forward); }
      chain reject_all { reject with icmpx admin-prohibited; }
    }
    """
  }

  /// In the manner of a container engine.
  private let bridges = """

    table ip bridges {
      map forward-in { type ifname : verdict; elements = { "docker0" : jump in_docker0, "br-app" : jump in_docker0 }; }
      chain filter-FORWARD { type filter hook forward priority 0; policy accept; oifname vmap @forward-in; }
      chain in_docker0 { ct state established,related counter accept; iifname "docker0" counter accept; counter drop; }
      chain nat-PREROUTING { type nat hook prerouting priority -100; policy accept; fib daddr type local counter jump to_containers; }
      chain to_containers { ip daddr 203.0.113.11 tcp dport 8080 dnat to 172.17.0.2:80; }
      chain nat-POSTROUTING { type nat hook postrouting priority 100; policy accept; oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade; }
    }
    """
}

/// What iptables-nft leaves in a listing.
@Suite struct XtablesTests {
  private static let listing = """
    {"nftables": [{"table": {"family": "ip", "name": "filter"}},
    {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},
    {"rule": {"family": "ip", "table": "filter", "chain": "FORWARD", "expr": [{"xt": {"type": "match", "name": "comment"}}, {"xt": {"type": "target", "name": "LOG"}}]}},
    {"rule": {"family": "ip", "table": "filter", "chain": "FORWARD", "expr": [CONDITION, {"counter": {"packets": 0, "bytes": 0}}, {"accept": null}]}},
    {"rule": {"family": "ip", "table": "filter", "chain": "FORWARD", "expr": [{"xt": {"type": "target", "name": "REJECT"}}]}}]}
    """

  private func ending(condition: String) throws -> Ending {
    let text = Self.listing.replacing("CONDITION", with: condition)
    let theatre = Theatre(Program(try Ruleset.read(listing: Array(text.utf8))), BenchNetwork.network)
    let server = FTPServer(BenchNetwork.server([Address.routedServer]), passivePorts: [50_000])
    return theatre.perform(
      Session(
        client: BenchNetwork.client(.client, Address.client), server: server,
        dialled: BenchNetwork.ip(Address.routedServer), port: 21, .plain, .epsv)
    ).ending
  }

  @Test func anUnknownConditionIsUndecided() throws {
    let ending = try ending(condition: #"{"xt": {"type": "match", "name": "conntrack"}}"#)
    #expect(ending.loss?.isUndecided == true)
    #expect(ending.sentence.contains("`-m conntrack` has arguments that are not listed"), "\(ending.sentence)")
  }

  @Test func whatIsKnownIsDecided() throws {
    let tcp = #"{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}}"#
    #expect(try ending(condition: tcp) == .works)
    let udp = #"{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "udp"}}"#
    guard case .rejected? = try ending(condition: udp).loss else {
      Issue.record("\(try ending(condition: udp))")
      return
    }
  }
}
