import Addressing
import Diagnostics
import FTPSession
import LiveSupport
import Nftables
import Platforms
import Testing

/// Rules as the scripts of a row have them, read without a kernel.
func printedRuleset(_ script: String) -> Ruleset {
  PrintedRuleset(GatewayText(name: "rules", bytes: Array(script.utf8), file: SourceID(0)).lines).ruleset
}

/// What the model says of paths of gateways, without a kernel. `RowProofTests` and `RowTableTests` compare it with one.
@Suite struct PathTests {
  private static let row = Row(gateways: 2)

  static func theatre(_ rules: [RowRules], _ row: Row = row) -> Theatre? {
    RowBench.path(row, rules.map { Program(printedRuleset($0.script)) }).map { Theatre($0) }
  }

  static func session(
    _ mode: FTPSession.DataMode, _ encryption: FTPSession.Encryption = .plain, announced: String? = nil
  ) -> Session {
    var server = FTPServer(RowBench.server(row, Address.server), passivePorts: [50_005])
    server.announced = announced.map(BenchNetwork.ip)
    server.announcedEncrypted = server.announced
    server.offersTLS = true
    return Session(
      client: RowBench.client(row, .client, 0), server: server, dialled: BenchNetwork.ip(Row.external(0)), port: 21,
      encryption, mode)
  }

  /// Two gateways with helpers alone.
  static let helpers = [
    RowRules(external: Row.external(0), target: Row.external(1), hasHelper: true),
    RowRules(external: Row.external(1), target: Address.server, hasHelper: true),
  ]

