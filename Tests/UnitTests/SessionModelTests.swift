import Compilation
import LiveSupport
import Nftables
import Testing

/// Played sessions of generated policies, also under rulesets that are not quite those of the policy.
@Suite struct SessionModelTests {
  /// Every outcome of every publication of a policy under a table.
  private func outcomes(_ compilation: Compilation, _ table: Table) -> [[SessionOutcome]] {
    let study = SessionStudy(compilation.policy, gateway: gateway(compilation), ruleset: Ruleset([table]))
    return compilation.policy.publications.map { study.table(of: $0).cells.map(\.outcome) }
  }

  private func gateway(_ compilation: Compilation) -> Int? { compilation.policy.gateways.isEmpty ? nil : 0 }

  /// A table means the same whether it was written or read from its listing.
  @Test func statementsMeanWhatTheirJSONFormSays() throws {
    var seen: Set<SessionOutcome> = []
    for (text, compilation) in GeneratedPolicies.policies.accepted {
      let table = compilation.table(gateway: gateway(compilation))
      let listed = try #require(try Table.read(listing: table.json(), name: table.name))
      let expected = outcomes(compilation, table)
      #expect(outcomes(compilation, listed) == expected, "\(text)")
      seen.formUnion(expected.joined())
    }
    #expect(seen.isSuperset(of: [.works, .refused]))
  }

  /// `check` asks whether the permitted sessions work, and `explain` tells each of them; here with a rule taken away.
  @Test func theQuickAnswerIsThatOfTheTable() {
    var random = SeededGenerator(state: 1)
    var answers: [Bool: Int] = [:]
    for (text, compilation) in GeneratedPolicies.policies.accepted {
      var table = compilation.table(gateway: gateway(compilation))
      let chains = table.chains.indices.filter { !table.chains[$0].rules.isEmpty }
      guard let chain = chains.randomElement(using: &random),
        let rule = table.chains[chain].rules.indices.randomElement(using: &random)
      else { continue }
      table.chains[chain].rules.remove(at: rule)
      let study = SessionStudy(compilation.policy, gateway: gateway(compilation), ruleset: Ruleset([table]))
      for publication in compilation.policy.publications {
        let cells = study.table(of: publication, permittedOnly: true).cells.filter(\.isPermitted)
        let expected = cells.allSatisfy { $0.outcome == .works }
        #expect(study.permittedSessionsWork(of: publication) == expected, "\(publication.name.value) in \(text)")
        answers[expected, default: 0] += 1
      }
    }
    #expect(answers[true, default: 0] > 20 && answers[false, default: 0] > 20, "\(answers)")
  }
}
