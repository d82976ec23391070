import Addressing
import Compilation
import Flows
import LiveSupport
import Nftables
import Platforms
import Testing

/// Names of our sets and chains print and read back.
@Suite struct OwnNameTests {
  private static let limits = ConnectionLimit.Unit.allCases.flatMap { unit in
    [1, 10, UInt32.max].map { ConnectionLimit(unit, $0) }
  }
  private static let publications = ["files", "a", "sessions", "log-new", "v4", "x-2-v4", "admitted"]
  private static let lists = ClientListKind.allCases.flatMap { kind in
    publications.flatMap { publication in
      [1, 2, 10].flatMap { number in
        AddressFamily.allCases.map { ClientListName(kind, of: publication, number: number, $0) }
      }
    }
  }

  private static var sets: [SetName] {
    // The interfaces of a side are those of both directions.
    ownSets + ownSets.dropFirst(InterfaceSide.allCases.count).map { .reach($0) }
  }
  private static var chains: [ChainName] { ownChains + ownChains.map { .reach($0) } }

  private static var ownSets: [SetName] {
    let ranges = [PortRange(low: 1024, high: 65535), PortRange(21)].compactMap(\.self)
    return InterfaceSide.allCases.map { .interfaces($0) } + lists.map { .clientList($0) }
      + AddressFamily.allCases.flatMap { family -> [SetName] in
        FamilySet.allCases.map { .family($0, family) } + ranges.map { .passiveRange($0, family) }
          + [0, 1, 24, 32, 128].map { .clientPrefix($0, family) }
          + limits.flatMap { [.limit($0, family), .limitState($0, family)] }
      }
  }

  private static var ownChains: [ChainName] {
    SingleChain.allCases.map { .single($0) } + lists.map { .clientList($0) }
      + publications.flatMap { publication in
        LoggedEvent.allCases.map { .log($0, publication: publication) } + [.sessions(publication: publication)]
      }
  }

  @Test func everyNameReadsBack() {
    for name in Self.sets { #expect(SetName(text: name.text) == name, "\(name.text)") }
    for name in Self.chains { #expect(ChainName(text: name.text) == name, "\(name.text)") }
    #expect(Set(Self.sets.map(\.text)).count == Self.sets.count)
    #expect(Set(Self.chains.map(\.text)).count == Self.chains.count)
  }

  @Test func whatIsReadPrintsAsItWas() {
    var generator = SeededGenerator(state: 17)
    let words =
      (Self.sets.map(\.text) + Self.chains.map(\.text)).flatMap { $0.split(separator: "_").map(String.init) }
      + ["", "0", "05"]
    for _ in 0..<20_000 {
      let text = (0...Int.random(in: 0...4, using: &generator))
        .map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: "_")
      if let name = SetName(text: text) { #expect(name.text == text) }
      if let name = ChainName(text: text) { #expect(name.text == text) }
    }
  }

  @Test(arguments: [
    "", "4", "control", "control5", "limit4", "sessions_05_v4", "passive_50_40_v4", "passive_1_2_3_v4",
    "clients_x_v4",
    "sp_gen", "admitted_1_files_v4", "admitted_files_v5", "hairpin4 ", "sessions_-1_v4",
    "reach_", "reach_reach_control4", "reach_outside_interfaces",
  ])
  func othersAreNotOurs(name: String) { #expect(SetName(text: name) == nil) }

  @Test func everyNameOfATableIsOurs() {
    let table = compile(everyStatement).table(gateway: 0)
    for set in table.sets { #expect(SetName(text: set.name) != nil, "\(set.name)") }
    for chain in table.chains { #expect(ChainName(text: chain.name) != nil, "\(chain.name)") }
  }
}