  @Test("20.1: a helper reads what the one before it wrote") func rewrittenTwice() throws {
    let performance = try #require(Self.theatre(Self.helpers)).perform(Self.session(.pasv))
    #expect(performance.ending == .works, "\(performance.sentence)")
    let reply = try #require(performance.steps.first { $0.text.hasPrefix("227") })
    #expect(reply.text.contains("10,10,20,200"))
    #expect(reply.arrived?.contains("203,0,113,10") == true)
    let rewritten = reply.placedEvents.compactMap { station, event -> String? in
      guard case .rewritten(let text) = event, case .gateway(let hop) = station else { return nil }
      return "\(hop): \(text.dropFirst(27).prefix { $0 != ")" })"
    }
    #expect(rewritten == ["1: 172,16,1,10,195,85", "0: 203,0,113,10,195,85"])
    #expect((0...1).allSatisfy(performance.came))
  }

  @Test("20.2: what is lost names the gateway and its rule", arguments: [0, 1]) func losesByName(hop: Int) throws {
    var rules = Self.helpers
    for index in rules.indices { (rules[index].hasHelper, rules[index].data) = (false, .forwarded) }
    rules[hop].data = hop == 0 ? .none : .half
    let theatre = try #require(Self.theatre(rules))
    var session = Self.session(.pasv, announced: Row.external(0))
    session.passivePort = 50_060
    let performance = theatre.perform(session)
    #expect(performance.culprit == hop)
    #expect(performance.sentence.contains("the gateway `\(hop == 0 ? "edge" : "middle")`"), "\(performance.sentence)")
    if hop == 1 { #expect(performance.ending.loss?.citation?.gateway == "middle") }
  }

  @Test("20.3: a path of one gateway without a name is that gateway") func oneGateway() {
    for seed in UInt64(0)..<40 {
      var generator = RulesetGenerator(seed: seed)
      let (script, duels) = generator.trial("seed \(seed)")
      let program = Program(printedRuleset(script))
      let one = Theatre(program, BenchNetwork.network)
      let path = Theatre(GatewayPath(Hop("", program, BenchNetwork.network)))
      for duel in duels {
        let (first, second) = (one.perform(duel.model), path.perform(duel.model))
        #expect(first.steps == second.steps && first.ending == second.ending, "\(duel.name)")
        #expect(second.layout.isPlain && second.steps.allSatisfy { $0.visits.isEmpty && $0.gateway == 0 })
      }
    }
  }

  @Test("20.4: the tables of two gateways in a row, by the model alone") func tables() throws {
    for (lines, row, dialled) in RowTableTests.all {
      for (line, family) in lines.flatMap({ line in AddressFamily.allCases.map { (line, $0) } }) {
        let theatre = try #require(Self.theatre(line.rules(family), row))
        for (duel, works) in zip(RowTableTests.duels(line, row, dialled, family), line.works(family)) {
          let performance = theatre.perform(duel.model)
          #expect((performance.ending == .works) == works, "\(duel.name): \(performance.sentence)")
          #expect(performance.ending.loss?.isUndecided != true, "\(duel.name): \(performance.sentence)")
        }
      }
    }
  }

  @Test("20.5: a box before a gateway has a column and translates", arguments: [0, 1]) func box(hop: Int) throws {
    let programs = Self.helpers.map { Program(printedRuleset($0.script)) }
    let dialled = hop == 0 ? "203.0.113.99" : "172.16.1.99"
    let hops = programs.enumerated().map { index, program in
      var network = RowBench.network(Self.row, index)
      if index == hop {
        let box = TranslationBefore(
          dialled: BenchNetwork.ip(dialled), arrival: BenchNetwork.ip(Row.external(index)))
        network.translatedBefore = [box]
      }
      return Hop(RowBench.names[index], program, network)
    }
    var session = Self.session(.epsv)
    if hop == 0 { session.dialled = BenchNetwork.ip(dialled) }
    let performance = Theatre(GatewayPath(hops[0], [hops[1]])).perform(session)
    let ladder = Ladder(performance, title: "box") { _ in "" }
    let titles = hop == 0 ? ["box", "edge", "middle"] : ["edge", "box", "middle"]
    #expect(ladder.columns.map(\.title) == ["client"] + titles + ["server"])
    if hop == 0 {
      #expect(performance.ending == .works, "\(performance.sentence)")
      #expect(ladder.sentences.contains { $0.hasPrefix("At the box before the gateway `edge`: destination becomes") })
    } else {
      // The outer gateway leads to the address that the box hides.
      #expect(performance.sentence.contains("a box before the gateway `middle` hides"), "\(performance.sentence)")
    }
  }

  @Test("20.6: what goes to and fro between gateways ends") func roundabout() throws {
    var rules = Self.helpers
    rules[0].external = nil
    for index in rules.indices { rules[index].rest = "accept" }
    let theatre = try #require(Self.theatre(rules, Row(gateways: 2, clientSide: 1)))
    var session = Self.session(.pasv)
    session.dialled = BenchNetwork.ip("198.18.0.200")
    let performance = theatre.perform(session)
    #expect(performance.sentence.contains("to and fro between gateways"), "\(performance.sentence)")
  }

  @Test("20.7: each gateway has the helper of its own kind") func kinds() throws {
    for (outer, inner) in [("asa-ftp-strict", "ftp"), ("ftp", "asa-ftp-strict")] {
      let programs = zip(Self.helpers, [outer, inner]).map { rules, type in
        Program(printedRuleset(rules.script.replacing("type \"ftp\"", with: "type \"\(type)\"")))
      }
      let theatre = Theatre(try #require(RowBench.path(Self.row, programs)))
      #expect(theatre.perform(Self.session(.pasv)).ending == .works)
      let encrypted = theatre.perform(Self.session(.pasv, .explicit))
      #expect(encrypted.ending.loss?.isUndecided == true)
      #expect(encrypted.culprit == (outer == "ftp" ? 1 : 0))
      #expect(encrypted.sentence.contains(outer == "ftp" ? "`middle`" : "`edge`"), "\(encrypted.sentence)")
    }
  }

  @Test("20.8: a session is known as well as the least known gateway that it came to") func weakest() throws {
    let theatre = try #require(Self.theatre(Self.helpers))
    let through = theatre.perform(Self.session(.pasv))
    #expect(through.passedOnly { _ in true } && !through.passedOnly { $0 == 0 } && !through.passedOnly { $0 == 1 })
    var session = Self.session(.pasv)
    session.dialledPort = 990
    let stopped = theatre.perform(session)
    #expect(stopped.came(to: 0) && !stopped.came(to: 1) && stopped.passedOnly { $0 == 0 })
  }

  @Test("20.9: clients further in, and servers on a gateway") func places() throws {
    var rules = Self.helpers
    for index in rules.indices { rules[index].data = .forwarded }
    rules[1].masquerades = "eth1"
    rules[1].letsOut = true
    let theatre = try #require(Self.theatre(rules))
    var session = Self.session(.epsv)
    // On the wire between both: the inner gateway is asked for there, without the outer one.
    session.client = RowBench.client(Self.row, .stranger, 0)
    session.dialled = BenchNetwork.ip(Row.external(1))
    let middle = theatre.perform(session)
    #expect(middle.ending == .works && !middle.came(to: 0), "\(middle.sentence)")
    // On the server's network: out to the outermost address, and back.
    session.client = RowBench.client(Self.row, .inside, 0)
    session.dialled = BenchNetwork.ip(Row.external(0))
    let inside = theatre.perform(session)
    #expect(inside.came(to: 0) && inside.came(to: 1))
    let way = inside.steps.first?.visits.map(\.station)
    #expect(way == [.gateway(1), .gateway(0), .gateway(1)])
    var local = Self.session(.epsv)
    local.server.party = .gateway([BenchNetwork.ip(Row.external(1))], at: 1)
    rules[1].external = nil
    rules[1].rest = "accept"
    #expect(try #require(Self.theatre(rules)).perform(local).ending == .works)
  }
}

/// Ladders of several gateways.
@Suite struct PathLadderTests {
  private static func ladder(_ mode: FTPSession.DataMode, _ encryption: FTPSession.Encryption) throws -> Ladder {
    let theatre = try #require(PathTests.theatre(PathTests.helpers))
    return Ladder(theatre.perform(PathTests.session(mode, encryption)), title: "two gateways") { _ in "" }
  }

  @Test("20.10: each gateway has a column, and its notes stand beside it") func text() throws {
    let text = try Self.ladder(.pasv, .plain).text(.plain)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines[2] == "client                    edge                    middle                   server")
    let beside = { (text: String) in lines.first { $0.contains(text) }.map { $0.prefix { $0 != "d" && $0 != "t" } } }
    #expect(beside("destination becomes 172.16.1.10:21")?.count == 31)
    #expect(beside("destination becomes 10.10.20.200:21")?.count == 56)
    let arrow = ["   |", "|", "|"].joined(separator: String(repeating: "-", count: 24))
    #expect(lines.contains { $0.hasPrefix(arrow + String(repeating: "-", count: 23) + ">|") })
  }

  @Test("20.11: pictures are wide enough, and their sentences name the gateways") func svg() throws {
    let ladder = try Self.ladder(.epsv, .explicit)
    #expect(ladder.works == false)
    let svg = ladder.svg()
    #expect(svg.contains("viewBox=\"0 0 800 "))
    for x in [70, 290, 510, 730] { #expect(svg.contains("<line class=\"life\" x1=\"\(x)\"")) }
    #expect(ladder.sentences.contains { $0.hasPrefix("At the gateway `middle`: destination becomes") })
    #expect(ladder.sentences.contains { $0.hasPrefix("Client to gateway `edge`, data connection") })
  }
}
