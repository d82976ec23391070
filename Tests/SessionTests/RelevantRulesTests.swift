import Addressing
import Diagnostics
import LiveSupport
import Nftables
import Policy
import Testing

@testable import Compilation

/// The rules that sessions are judged by in a large ruleset: leaving out the others changes no verdict.
@Suite struct RelevantRulesTests {
  private static func policy(_ more: String) -> String {
    """
    gateway edge { outside eth0; inside eth1 }
    publish files {
      server         \(Address.server) vsftpd
      external ip    \(Address.external)
      passive range  50000-50100
      tls            explicit optional
      \(more)
    }
    """
  }

  /// Rules about other machines, some of which look like those about the published one.
  private static func surroundings(_ seed: UInt64) -> String {
    var random = RulesetGenerator(seed: seed)
    let ports = ["21", "443", "50000:50100", "1024:65535", "40000:60000"]
    return (0..<12).map { number in
      let address = random.pick(["10.9.8.7", "198.51.100.0/24", "192.0.2.0/25", "203.0.113.77", "10.10.20.0/24"])
      let source = random.pick([
        "", "-s 10.9.0.0/16 ", "-s 192.0.2.66 ", "-s \(Address.server) ", "! -s 198.51.100.0/24 ",
      ])
      let interface = random.pick(["", "-i eth0 ", "-i eth1 ", "-i eth7 ", "-o eth7 ", "-i eth+ "])
      let kind = random.pick([
        "-p tcp --dport \(random.pick(ports)) ", "-p udp --dport 21 ", "", "-p tcp --sport 21 ",
      ])
      let target = random.pick(["ACCEPT", "DROP", "REJECT"])
      return "-A FORWARD \(interface)\(source)-d \(address) \(kind)-m comment --comment n\(number) -j \(target)\n"
    }.joined()
  }

  private struct Key: Hashable {
    var words: String
    init(_ cell: SessionCell) {
      words = "\(cell.place) \(cell.encryption) \(cell.mode) \(cell.familyName)"
    }
  }

  private func outcomes(_ table: SessionTable) -> [Key: SessionCell] {
    Dictionary(table.cells.map { (Key($0), $0) }, uniquingKeysWith: { first, _ in first })
  }

  @Test(arguments: 0..<20) func nothingChanges(seed: Int) throws {
    var generator = XtablesGenerator(seed: UInt64(seed))
    let trial = generator.trial("\(seed)")
    let rules = trial.rules.replacing(
      ":FORWARD DROP [0:0]\n", with: ":FORWARD DROP [0:0]\n\(Self.surroundings(UInt64(seed)))"
    )
    .replacing(":FORWARD ACCEPT [0:0]\n", with: ":FORWARD ACCEPT [0:0]\n\(Self.surroundings(UInt64(seed)))")
    let sets = SavedSets.read(Array(trial.sets.utf8))
    var ruleset = Ruleset(SavedRuleset(Array(rules.utf8), file: SourceID(1), family: .ipv4, sets: sets).tables)
    ruleset.ipSets = sets
    for more in ["active on", "active off; allow 198.51.100.0/24"] {
      let text = Self.policy(more)
      let policy = Compilation(
        loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) }
      ).policy
      let publication = try #require(policy.publications.first)
      let reach = SessionReach(of: publication, in: policy)
      let relevant = reach.relevant(in: ruleset)
      let whole = outcomes(
        SessionStudy(policy, gateway: 0, ruleset: ruleset, judgesBorders: true).table(of: publication))
      let part = outcomes(
        SessionStudy(policy, gateway: 0, ruleset: relevant, bordering: ruleset).table(of: publication))
      let few = outcomes(
        SessionStudy(policy, gateway: 0, ruleset: relevant, bordering: reach.distinguishing(in: relevant))
          .table(of: publication))
      for (key, cell) in whole {
        #expect(
          part[key]?.outcome == cell.outcome, "\(key.words): \(cell.reason)\n\(part[key]?.reason ?? "")\n\(rules)")
        #expect(part[key]?.isIntrusion == cell.isIntrusion, "\(key.words)\n\(rules)")
        guard cell.isPermitted || cell.isIntrusion, cell.outcome != .undecided else { continue }
        #expect(
          few[key]?.outcome == cell.outcome, "\(key.words): \(cell.reason)\n\(few[key]?.reason ?? "")\n\(rules)")
        #expect(few[key]?.isIntrusion == cell.isIntrusion, "\(key.words)\n\(rules)")
      }
    }
  }
}
