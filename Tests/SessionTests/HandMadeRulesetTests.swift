import Compilation
import FTPSession
import Foundation
import LiveSupport
import Testing

/// How many trials a proof makes: `SALLYPORT_PROVE_SESSIONS` rulesets of each kind, a small sample otherwise.
let proofSize = ProcessInfo.processInfo.environment["SALLYPORT_PROVE_SESSIONS"].flatMap { Int($0) }

/// Runs trials in several labs side by side and tells how often model and kernel agree.
struct Proof {
  var trials: Int
  /// What one trial plays, by its seed.
  var trial: @Sendable (Arena, UInt64) async throws -> [Verdict]

  /// The verdicts of all trials, in their order.
  func run(labs: Int = 3) async throws -> [Verdict] {
    try await withThrowingTaskGroup(of: [(UInt64, [Verdict])].self) { group in
      for lane in 0..<labs {
        group.addTask {
          try await withLab { lab in
            let arena = try await Arena(lab)
            var verdicts: [(UInt64, [Verdict])] = []
            for seed in stride(from: lane, to: trials, by: labs) {
              verdicts.append((UInt64(seed), try await trial(arena, UInt64(seed))))
            }
            return verdicts
          }
        }
      }
      var all: [(UInt64, [Verdict])] = []
      for try await lane in group { all += lane }
      return all.sorted { $0.0 < $1.0 }.flatMap(\.1)
    }
  }
}

extension Arena {
  /// The script with everything left out that a disagreement does not need.
  func smallest(_ script: String, _ duel: Duel) async -> String {
    let lines = script.split(separator: "\n").map(String.init)
    let kept = await shrink(lines, isOptional: { !$0.contains("{") && !$0.contains("}") }) { lines in
      guard let verdict = try? await fight(lines.joined(separator: "\n"), [duel], isHurried: true).first else {
        return false
      }
      return !verdict.agrees
    }
    return kept.joined(separator: "\n")
  }
}

/// Says how many agree, and fails for each that does not.
func report(_ verdicts: [Verdict], _ what: String) {
  let undecided = verdicts.filter { $0.predicted == nil }
  let disagreements = verdicts.filter { !$0.agrees && $0.predicted != nil }
  let works = verdicts.count { $0.observed == .works }
  print(
    "\(what): \(verdicts.count) sessions, \(works) work; \(verdicts.count { $0.agrees }) agree, "
      + "\(disagreements.count) disagree, \(undecided.count) undecided")
  for verdict in disagreements { Issue.record("\(verdict)") }
  record(agree: verdicts.count { $0.agrees }, disagree: disagreements.count, undecided: undecided.count)
}

/// Reports, and fails where too few sessions work to prove anything.
///
/// - Parameter oneIn: Of so many sessions one has to work.
func expectProving(_ verdicts: [Verdict], _ what: String, oneIn number: Int = 10) {
  report(verdicts, what)
  let works = verdicts.count { $0.observed == .works }
  #expect(works * number > verdicts.count, "too few sessions work to prove anything: \(works)")
}

/// Fails for each session of which `explain` says something else than what happened; both are in the same order.
func expectExplained(_ cells: [SessionCell], _ verdicts: [Verdict], _ policy: String) {
  for (cell, verdict) in zip(cells, verdicts) {
    #expect(
      (cell.performance?.ending == .works) == (verdict.observed == .works),
      "\(cell.title): \(cell.outcome) \(cell.reason), observed \(verdict.observed)\n\(policy)")
  }
}

/// Adds a line of figures to the file `SALLYPORT_PROOF_REPORT`, from which `make prove` takes its last line.
func record(agree: Int, disagree: Int, undecided: Int = 0) {
  guard let path = ProcessInfo.processInfo.environment["SALLYPORT_PROOF_REPORT"],
    let file = FileHandle(forWritingAtPath: path)
  else { return }
  _ = try? file.seekToEnd()
  try? file.write(contentsOf: Data("\(agree) \(disagree) \(undecided)\n".utf8))
  try? file.close()
}

/// Rulesets of the kinds that people write: the kernel decides who is right.
@Suite(.live) struct HandMadeRulesetTests {
  @Test func modelAndKernelAgree() async throws {
    let proof = Proof(trials: proofSize ?? 24) { arena, seed in
      var generator = RulesetGenerator(seed: seed)
      let (script, duels) = generator.trial("hand-made \(seed)")
      let verdicts = try await arena.fight(script, duels)
      if let verdict = verdicts.first(where: { !$0.agrees }) {
        print("the smallest ruleset for: \(verdict)\n\(await arena.smallest(script, verdict.duel))")
      }
      return verdicts
    }
    let verdicts = try await proof.run()
    expectProving(verdicts, "hand-made rulesets")
    #expect(verdicts.allSatisfy { $0.predicted != nil })
  }
}
