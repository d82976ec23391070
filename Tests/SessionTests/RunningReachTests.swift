import LiveSupport
import Nftables
import Testing

/// `explain --running` and `check --kernel` of a `reach`, against connections.
@Suite(.live) struct RunningReachTests {
  /// The sides of the bench are swapped: its client is a user, its server somebody else's.
  private static func policy(_ gateway: String = "outside eth1; inside eth0; ") -> String {
    """
    gateway edge { \(gateway)external ip 203.0.113.129 }
    reach bank {
      server         203.0.113.130
      passive range  50000-50399
      tls            off
      allow          198.51.100.0/24
      source         gateway
    }
    """
  }

  private static func neighbour(_ rules: String, drops: Bool = false) -> String {
    """

    table inet neighbour {
      chain f {
        type filter hook forward priority 0; policy \(drops ? "drop" : "accept");
        \(rules)
      }
    }
    """
  }

  private static let rules: [(script: String, outcome: String, isReached: Bool)] = [
    ("", "works", true),
    (
      neighbour("ct state established,related accept\n tcp dport { 21, 50000-50399 } accept", drops: true), "works",
      true
    ),
    (neighbour("ct state established,related accept\n tcp dport 22 accept", drops: true), "broken", false),
    (neighbour("tcp dport 50040 drop"), "broken", true),
  ]

  @Test("rules of others decide, whether the policy names the interfaces or not", arguments: [true, false])
  func foreignTablesCount(namesInterfaces: Bool) async throws {
    let policy = namesInterfaces ? Self.policy() : Self.policy("")
    let own = try await Sallyport.besideThisProgram.ruleset(of: policy)
    try await withLab { lab in
      for (script, outcome, isReached) in Self.rules {
        try await lab.load(ruleset: "flush ruleset\n" + own + script)
        let (status, cells) = try await lab.explainRunning("bank", of: policy)
        let passive = cells.filter {
          $0.tls == "plain" && $0.family == "ipv4" && $0.client == "allowed" && ["pasv", "epsv"].contains($0.mode)
        }
        #expect(passive.count == 2 && passive.allSatisfy { $0.outcome == outcome }, "\(script) \(passive)")
        #expect((status == 0) == (outcome == "works"))
        let reached = try await lab.tcpConnect(
          from: .client, to: Address.routedServer, port: 21, within: isReached ? Patience.arrival : Patience.absence)
        #expect((reached == .refused) == isReached, "\(reached)")
        // Somebody who is no user.
        let stranger = try await lab.tcpConnect(
          from: .stranger, to: Address.routedServer, port: 21, within: Patience.absence)
        #expect(stranger != .refused, "\(stranger)")
        let check = try await lab.run(
          [Sallyport.besideThisProgram.path, "check", "-", "--kernel"], on: .gateway, input: policy)
        #expect(check.errorText.contains("foreign-chain-drops") == (outcome != "works"), "\(check.errorText)")
      }
    }
  }

  @Test("the rules of the machine decide at its gateway, and the policy at the other end") func bothEnds()
    async throws
  {
    let row = Row(gateways: 2, clientSide: 1)
    let policy = """
      gateway branch { outside eth1; inside eth0; external ip 172.16.1.1 }
      gateway edge { outside eth0; inside eth1; external ip 172.16.1.10 }
      publish files { gateway edge; server 10.10.20.200 other; passive range 50000-50399; tls off; allow 172.16.1.1 }
      reach shop { gateway branch; publication files; allow 198.51.100.0/24; source gateway }

      """
    try await withLab(Lab.Options(row: row)) { lab in
      for (name, host) in [("branch", LabHost.gateway), ("edge", .second)] {
        let own = try await Sallyport.besideThisProgram.ruleset(of: policy, gateway: name)
        for (script, works) in [("", true), (Self.neighbour("tcp dport 50040 drop"), false)] {
          try await lab.load(ruleset: "flush ruleset\n" + own + script, on: host)
          for options in [["--gateway", name], []] where name == "branch" || !options.isEmpty {
            let (status, cells) = try await lab.explainRunning("shop", of: policy, options, on: host)
            let passive = cells.first { $0.client == "allowed" && $0.tls == "plain" && $0.mode == "pasv" }
            #expect(passive?.outcome == (works ? "works" : "broken"), "\(name) \(script) \(cells.map(\.reason))")
            #expect((status == 0) == works)
          }
        }
      }
    }
  }
}
