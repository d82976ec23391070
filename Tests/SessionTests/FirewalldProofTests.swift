import Compilation
import Foundation
import LiveSupport
import Nftables
import Testing

/// Policies through firewalld: its own rules on the gateway of the bench, with what `explain` says of each kind of
/// session.
@Suite(.live) struct FirewalldProofTests {
  private static let most = 12

  @Test(
    "what is said of sessions through firewalld is what happens",
    .enabled(if: Firewalld.cached != nil, Comment(rawValue: Firewalld.comment)))
  func explainAndKernelAgree() async throws {
    let firewalld = try #require(Firewalld.cached)
    let zones = [Firewalld.Zone("eth0", interfaces: ["eth0"]), Firewalld.Zone("eth1", interfaces: ["eth1"])]
    let proof = Proof(trials: proofSize ?? 10) { arena, seed in
      var generator = BenchPolicyGenerator(seed: seed)
      var text = ""
      repeat {
        text = generator.policy().replacing("gateway edge {", with: "gateway edge { platform firewalld;")
      } while !text.contains("platform") || !compile(text).isAccepted
      let compilation = compile(text)
      let (platform, plan) = (compilation.platform(of: 0), compilation.flows(gateway: 0))
      let sessions = try #require(PolicySessions(text, ruleset: compilation.ruleset(gateway: 0)))
      var random = SeededGenerator(state: seed)
      let shuffled = sessions.cells.shuffled(using: &random)
      let cells =
        shuffled.filter { $0.outcome == .works }.prefix(Self.most / 2)
        + shuffled.filter { $0.outcome != .works }.prefix(Self.most / 2)
      let duels = RulesetGenerator.spread(cells.compactMap { sessions.duel($0, "policy \(seed)") })

      func string(_ pieces: [[UInt8]]) -> String { String(decoding: pieces.joined(), as: UTF8.self) }
      let helper = platform.companions(of: plan).first { $0.name == "sallyport-alg.nft" }.map { string($0.pieces) }
      try await arena.lab.load(ruleset: "flush ruleset\n" + (helper ?? ""))
      let files = try platform.configuration(of: plan, as: "xml", version: "0").map { ($0.name, string($0.pieces)) }
      try await firewalld.withConfiguration(zones, files) { folder in
        let run = try await arena.lab.run(
          firewalld.loading(folder), on: .gateway, environment: firewalld.environment)
        #expect(run.succeeded, "\(run.errorText)")
      }
      let verdicts = try await arena.fightUnderLoadedRules(duels)
      let decided = zip(cells, verdicts).filter { $0.0.outcome != .undecided }
      expectExplained(decided.map(\.0), decided.map(\.1), text)
      return verdicts
    }
    let verdicts = try await proof.run()
    expectProving(verdicts, "policies through firewalld")
  }
}
