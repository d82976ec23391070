import FTPSession
import LiveSupport
import Testing

/// One to three gateways in a row, with rules at random: the kernel decides who is right.
@Suite(.live) struct RowProofTests {
  @Test func modelAndKernelAgree() async throws {
    try await prove(
      [Row(gateways: 1), Row(gateways: 2), Row(gateways: 3), Row(gateways: 2, clientSide: 1)],
      trials: proofSize ?? 16, "gateways in a row")
  }

  /// A box that translates addresses and that no policy describes, before one gateway, before the first of two, and
  /// between two.
  @Test func boxes() async throws {
    try await prove(
      [Row(gateways: 2, box: 0), Row(gateways: 3, box: 0), Row(gateways: 3, box: 1)],
      trials: (proofSize ?? 20) / 2, "gateways with a box before them")
  }

  private func prove(_ rows: [Row], trials: Int, _ title: String) async throws {
    let verdicts = try await withThrowingTaskGroup(of: [Verdict].self) { group in
      for row in rows {
        group.addTask { try await Self.play(row, trials: (trials + rows.count - 1) / rows.count) }
      }
      var all: [Verdict] = []
      for try await verdicts in group { all += verdicts }
      return all
    }
    expectProving(verdicts, title)
  }

  private static func play(_ row: Row, trials: Int) async throws -> [Verdict] {
    let kind = UInt64(row.gateways + row.clientSide * 3 + (row.box ?? 0) * 3)
    return try await withLab(Lab.Options(row: row)) { lab in
      let bench = try await RowBench(lab, row)
      var verdicts: [Verdict] = []
      for seed in 0..<UInt64(trials) {
        var generator = RowGenerator(seed: seed * 8 + kind)
        let (gateways, duels) = generator.trial("row of \(row.gateways), seed \(seed * 8 + kind)", row)
        let found = try await bench.fight(gateways, duels)
        if let verdict = found.first(where: { !$0.agrees }) {
          print("the smallest rulesets for: \(verdict)\n\(await bench.smallest(gateways, verdict.duel))")
        }
        verdicts += found
      }
      return verdicts
    }
  }
}
