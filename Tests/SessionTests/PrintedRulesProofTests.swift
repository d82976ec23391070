import Diagnostics
import FTPSession
import Foundation
import LiveSupport
import Nftables
import Platforms
import Testing

/// Rules read from what nft prints for people: they come to what JSON says, and never to another ending than on the
/// kernel.
@Suite(.live) struct PrintedRulesProofTests {
  private func printed(_ text: String) -> PrintedRuleset {
    PrintedRuleset(GatewayText(name: "rules", bytes: Array(text.utf8), file: SourceID(0)).lines)
  }

  /// Without what only one of the two forms tells: devices, and whether packets fill a set.
  private func plain(_ ruleset: Ruleset) -> [Table] {
    ruleset.tables.map { table in
      var table = table
      for index in table.sets.indices { table.sets[index].flags.removeAll { $0 == .dynamic } }
      for index in table.chains.indices { table.chains[index].base?.devices = nil }
      for index in table.helpers.indices { table.helpers[index].provenance = [] }
      return table
    }
  }

  @Test("rulesets by hand: text and JSON come to the same") func handMade() async throws {
    try await withLab { lab in
      for seed in 0..<UInt64(proofSize ?? 40) {
        var generator = RulesetGenerator(seed: seed)
        let (script, _) = generator.trial("printed \(seed)")
        try await lab.load(ruleset: "flush ruleset\n" + script)
        let text = try await lab.nft(["list", "ruleset"]).text
        let listed = try Ruleset.read(listing: try await lab.nft(["-j", "list", "ruleset"]).output)
        let found = printed(text)
        #expect(found.faults.isEmpty, "\(found.faults)\n\(text)")
        for (one, two) in zip(plain(found.ruleset), plain(listed)) where one != two {
          #expect(
            one.sets == two.sets && one.helpers == two.helpers && Set(one.foreign) == Set(two.foreign), "\(text)")
          for (chain, other) in zip(one.chains, two.chains) where chain != other {
            #expect(chain == other, "\(text)")
          }
        }
        // What nft is given comes to the same sessions, if not to the same words.
        #expect(printed(script).faults.isEmpty, "\(printed(script).faults)\n\(script)")
      }
    }
  }

  @Test("scripts by hand, as they are given to nft: never another ending than on the kernel")
  func scripts() async throws {
    let proof = Proof(trials: proofSize ?? 16) { arena, seed in
      var generator = RulesetGenerator(seed: seed &+ 2_000_000)
      let (script, duels) = generator.trial("script \(seed)")
      try await arena.lab.load(ruleset: "flush ruleset\n" + script)
      return try await arena.fightUnderLoadedRules(duels, model: printed(script).ruleset)
    }
    try await check(proof, "scripts of nft")
  }

  @Test("rules of iptables as nft prints them: never another ending than on the kernel")
  func xtables() async throws {
    let proof = Proof(trials: proofSize ?? 16) { arena, seed in
      var generator = XtablesGenerator(seed: seed &+ 3_000_000)
      let trial = generator.trial("printed iptables \(seed)")
      guard trial.loader.hasPrefix("iptables-nft") else { return [] }
      try await arena.loadXtables(trial.rules, sets: trial.sets, by: trial.loader)
      let text = try await arena.lab.nft(["list", "ruleset"]).text
      let found = printed(text)
      #expect(found.faults.isEmpty, "\(found.faults)\n\(text)")
      let verdicts = try await arena.fightUnderLoadedRules(trial.duels, model: found.ruleset)
      if verdicts.contains(where: { $0.predicted != nil && !$0.agrees }) { print(text) }
      return verdicts
    }
    try await check(proof, "rules of iptables as nft prints them")
  }

  private func check(_ proof: Proof, _ what: String) async throws {
    let verdicts = try await proof.run()
    let wrong = verdicts.filter { $0.predicted != nil && !$0.agrees }
    #expect(wrong.isEmpty, "\(wrong.map(\.description).joined(separator: "\n"))")
    let decided = verdicts.count { $0.predicted != nil }
    print("\(what): \(decided) of \(verdicts.count) sessions decided, \(wrong.count) wrong")
    record(agree: verdicts.count { $0.agrees }, disagree: wrong.count, undecided: verdicts.count - decided)
  }
}
