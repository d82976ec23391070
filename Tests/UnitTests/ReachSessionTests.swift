import Addressing
import Compilation
import Diagnostics
import FTPSession
import Nftables
import Platforms
import Policy
import Testing

/// Sessions of users behind gateways: through all gateways on the way, and under rules that stand in the place of what
/// the policy compiles to at one of them.
@Suite("sessions of a reach") struct ReachSessionTests {
  private static let ends = """
    gateway wan { outside eth0; inside eth1; external ip 203.0.113.10 }
    gateway edge { behind wan; outside eth0; inside eth1; external ip 172.16.1.10 }
    gateway campus { outside eth0; inside eth1; external ip 192.0.2.10 }
    gateway branch { behind campus; outside eth0; inside eth1; external ip 10.9.0.2 }
    publish files { gateway edge; server 10.10.20.200 other; control port 2121 -> 21; passive range 50000-50399
      tls explicit required; allow 192.0.2.10 }
    reach shop { gateway branch; publication files; allow 10.20.0.0/24; source gateway }

    """

  private func table(
    _ policy: String, judging judged: JudgedRules? = nil, client: String? = nil
  ) throws -> SessionTable {
    let compilation = compile(policy)
    let reach = try #require(compilation.policy.reaches.first)
    return compilation.sessions(of: reach, judging: judged, client: client.flatMap { IPAddress($0) })
  }

  private func cell(_ table: SessionTable, _ place: ClientPlace = .allowed) throws -> SessionCell {
    try #require(table.cells.first { $0.place == place && $0.encryption == .explicit && $0.mode == .pasv })
  }

  /// What becomes of the source of the control connection, by the gateway.
  private func sources(_ cell: SessionCell) -> [String] {
    let performance = cell.performance
    return performance?.steps.first?.placedEvents.compactMap { station, event in
      switch (station, event) {
      case (.gateway(let hop), .sourceTranslated(let address, _, _)):
        return "\(performance?.layout.names[hop] ?? "") \(address)"
      case (.box(let hop), .translatedByBox(let address, isSource: true)):
        return "box of \(performance?.layout.names[hop] ?? "") \(address)"
      default: return nil
      }
    } ?? []
  }

  @Test("both ends are played together, each gateway in the order of the path") func wholeWay() throws {
    let table = try table(Self.ends)
    let cell = try cell(table)
    #expect(cell.outcome == .works, "\(cell.reason)")
    #expect(cell.performance?.layout.names == ["branch", "campus", "wan", "edge"])
    #expect(sources(cell) == ["branch 10.9.0.2", "campus 192.0.2.10"])
    #expect(table.notes.isEmpty, "\(table.notes)")
    let stranger = try self.cell(table, .stranger)
    #expect(stranger.outcome == .refused && stranger.performance?.culprit == 0)
  }

  @Test("a box before the users' gateway shows the other end its address") func box() throws {
    let policy = Self.ends.replacing("external ip 192.0.2.10", with: "external ip 192.0.2.10 at 10.77.0.4")
    let cell = try cell(try table(policy))
    #expect(cell.outcome == .works, "\(cell.reason)")
    #expect(sources(cell) == ["branch 10.9.0.2", "campus 10.77.0.4", "box of campus 192.0.2.10"])
    let ladder = try #require(cell.performance.map { Ladder($0, title: "box") { _ in "" } })
    #expect(ladder.columns.map(\.title) == ["client", "branch", "campus", "box", "wan", "edge", "server"])
  }

  @Test("the address that the other end sees is the last one") func lastTranslation() throws {
    // Without a translation at the outer gateway the other end sees the inner one's.
    let policy = Self.ends.replacing("inside eth1; external ip 192.0.2.10", with: "inside eth1")
    let cell = try cell(try table(policy))
    #expect(cell.outcome == .broken && cell.performance?.culprit == 2, "\(cell.reason)")
    #expect(sources(cell) == ["branch 10.9.0.2"])
  }

  @Test("a server of somebody else is played through all gateways of the users") func foreignServer() throws {
    let policy = """
      gateway campus { outside eth0; inside eth1; external ip 192.0.2.10 }
      gateway branch { behind campus; outside eth0; inside eth1 }
      reach bank { gateway branch; server 203.0.113.21; passive range 50000-50399; tls explicit required
        allow 10.20.0.0/24 }
      """
    let cell = try cell(try table(policy))
    #expect(cell.outcome == .works && cell.performance?.layout.names == ["branch", "campus"], "\(cell.reason)")
  }

  @Test("where a gateway cannot be played, the users' own is played alone, and it is said") func unplayed() throws {
    let policy = Self.ends.replacing("gateway campus { ", with: "gateway campus { platform sheet; ")
    let table = try table(policy)
    #expect(table.notes.contains { $0.contains("is not played here") })
    #expect(try cell(table).outcome == .undecided)
  }

  @Test(
    "the rules of one gateway decide there, and the policy at the others", arguments: ["branch", "campus", "edge"])
  func judged(name: String) throws {
    let compilation = compile(Self.ends)
    let reach = try #require(compilation.policy.reaches.first)
    let position = try compilation.gateway(named: name)
    let ours = compilation.table(gateway: position)
    let strict = try Ruleset.read(
      listing: Array(
        """
        {"nftables": [{"table": {"family": "ip", "name": "fw"}}, {"chain": {"family": "ip", "table": "fw", "name": "c",
          "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}},
          {"rule": {"family": "ip", "table": "fw", "chain": "c", "expr": [{"match": {"op": "==", "left":
            {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 50040}}, {"drop": null}]}}]}
        """.utf8))
    for (ruleset, works) in [(Ruleset([ours]), true), (Ruleset(strict.tables + [ours]), false)] {
      let table = compilation.sessions(of: reach, judging: JudgedRules(gateway: position, ruleset: ruleset))
      let cell = try cell(table)
      #expect((cell.outcome == .works) == works, "\(name): \(cell.reason)")
      guard !works else { continue }
      // Passive ports are tried where the rules that are judged tell them apart.
      #expect(cell.passiveParts.map(\.ports).contains(50040...50040), "\(name)")
      #expect(cell.performance?.ending.loss?.citation?.gateway ?? name == name)
    }
  }

  @Test("a changed statement of a reach is tried") func whatIf() throws {
    let compilation = compile(Self.ends)
    let reach = try #require(compilation.policy.reaches.first)
    let changed = try compilation.changing(reach, WhatIf(["source keep", "allow 10.30.0.0/16"]))
    let other = try #require(changed.policy.reaches.first)
    #expect(other.source.value == .keep && other.allow.count == 2)
    #expect(!changed.isAccepted)
    for text in ["limit 3 sessions", "external ip 192.0.2.1", "outside eth9"] {
      #expect(throws: WhatIfFailure.self) { _ = try compilation.changing(reach, WhatIf([text])) }
    }
    let publication = try #require(compilation.policy.publications.first)
    #expect(throws: WhatIfFailure.self) { _ = try compilation.changing(publication, WhatIf(["publication files"])) }
  }
}
