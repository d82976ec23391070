import FTPSession
import LiveSupport
import Testing

/// Rules that stop the end of a data connection, against real connections: without it no listing is ever complete.
@Suite(.live) struct ClosingTests {
  private static func script(_ rules: String) -> String {
    """
    table ip n {
      chain p { type nat hook prerouting priority -100; iifname eth0 tcp dport { 21, 50000-50100 } dnat to \(Address.server)
      }
    }
    table ip t {
      chain f { type filter hook forward priority 0; \(rules)
      }
    }
    """
  }

  private static let cases: [(rules: String, ending: ScriptedEnding)] = [
    ("", .works),
    ("tcp sport 50000-50100 tcp flags fin drop", .closing), ("tcp dport 50000-50100 tcp flags fin drop", .closing),
    ("tcp flags == fin | ack drop", .closing), ("tcp flags & fin == fin reject with tcp reset", .closing),
    ("tcp sport 50000-50100 tcp flags & (fin | psh) == fin drop", .closing),
    // Whatever becomes of the control connection then, all replies have come.
    ("tcp dport 21 tcp flags fin drop", .works), ("tcp sport 21 tcp flags fin drop", .works),
    ("tcp flags & (fin | ack) == fin drop; tcp flags & (fin | psh | urg) == fin | psh | urg drop", .works),
  ]

  @Test("a FIN that is dropped leaves a listing without end") func dropped() async throws {
    var server = FTPServer(BenchNetwork.server([Address.server]), passivePorts: [50_000])
    server.announced = BenchNetwork.ip(Address.external)
    let duels = [FTPSession.DataMode.pasv, .epsv].map { mode in
      Duel(
        name: mode.command, client: .client, serverAddresses: [Address.server],
        model: Session(
          client: BenchNetwork.client(.client, Address.client), server: server,
          dialled: BenchNetwork.ip(Address.external), port: 21, .plain, mode))
    }
    try await withLab { lab in
      let arena = try await Arena(lab)
      for (rules, ending) in Self.cases {
        for verdict in try await arena.fight(Self.script(rules), RulesetGenerator.spread(duels)) {
          #expect(verdict.agrees && verdict.observed == ending, "\(rules): \(verdict)")
        }
      }
      try await lab.load(ruleset: "flush ruleset")
      let line = "iptables-nft -A FORWARD -p tcp --sport 50000:50100 --tcp-flags FIN FIN -j DROP"
      let added = try await lab.run(
        ["sh", "-ec", "iptables-nft -t nat -A PREROUTING -i eth0 -p tcp -j DNAT --to \(Address.server); \(line)"],
        on: .gateway)
      try #require(added.succeeded, "\(added.errorText)")
      for verdict in try await arena.fightUnderLoadedRules(RulesetGenerator.spread(duels)) {
        #expect(verdict.agrees && verdict.observed == .closing, "\(line): \(verdict)")
        #expect(verdict.sentence.contains("the FIN of the server on the data connection"), "\(verdict)")
      }
    }
  }
}
