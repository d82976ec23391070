import Compilation
import FTPSession
import LiveSupport
import Nftables
import Testing

/// Policies whose publications pass one to three gateways, with and without a box before one of them: what `explain`
/// says of each kind of session, against the kernels with the rules that the policy compiles to on each.
@Suite(.live) struct RowPolicyProofTests {
  private static let rows = [
    Row(gateways: 1), Row(gateways: 2), Row(gateways: 3), Row(gateways: 2, box: 0), Row(gateways: 3, box: 0),
    Row(gateways: 3, box: 1),
  ]
  /// Sessions of one policy that are played at once.
  private static let most = 16

  private struct Trial: Sendable {
    var verdicts: [Verdict] = []
    /// Sessions in which `explain` is wrong.
    var wrong: [String] = []
  }

  @Test func explainAndKernelsAgree() async throws {
    let trials = proofSize.map { ($0 + 1) / 2 } ?? Self.rows.count * 2
    let results = try await withThrowingTaskGroup(of: [Trial].self) { group in
      for index in Self.rows.indices {
        group.addTask { try await Self.play(index, (trials + Self.rows.count - 1) / Self.rows.count) }
      }
      var all: [Trial] = []
      for try await results in group { all += results }
      return all
    }
    let verdicts = results.flatMap(\.verdicts)
    expectProving(verdicts, "policies for gateways in a row")
    let wrong = results.flatMap(\.wrong)
    for text in wrong { Issue.record("\(text)") }
    // Sessions that the model with the machines of the bench foretells, and `explain` with invented ones does not.
    record(agree: 0, disagree: wrong.count)
  }

  private static func play(_ index: Int, _ trials: Int) async throws -> [Trial] {
    let row = rows[index]
    return try await withLab(Lab.Options(row: row)) { lab in
      let bench = try await RowBench(lab, row)
      var results: [Trial] = []
      for number in 0..<trials { results.append(try await play(UInt64(number * 8 + index), bench)) }
      return results
    }
  }

  private static func play(_ seed: UInt64, _ bench: RowBench) async throws -> Trial {
    let row = bench.row
    var generator = RowPolicyGenerator(seed: seed, row)
    let (text, compilation) = generator.accepted()
    let name = "row of \(row.gateways)\(row.box.map { ", box \($0)" } ?? ""), policy \(seed)"
    let sessions = compilation.policy.publications.flatMap { publication in
      compilation.sessions(of: publication).cells.compactMap {
        RowPolicySession($0, row, "\(name) \(publication.name.value)")
      }
    }
    // Half of them are sessions that the policy permits.
    var random = SeededGenerator(state: seed)
    let shuffled = sessions.shuffled(using: &random)
    let permitted = shuffled.filter(\.cell.isPermitted).prefix(most / 2)
    let chosen = Array(permitted + shuffled.filter { !$0.cell.isPermitted }.prefix(most - permitted.count))
    let duels = RulesetGenerator.spread(chosen.map(\.duel))
    var scripts: [RowGateway] = []
    for gateway in 0..<row.gateways {
      guard let position = row.policed.firstIndex(of: gateway) else {
        scripts.append(RowGateway(script: Row.boxScript(gateway)))
        continue
      }
      scripts.append(RowGateway(script: compilation.table(gateway: position).script().text))
    }
    // What `explain` takes for private is private on the bench, for all sessions of the policy alike.
    let hidden = Set(sessions.flatMap(\.hidden)).filter { network in
      !sessions.contains { $0.cell.place != .inside && network.contains($0.duel.model.dialled) }
    }
    let verdicts = try await bench.fight(scripts, duels, hidden: hidden.sorted { "\($0)" < "\($1)" })
    var trial = Trial(verdicts: verdicts)
    for (session, verdict) in zip(chosen, verdicts) where session.isRight(verdict.observed) == false {
      trial.wrong.append(
        "\(verdict.duel.name): \(session.cell.outcome) \(session.cell.reason), observed \(verdict.observed)\n\(text)")
    }
    if trial.wrong.isEmpty, verdicts.contains(where: { !$0.agrees }) { print("\(name):\n\(text)") }
    return trial
  }
}
