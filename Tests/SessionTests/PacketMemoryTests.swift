import FTPSession
import LiveSupport
import Nftables
import Testing

/// Rules that remember packets, and what a rule has changed when a later one asks for it.
@Suite struct PacketMemoryTests {
  private static func match(_ left: String, _ right: String) -> String {
    #"{"match": {"op": "==", "left": \#(left), "right": \#(right)}}"#
  }

  private static let source = #"{"payload": {"protocol": "ip", "field": "saddr"}}"#
  private static let size = #"{"tcp option": {"name": "maxseg", "field": "size"}}"#
  private static let isListed = match(source, #""@s""#)
  private static let drop = #"{"drop": null}"#

  private static func port(_ port: Int) -> String {
    match(#"{"payload": {"protocol": "tcp", "field": "dport"}}"#, "\(port)")
  }

  private static func change(_ verb: String) -> String {
    #"{"set": {"op": "\#(verb)", "elem": \#(source), "set": "@s"}}"#
  }

  private static func count(over limit: Int) -> String { #"{"ct count": {"val": \#(limit), "inv": true}}"# }

  private static func setSize(_ size: Int) -> String {
    #"{"mangle": {"key": \#(Self.size), "value": \#(size)}}"#
  }

  /// The statements of each rule of a chain in forward.
  private func ending(_ rules: [[String]], elements: String = "") throws -> Ending {
    let listed = rules.map {
      #", {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [\#($0.joined(separator: ", "))]}}"#
    }
    let listing = """
      {"nftables": [{"table": {"family": "ip", "name": "t"}},
      {"set": {"family": "ip", "table": "t", "name": "s", "type": "ipv4_addr"\(elements)}},
      {"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}}
      \(listed.joined(separator: "\n"))]}
      """
    let theatre = Theatre(Program(try Ruleset.read(listing: Array(listing.utf8))), BenchNetwork.network)
    let server = FTPServer(BenchNetwork.server([Address.routedServer]), passivePorts: [50_000])
    return theatre.perform(
      Session(
        client: BenchNetwork.client(.client, Address.client), server: server,
        dialled: BenchNetwork.ip(Address.routedServer), port: 21, .plain, .epsv)
    ).ending
  }

  @Test func setsThatRulesChangeAreCarriedAlong() throws {
    let banned = [Self.port(50_000), Self.isListed, Self.drop]
    #expect(try ending([banned]) == .works)
    for verb in ["add", "update"] {
      let found = try ending([banned, [Self.port(21), Self.change(verb)]])
      #expect(found != .works && found.loss?.isUndecided == false, "\(verb): \(found.sentence)")
    }
    #expect(try ending([banned, [Self.port(21), Self.change("delete")]]) == .works)
    // Knocking: only who has opened the first connection may open the second.
    let knock = [
      [Self.port(21), Self.change("add")], [Self.port(50_000), Self.isListed, #"{"accept": null}"#],
      [Self.port(50_000), Self.drop],
    ]
    #expect(try ending(knock) == .works)
    #expect(try ending(Array(knock.dropFirst())).loss?.isUndecided == false)
    // Whether a packet adds it is left to chance.
    let chance = Self.match(#"{"numgen": {"mode": "random", "mod": 2}}"#, "0")
    let found = try ending([banned, [Self.port(21), chance, Self.change("add")]])
    #expect(found.loss?.isUndecided == true && found.sentence.contains("`s`"), "\(found.sentence)")
    // Nobody looks it up, or nothing comes of it.
    #expect(try ending([[Self.port(21), Self.change("add")]]) == .works)
    #expect(try ending([[Self.port(22), Self.isListed, Self.drop], [Self.change("update")]]) == .works)
  }

  @Test func aSessionHasTwoConnections() throws {
    #expect(try ending([[Self.count(over: 2), Self.drop]]) == .works)
    #expect(try ending([[Self.port(21), Self.count(over: 0), Self.drop]]).loss?.isUndecided == false)
    #expect(try ending([[Self.count(over: 1), Self.drop]]).loss?.isUndecided == true)
    let state = Self.match(#"{"ct": {"key": "state"}}"#, #""new""#)
    #expect(try ending([[Self.port(21), state, Self.count(over: 1), Self.drop]]) == .works)
  }

  @Test func aSegmentSizeThatARuleSetIsKnown() throws {
    let isSmall = [Self.match(Self.size, #"{"range": [1, 500]}"#), Self.drop]
    #expect(try ending([[Self.setSize(1360)], isSmall]) == .works)
    #expect(try ending([[Self.setSize(400)], isSmall]).loss?.isUndecided == false)
    #expect(try ending([[Self.setSize(400)], [Self.setSize(1360)], isSmall]).loss?.isUndecided == false)
  }

  @Test func portsOfRoutingRulesAreBorders() {
    let borders = PortBorders(Program(Ruleset([]))).adding([50_040...50_050])
    #expect(
      borders.parts(of: 50_000...50_100).map(\.ports) == [50_000...50_039, 50_040...50_050, 50_051...50_100])
  }

  @Test("A2: rows of rules that differ in one port alone are one kind; a rule between them parts it")
  func rowsOfRules() throws {
    func kinds(_ rules: [[String]]) throws -> Int {
      let listed = rules.map {
        #", {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [\#($0.joined(separator: ", "))]}}"#
      }
      let listing = """
        {"nftables": [{"table": {"family": "ip", "name": "t"}},
        {"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}}
        \(listed.joined(separator: "\n"))]}
        """
      let program = Program(try Ruleset.read(listing: Array(listing.utf8)))
      return Set(PortBorders(program).parts(of: 50_000...59_999).map(\.kind)).count
    }
    let accept = #"{"accept": null}"#
    let row = (0..<2000).map { [Self.port(50_000 + 2 * $0), accept] }
    #expect(try kinds(row) == 2)
    // Ports before and after it may fare differently, and those with another end.
    #expect(try kinds(row + [[Self.isListed, Self.drop]] + [[Self.port(59_000), accept]]) == 3)
    #expect(try kinds(row + [[Self.port(59_000), Self.drop]]) == 3)
    // What holds for all ports but one is not the same for each of them.
    let others = (0..<3).map { number in
      [
        #"{"match": {"op": "!=", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": \#(50_000 + 2 * number)}}"#,
        Self.drop,
      ]
    }
    #expect(try kinds(others) == 4)
  }
}
