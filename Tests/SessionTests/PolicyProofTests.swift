import Compilation
import FTPSession
import Flows
import Foundation
import LiveSupport
import Nftables
import Platforms
import Testing

/// Policies: what `explain` says of each kind of session, against the kernel with the rules that the policy compiles
/// to.
@Suite(.live) struct PolicyProofTests {
  /// Sessions of one policy that are played at once.
  private static let most = 16

  @Test func explainAndKernelAgree() async throws {
    let proof = Proof(trials: proofSize ?? 24) { arena, seed in
      var generator = BenchPolicyGenerator(seed: seed)
      var text = generator.policy()
      while !compile(text).isAccepted { text = generator.policy() }
      let sessions = try #require(PolicySessions(text))
      var random = SeededGenerator(state: seed)
      let neighbour = seed % 3 == 0 ? strictNeighbour : ""
      let cells = Array(sessions.cells.shuffled(using: &random).prefix(Self.most))
      let duels = cells.compactMap {
        sessions.duel($0, "policy \(seed)\(neighbour.isEmpty ? "" : " beside another table")")
      }
      let verdicts = try await arena.fight(sessions.script + neighbour, RulesetGenerator.spread(duels))
      // Without another table, what `explain` says is what happens.
      if neighbour.isEmpty { expectExplained(cells, verdicts, text) }
      return verdicts
    }
    let verdicts = try await proof.run()
    expectProving(verdicts, "policies")
  }
}

@Suite struct CommonListTests {
  /// Whether a list of clients is kept once or repeated for each address, the same sessions work and fail in the same
  /// way.
  @Test("16.11: a list that is kept once lets in whom a repeated one lets in") func sameVerdicts() throws {
    var kept = 0
    for seed in UInt64(1)...300 {
      var generator = BenchPolicyGenerator(seed: seed)
      let policy = compile(generator.policy()).policy
      let gateway = policy.gateways.isEmpty ? nil : 0
      let plan = FlowPlan(policy, gateway: gateway)
      let (once, repeated) = (lower(plan, longestRepeated: 0), lower(plan, longestRepeated: .max))
      guard once != repeated else { continue }
      kept += 1
      let outcomes = [once, repeated].map { table in
        let study = SessionStudy(policy, gateway: gateway, ruleset: Ruleset([table]))
        return policy.publications.prefix(4).map { publication in
          study.table(of: publication, at: BenchNetwork.site).cells.map { "\($0.title): \($0.outcome)" }
        }
      }
      #expect(outcomes.first == outcomes.last, "seed \(seed)")
    }
    #expect(kept > 30, "\(kept)")
  }
}

/// A table of somebody else, which lets through what it should beside ours, and no more.
private let strictNeighbour = """

  table inet neighbour {
    chain forward {
      type filter hook forward priority 0; policy drop;
      ct state established,related accept
      ct status dnat accept
      tcp dport { 21, 50000-50399 } accept
    }
    chain input {
      type filter hook input priority 0; policy drop;
      ct state established,related accept
      tcp dport { 21, 50000-50399 } accept
      meta l4proto ipv6-icmp accept
    }
  }
  """
