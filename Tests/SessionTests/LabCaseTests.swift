import FTPSession
import LiveSupport
import Testing

extension Trait where Self == ConditionTrait {
  /// Skips a suite, with the reason, where there is no bench.
  static var live: Self { .enabled(if: LiveRequirements.met, "\(LiveRequirements.comment)") }
}

@Test("continuous integration has a bench")
func benchInContinuousIntegration() {
  #expect(LiveRequirements.failureInCI == nil)
}

/// The cases of the laboratory, each in the kernel and in the model, against what was measured once.
@Suite(.live) struct LabCaseTests {
  @Test func everyCase() async throws {
    try await withLab { lab in
      let arena = try await Arena(lab)
      for labCase in LabCase.all {
        let verdicts = try await arena.fight(labCase.script, [labCase.duel])
        let verdict = try #require(verdicts.first)
        #expect(verdict.agrees, "\(verdict)")
        #expect((verdict.observed == .works) == labCase.works, "\(verdict), measured: \(labCase.works)")
      }
    }
  }

  /// Case R: two servers on one external address announce the same port to the same client. The helper gives the second
  /// another port, which a filter that opens the range alone does not let through.
  @Test(arguments: [false, true]) func caseR(opensRangeOnly: Bool) async throws {
    let states = opensRangeOnly ? "ct state established accept" : "ct state established,related accept"
    let ranges = opensRangeOnly ? "ip daddr \(Address.external) tcp dport != { 21, 2121, 50000-50100 } drop" : ""
    let script = """
      table inet t {
        ct helper f { type "ftp" protocol tcp; }
        chain c_pre { type filter hook prerouting priority -150; tcp dport { 21, 2121 } ct helper set "f"; \(ranges)
        }
        chain c_fwd { type filter hook forward priority 0; policy drop;
          \(states)
          ct state related accept
          tcp dport { 21 } accept
        }
      }
      table ip n {
        chain p { type nat hook prerouting priority -100;
          ip daddr \(Address.external) tcp dport 21 dnat to \(Address.server):21
          ip daddr \(Address.external) tcp dport 2121 dnat to \(Address.server2):21
        }
      }
      """
    try await withLab { lab in
      let arena = try await Arena(lab)
      try await lab.load(ruleset: script)
      let duels = [(UInt16(21), Address.server), (2121, Address.server2)].enumerated().map { index, service in
        let server = FTPServer(BenchNetwork.server([service.1]), passivePorts: [50005])
        var duel = Duel(
          name: "R \(index)", client: .client, serverAddresses: [service.1],
          model: Session(
            client: BenchNetwork.client(.client, Address.client), server: server,
            dialled: BenchNetwork.ip(Address.external), port: service.0, .plain, .pasv))
        let base = UInt16(30_000 + index * 4)
        duel.model.ports = ClientPorts(control: base, data: base + 1, listening: base + 2)
        return duel
      }
      let theatre = Theatre(Program(try await arena.runningRuleset()), BenchNetwork.network)
      let predicted = theatre.perform(duels.map(\.model), interleaved: true).map(\.scriptedEnding)
      let servers = ScriptedServers(lab)
      defer { servers.close() }
      for duel in duels { try await servers.listen(on: .server, address: duel.serverAddresses[0], port: 21) }
      let meeting = Meeting(of: 2)
      async let first = servers.play(duels[0].script, expecting: opensRangeOnly ? .data : .works, meeting: meeting)
      async let second = servers.play(duels[1].script, expecting: opensRangeOnly ? .data : .works, meeting: meeting)
      let observed = try await [first, second]
      let targets = Set(observed.compactMap(\.target))
      #expect(targets.count == 2, "both clients were told \(targets)")
      #expect(targets.contains("\(Address.external):50005"))
      #expect(Set(predicted) == Set(observed.map(\.ending)), "\(predicted) \(observed)")
      #expect(observed.filter { $0.ending == .works }.count == (opensRangeOnly ? 1 : 2), "\(observed)")
    }
  }
}
