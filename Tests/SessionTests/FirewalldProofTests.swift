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
    let proof = Proof(trials: proofSize ?? 10) { arena, seed in
      var generator = BenchPolicyGenerator(seed: seed)
      var text = ""
      repeat {
        text = generator.policy().replacing("gateway edge {", with: "gateway edge { platform firewalld;")
      } while !text.contains("platform") || !compile(text).isAccepted
      let compilation = compile(text)
      let sessions = try #require(PolicySessions(text, ruleset: compilation.ruleset(gateway: 0)))
      let cells = Self.chosen(sessions.cells, seed)
      let duels = RulesetGenerator.spread(cells.compactMap { sessions.duel($0, "policy \(seed)") })
      return try await Self.fight(arena, compilation, cells, duels, text)
    }
    let verdicts = try await proof.run()
    expectProving(verdicts, "policies through firewalld")
  }

  @Test(
    "what is said of users who leave through firewalld is what happens",
    .enabled(if: Firewalld.cached != nil, Comment(rawValue: Firewalld.comment)))
  func explainAndKernelAgreeOfReaches() async throws {
    let proof = Proof(trials: proofSize ?? 10) { arena, seed in
      var generator = BenchReachGenerator(seed: seed)
      var text = ""
      repeat {
        text = generator.policy().replacing("gateway edge {", with: "gateway edge { platform firewalld;")
      } while text.contains(Crowd.prefix) || !compile(text).isAccepted
      let compilation = compile(text)
      let sessions = try #require(BenchReachSessions(text))
      let cells = Self.chosen(sessions.cells, seed)
      let duels = RulesetGenerator.spread(cells.compactMap { sessions.duel($0, "reach \(seed)") })
      return try await Self.fight(arena, compilation, cells, duels, text, portOffset: UInt16(seed % 400) * 64)
    }
    let verdicts = try await proof.run()
    expectProving(verdicts, "reaches through firewalld")
  }

  /// Some of the sessions, half of them those that work.
  private static func chosen(_ cells: [SessionCell], _ seed: UInt64) -> [SessionCell] {
    var random = SeededGenerator(state: seed)
    let shuffled = cells.shuffled(using: &random)
    return Array(
      shuffled.filter { $0.outcome == .works }.prefix(most / 2)
        + shuffled.filter { $0.outcome != .works }.prefix(most / 2))
  }

  /// Has firewalld load what a policy compiles to, and plays sessions through that.
  private static func fight(
    _ arena: Arena, _ compilation: Compilation, _ cells: [SessionCell], _ duels: [Duel], _ text: String,
    portOffset: UInt16 = 0
  ) async throws -> [Verdict] {
    let firewalld = try #require(Firewalld.cached)
    let zones = [Firewalld.Zone("eth0", interfaces: ["eth0"]), Firewalld.Zone("eth1", interfaces: ["eth1"])]
    let (platform, plan) = (compilation.platform(of: 0), compilation.flows(gateway: 0))
    func string(_ pieces: [[UInt8]]) -> String { String(decoding: pieces.joined(), as: UTF8.self) }
    let side = platform.companions(of: plan).first { $0.name == "sallyport-alg.nft" }.map { string($0.pieces) }
    try await arena.lab.load(ruleset: "flush ruleset\n" + (side ?? ""))
    let files = try platform.configuration(of: plan, as: "xml", version: "0").map { ($0.name, string($0.pieces)) }
    try await firewalld.withConfiguration(zones, files) { folder in
      let run = try await arena.lab.run(
        firewalld.loading(folder), on: .gateway, environment: firewalld.environment)
      #expect(run.succeeded, "\(run.errorText)")
    }
    let verdicts = try await arena.fightUnderLoadedRules(duels, portOffset: portOffset)
    let decided = zip(cells, verdicts).filter { $0.0.outcome != .undecided }
    expectExplained(decided.map(\.0), decided.map(\.1), text)
    return verdicts
  }
}
