import Compilation
import FTPSession
import LiveSupport
import Nftables
import Testing

extension Arena {
  /// Puts the rules of a policy in the place of all rules, on a gateway that is something else than nftables.
  func enforce(_ policy: String, on firewall: Firewall) async throws {
    try await lab.load(ruleset: "flush ruleset")
    // What is left of the trial before, of either backend; its folder is there yet.
    let clean = """
      for backend in -nft -legacy; do
        if [ -f \(lab.folder)/built/gateways/edge/remove.sh ]; then
          XTABLES=$backend sh \(lab.folder)/built/gateways/edge/remove.sh || exit 1
        fi
      done
      rm -rf \(lab.folder)/built
      """
    let cleaned = try await lab.run(["sh", "-c", clean], on: .gateway)
    guard cleaned.succeeded else { throw LabError("remove.sh: \(cleaned.errorText)") }
    try await Firewall.$current.withValue(firewall) { try await lab.enforce(policy, by: .besideThisProgram) }
    for family in ["iptables", "ip6tables"] {
      for backend in ["-nft", "-legacy"] {
        _ = try await lab.run(["\(family)\(backend)", "-P", "FORWARD", "ACCEPT"], on: .gateway)
      }
    }
  }
}

/// Policies for iptables: what `explain` says, what it says of the rules that are loaded, and what the kernel does.
@Suite(.live) struct IptablesProofTests {
  /// Sessions of one policy that are played at once.
  private static let most = 16

  @Test("18: rules of iptables are played as the kernel runs them, with both backends") func agreement() async throws
  {
    let proof = Proof(trials: proofSize ?? 16) { arena, seed in
      let firewall: Firewall = seed % 2 == 0 ? .iptablesNft : .iptablesLegacy
      var generator = BenchPolicyGenerator(seed: seed)
      var text = generator.policy()
      while !compile(firewall.policy(text)).isAccepted { text = generator.policy() }
      let policy = firewall.policy(text)
      let sessions = try #require(PolicySessions(policy, ruleset: compile(policy).ruleset(gateway: 0)))
      try await arena.enforce(text, on: firewall)
      let listed = try #require(PolicySessions(policy, ruleset: try await arena.runningRuleset()))
      for (one, other) in zip(sessions.tables, listed.tables) {
        for (ours, theirs) in zip(one.cells, other.cells) {
          #expect(
            ours.outcome == theirs.outcome && ours.performance?.scriptedEnding == theirs.performance?.scriptedEnding,
            "\(firewall) \(ours.title): \(ours.outcome) \(ours.reason), of the listing \(theirs.outcome) \(theirs.reason)\n\(policy)"
          )
        }
      }
      var random = SeededGenerator(state: seed)
      let cells = Array(sessions.cells.shuffled(using: &random).prefix(Self.most))
      let duels = cells.compactMap { sessions.duel($0, "\(firewall) \(seed)") }
      let verdicts = try await arena.fightUnderLoadedRules(RulesetGenerator.spread(duels))
      expectExplained(cells, verdicts, policy)
      return verdicts
    }
    let verdicts = try await proof.run()
    expectProving(verdicts, "policies for iptables")
  }
}
