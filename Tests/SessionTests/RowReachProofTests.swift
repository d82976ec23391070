import Addressing
import Compilation
import FTPSession
import LiveSupport
import Nftables
import Testing

/// Users behind one or two gateways at a publication behind others of the same policy, or at somebody else's server:
/// what `explain` says of the whole way, against the kernels with the rules that the policy compiles to on each.
@Suite(.live) struct RowReachProofTests {
  private static let rows = [
    Row(gateways: 2, clientSide: 1), Row(gateways: 3, clientSide: 1), Row(gateways: 3, clientSide: 2),
  ]
  /// Sessions of one policy that are played at once.
  private static let most = 16

  private struct Trial: Sendable {
    var verdicts: [Verdict] = []
    /// Sessions in which `explain` is wrong.
    var wrong: [String] = []
  }

  @Test func explainAndKernelsAgree() async throws {
    let trials = proofSize.map { ($0 + 1) / 2 } ?? Self.rows.count * 3
    let results = try await withThrowingTaskGroup(of: [Trial].self) { group in
      for index in Self.rows.indices {
        group.addTask { try await Self.play(index, (trials + Self.rows.count - 1) / Self.rows.count) }
      }
      var all: [Trial] = []
      for try await results in group { all += results }
      return all
    }
    expectProving(results.flatMap(\.verdicts), "users behind gateways in a row")
    let wrong = results.flatMap(\.wrong)
    for text in wrong { Issue.record("\(text)") }
    record(agree: 0, disagree: wrong.count)
  }

  private static func play(_ index: Int, _ trials: Int) async throws -> [Trial] {
    let row = rows[index]
    return try await withLab(Lab.Options(row: row)) { lab in
      let bench = try await RowBench(lab, row)
      var results: [Trial] = []
      for number in 0..<trials { results.append(try await play(UInt64(number * 4 + index), bench)) }
      return results
    }
  }

  private static func play(_ seed: UInt64, _ bench: RowBench) async throws -> Trial {
    let row = bench.row
    var generator = RowReachGenerator(seed: seed, row)
    let (text, compilation) = generator.accepted()
    let name = "row of \(row.gateways), \(row.clientSide) of users, policy \(seed)"
    let reach = try #require(compilation.policy.reaches.first)
    let cells = RowReachGenerator.users.flatMap { user in
      compilation.sessions(of: reach, client: IPAddress(user)).cells
    }
    let sessions = cells.compactMap { RowPolicySession($0, row, name) }
    var random = SeededGenerator(state: seed)
    let shuffled = sessions.shuffled(using: &random)
    let permitted = shuffled.filter(\.cell.isPermitted).prefix(most / 2)
    let chosen = Array(permitted + shuffled.filter { !$0.cell.isPermitted }.prefix(most - permitted.count))
    let scripts = (0..<row.gateways).map { RowGateway(script: compilation.table(gateway: $0).script().text) }
    let verdicts = try await bench.fight(scripts, RulesetGenerator.spread(chosen.map(\.duel)))
    var trial = Trial(verdicts: verdicts)
    for (session, verdict) in zip(chosen, verdicts) where session.isRight(verdict.observed) == false {
      trial.wrong.append(
        "\(verdict.duel.name): \(session.cell.outcome) \(session.cell.reason), observed \(verdict.observed)\n\(text)")
    }
    if trial.wrong.isEmpty, verdicts.contains(where: { !$0.agrees }) { print("\(name):\n\(text)") }
    return trial
  }
}
