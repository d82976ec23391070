import Compilation
import FTPSession
import LiveSupport
import Nftables
import Testing

/// `reach`: what `explain` says of the sessions of users, against the kernel with the rules that the policy compiles
/// to.
@Suite(.live) struct ReachProofTests {
  /// Sessions of one policy that are played at once.
  private static let most = 16

  /// Half of them are sessions that the policy permits.
  private static func chosen(_ cells: [SessionCell]) -> [SessionCell] {
    let permitted = cells.filter(\.isPermitted).prefix(most / 2)
    return Array(permitted + cells.filter { !$0.isPermitted }.prefix(most - permitted.count))
  }

  @Test func explainAndKernelAgree() async throws {
    let proof = Proof(trials: proofSize ?? 24) { arena, seed in
      var generator = BenchReachGenerator(seed: seed)
      var text = generator.policy()
      while !compile(text).isAccepted { text = generator.policy() }
      let sessions = try #require(BenchReachSessions(text))
      var random = SeededGenerator(state: seed)
      let neighbour = seed % 3 == 0 ? strictForward : ""
      let cells = Self.chosen(sessions.cells.shuffled(using: &random))
      let duels = cells.compactMap { sessions.duel($0, "reach \(seed)") }
      let script = sessions.compilation.table(gateway: 0).script().text
      let verdicts = try await arena.fight(script + neighbour, RulesetGenerator.spread(duels))
      if neighbour.isEmpty { expectExplained(cells, verdicts, text) }
      return verdicts
    }
    let verdicts = try await proof.run()
    expectProving(verdicts, "reaches")
  }

  @Test("rules of iptables are played as the kernel runs them, with both backends")
  func agreementOfIptables() async throws {
    let proof = Proof(trials: proofSize ?? 12) { arena, seed in
      let firewall: Firewall = seed % 2 == 0 ? .iptablesNft : .iptablesLegacy
      var generator = BenchReachGenerator(seed: seed)
      var text = generator.policy()
      while !compile(firewall.policy(text)).isAccepted { text = generator.policy() }
      let policy = firewall.policy(text)
      let sessions = try #require(BenchReachSessions(policy))
      try await arena.enforce(text, on: firewall)
      var random = SeededGenerator(state: seed)
      let cells = Self.chosen(sessions.cells.shuffled(using: &random))
      let duels = cells.compactMap { sessions.duel($0, "\(firewall) \(seed)") }
      let verdicts = try await arena.fightUnderLoadedRules(RulesetGenerator.spread(duels))
      expectExplained(cells, verdicts, policy)
      return verdicts
    }
    let verdicts = try await proof.run()
    expectProving(verdicts, "reaches for iptables")
  }

  /// Every session that a policy permits works, and nobody gets in whom it keeps out.
  @Test func whatIsAcceptedWorks() {
    var permitted = 0
    for seed in UInt64(1000)..<1200 {
      var generator = BenchReachGenerator(seed: seed)
      guard let sessions = BenchReachSessions(generator.policy()) else { continue }
      // The bench has a stranger even where everybody is admitted.
      let open = Set(
        sessions.compilation.policy.reaches.flatMap(\.accesses).filter(\.admitsEveryone).map(\.name.value))
      for (table, cell) in sessions.tables.flatMap({ table in table.cells.map { (table, $0) } })
      where cell.performance != nil && (cell.place == .allowed || !open.contains(table.publication)) {
        #expect(!cell.isIntrusion, "\(seed) \(cell.title): \(cell.reason)")
        guard cell.isPermitted else { continue }
        permitted += 1
        #expect(cell.outcome == .works, "\(seed) \(cell.title): \(cell.reason)")
      }
    }
    #expect(permitted > 300, "\(permitted)")
  }
}

/// A firewall beside ours that lets users out to control ports and ranges, and what is related, and nothing else.
private let strictForward = """

  table inet neighbour {
    chain forward {
      type filter hook forward priority 0; policy drop;
      ct state established,related accept
      iifname "eth0" tcp dport { 21, 2121, 2122, 990, 50000-51399 } accept
    }
  }
  """
