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
}
