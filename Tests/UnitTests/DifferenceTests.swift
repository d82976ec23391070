import Addressing
import Compilation
import Foundation
import LiveSupport
import Nftables
import Platforms
import PolicySyntax
import Testing

/// Tables compared by meaning, and what is said about it.
@Suite struct DifferenceTests {
  private static let tables = GeneratedPolicies.policies.accepted.prefix(100).map { _, compilation in
    compilation.table(gateway: compilation.policy.gateways.isEmpty ? nil : 0).canonical()
  }

  @Test func nothingDiffersFromItself() {
    for table in Self.tables {
      #expect(Difference(from: table, to: table).isEmpty)
      #expect(PolicyDifference(running: table, wanted: table).isSame)
    }
  }

  @Test func aDifferenceLeadsFromOneTableToTheOther() {
    for (old, new) in zip(Self.tables, Self.tables.dropFirst()) {
      let difference = Difference(from: old, to: new)
      #expect(old.applying(difference) == new)
      #expect(difference.isEmpty == (old == new))
      #expect(PolicyDifference(running: old, wanted: new).isSame == (old == new))
    }
  }

  /// The difference between two policies in words, each with its kind.
  private func words(_ running: String, _ wanted: String) -> [String] {
    let tables = [running, wanted].map { text in
      let compilation = compile(text)
      #expect(compilation.isAccepted, "\(text)")
      return compilation.table(gateway: compilation.policy.gateways.isEmpty ? nil : 0)
    }
    return PolicyDifference(running: tables.first, wanted: tables[1]).changes.map { "\($0.kind) \($0.summary)" }
  }

  @Test(arguments: [
    (
      published(range: "passive range 50000-50099"), published(range: "passive range 50000-50199"),
      ["changed `files`: passive range 50000-50099 is running, 50000-50199 is wanted"]
    ),
    (
      published("allow 192.0.2.7, 192.0.2.9"), published("allow 192.0.2.7, 198.51.100.0/24"),
      [
        "added `files`: clients 198.51.100.0/24 are wanted and not running",
        "removed `files`: clients 192.0.2.9 are running and not wanted",
      ]
    ),
    (
      published(), published("allow 192.0.2.7"),
      ["changed `files`: every client may connect, 192.0.2.7 is wanted"]
    ),
    (
      published("control port 2121 -> 21"), published("control port 2122 -> 21"),
      ["changed `files`: control port 2121 -> 21 is running, 2122 -> 21 is wanted"]
    ),
    (
      published("limit 10 sessions per client"), published("limit 12 sessions per client"),
      ["changed `files`: limit 10 sessions per client is running, 12 sessions per client is wanted"]
    ),
    (published("log denied"), published("log all"), ["changed `files`: log denied is running, all is wanted"]),
    (published("tls off"), published("tls off\nhelper on"), ["added `files`: helper is wanted and not running"]),
    (published("active on"), published(), ["removed `files`: active mode is running and not wanted"]),
    (published("source gateway"), published(), ["removed `files`: source gateway is running and not wanted"]),
    (
      published(), published().replacing("publish files", with: "publish archive"),
      ["added `archive` is wanted and not running", "removed `files` is running and no policy asks for it"]
    ),
    (
      published(), published().replacing("10.10.20.200", with: "10.10.20.201"),
      ["changed `files`: server 10.10.20.200 is running, 10.10.20.201 is wanted"]
    ),
    (
      published(), published().replacing("203.0.113.10", with: "203.0.113.11"),
      ["changed `files`: external ip 203.0.113.10 is running, 203.0.113.11 is wanted"]
    ),
  ])
  func sentences(running: String, wanted: String, expected: [String]) {
    #expect(words(running, wanted) == expected)
  }

  /// What differs is called by the word that asks for it, as the language declares it. Clients are told by two words.
  @Test(arguments: Set(PublishWord.allCases).subtracting([.gateway, .tls, .allow, .deny]))
  func titlesAreWordsOfTheLanguage(word: PublishWord) {
    let least: [PublishWord: String] = [
      .server: "server 10.10.20.201 other", .externalIP: "external ip 203.0.113.11",
      .passiveRange: "passive range 40000-40099", .tls: "tls off",
    ]
    func policy(_ statements: [PublishWord: String]) -> String {
      "gateway edge { outside eth0; inside eth1 }\npublish files {\n"
        + statements.values.sorted().map { "    \($0)\n" }.joined() + "}\n"
    }
    let changes = words(policy(least), policy(least.merging([word: word.facts.example]) { $1 }))
    let titles = changes.compactMap { $0.split(separator: "`files`: ", maxSplits: 1).last }
    #expect(titles.contains { $0.hasPrefix(word.spelling + " ") }, "\(changes)")
  }

  @Test func gatewayAndHairpin() {
    let gateway = "gateway edge {\n    outside  eth0\n    inside   eth1\n}\n"
    let more = gateway.replacing("eth0", with: "eth0, ppp0")
    #expect(
      words(gateway + published(), more + published()) == [
        "changed outside interfaces: eth0 is running, eth0, ppp0 is wanted"
      ])
    #expect(
      words(gateway + published(), gateway + published("hairpin on")) == [
        "added `files`: hairpin is wanted and not running",
        "added inside interfaces: none is running, eth1 is wanted",
      ])
  }

  @Test func notRunning() {
    let wanted = compile(published()).table(gateway: nil)
    let changes = PolicyDifference(running: nil, wanted: wanted).changes
    #expect(
      changes.map(\.summary) == ["the table `inet sallyport` is not running", "`files` is wanted and not running"])
    #expect(changes.map(\.publication) == [nil, "files"])
  }

  /// Whom `deny` keeps out inside is told as one of ours.
  @Test func deniedInside() {
    func table(_ statements: String) -> Table {
      compile(
        "gateway edge { outside eth0; inside eth1 }\n" + published("hairpin on; allow 192.0.2.7\n" + statements)
      ).table(gateway: 0)
    }
    let changes = PolicyDifference(
      running: table("deny 10.10.20.66, 10.10.20.68"), wanted: table("deny 10.10.20.66")
    ).changes
    #expect(
      changes.map { "\($0.kind) \($0.summary)" } == [
        "removed `files`: `203.0.113.10 . 21 . 10.10.20.68` in `denied_inside4` is running and not wanted",
        "removed `files`: `203.0.113.10 . 50000-50399 . 10.10.20.68` in `denied_inside4` is running and not wanted",
      ])
  }

  /// A publication that comes to the address of another moves the clients of that one to sets with ports; nobody else
  /// may connect to it than before.
  @Test func anotherPublicationAtTheAddress() {
    let first = published("tls explicit required; allow 192.0.2.7")
    let second = """

      publish more { server 10.10.20.200 proftpd; external ip 203.0.113.10; passive range 50400-50799
        tls implicit; allow 192.0.2.8 }
      """
    let changes = PolicyDifference(
      running: compile(first).table(gateway: nil), wanted: compile(first + second).table(gateway: nil)
    ).changes
    #expect(changes.map(\.summary) == ["`more` is wanted and not running"])
  }

  /// One publication more or less is all that is said where a hundred move to other sets with it.
  @Test func oneMoreHasMuchInCommon() {
    let policies = [99, 100].map { count in
      Crowd.text(
        count, range: "50000-50399", clients: "192.0.2.0/24, 198.51.100.0/25, 2001:db8:7::/48", hasIPv6: true)
    }
    #expect(words(policies[0], policies[1]) == ["added `crowd-100` is wanted and not running"])
    #expect(words(policies[1], policies[0]) == ["removed `crowd-100` is running and no policy asks for it"])
  }

  /// The same publications in other sets, as a program that counts in another way would have made them.
  @Test func setsInAnotherWay() throws {
    func table(_ count: Int) -> Table {
      compile(Crowd.text(count, range: "50000-50399", clients: "192.0.2.0/24")).table(gateway: nil)
    }
    let wanted = table(100)
    var running = wanted
    running.chains = table(99).chains
    let network = Value(base: try #require(IPAddress("192.0.2.0")), length: 24)
    let range = Value(try #require(PortRange(low: 50000, high: 50399)))
    let fields = ["clients_24_v4": network, "passive_50000_50399_v4": range]
    for (index, set) in wanted.sets.enumerated() {
      guard let last = fields[set.name] ?? nil else { continue }
      var elements = ElementList()
      for element in set.elements {
        elements.append(
          key: [element.key[0], last], data: Array(element.data), comment: element.comment, provenance: .none)
      }
      running.sets[index] = NamedSet(
        set.isMap ? "passive4" : "clients4",
        key: [.destination(.ipv4), set.isMap ? .destinationPort : .source(.ipv4)],
        data: set.data, flags: [.interval], elements: elements)
    }
    let changes = PolicyDifference(running: running, wanted: wanted).changes
    #expect(
      changes.map(\.summary) == [
        "the set `clients_24_v4` is wanted and not running",
        "the map `passive_50000_50399_v4` is wanted and not running",
      ])
  }

  // MARK: In the kernel

  private static let isLive = LiveRequirements.met

  /// Generated policies that are loaded: 100, or up to 1,000 when `SALLYPORT_PROVE` asks for more.
  private static let loaded = ProcessInfo.processInfo.environment["SALLYPORT_PROVE"] == nil ? 100 : 1000

  private func running(_ lab: Lab) async throws -> Table? {
    let listing = try await lab.nft(["-j", "list", "table", "inet", "sallyport"])
    return try Table.read(listing: listing.output, name: "sallyport")
  }

  @Test(.enabled(if: isLive, Comment(rawValue: LiveRequirements.comment)))
  func whatIsLoadedIsTheSame() async throws {
    let generated = GeneratedPolicies.policies.accepted.prefix(Self.loaded).map { ($0.text, $0.compilation) }
    try await withLab { lab in
      for (name, compilation) in try samplePolicies() + generated {
        for gateway in compilation.gatewayChoices {
          let wanted = compilation.table(gateway: gateway)
          try await lab.load(ruleset: wanted.script().text)
          let difference = PolicyDifference(running: try await running(lab), wanted: wanted)
          #expect(difference.isSame, "\(name): \(difference.changes)")
          #expect(difference.runningScript == difference.wantedScript)
        }
      }
    }
  }

  @Test(.enabled(if: isLive, Comment(rawValue: LiveRequirements.comment)))
  func whatIsDoneByHandIsNamed() async throws {
    let wanted = compile(published("limit 10 sessions per client\nallow 192.0.2.7")).table(gateway: nil)
    let cases = [
      (
        "add element inet sallyport clients4 { 203.0.113.10 . 198.51.100.7 }",
        "foreign nobody asked for `203.0.113.10 . 198.51.100.7` in `clients4`"
      ),
      (
        "add element inet sallyport clients4 { 203.0.113.10 . 198.51.100.7 comment \"old\" }",
        "removed `old` is running and no policy asks for it"
      ),
      (
        "add element inet sallyport clients4 { 203.0.113.10 . 198.51.100.7 comment \"files\" }",
        "removed `files`: clients 198.51.100.7 are running and not wanted"
      ),
      (
        "insert rule inet sallyport admission ip saddr 198.51.100.7 tcp dport { 21, 22 } accept",
        "foreign nobody asked for the rule `ip saddr 198.51.100.7 tcp dport { 21, 22 } accept` in the chain `admission`"
      ),
      (
        "add rule inet sallyport denied drop",
        "foreign nobody asked for the rule `drop` in the chain `denied`"
      ),
      ("add chain inet sallyport mine", "foreign nobody asked for the chain `mine`"),
      ("add set inet sallyport mine { type ether_addr; }", "foreign nobody asked for the set `mine`"),
      ("add counter inet sallyport mine", "foreign nobody asked for the counter `mine`"),
      (
        "flush chain inet sallyport destination_nat",
        "added the rule `jump publish` of the chain `destination_nat` is wanted and not running"
      ),
      (
        "delete element inet sallyport control4 { 203.0.113.10 . 21 }",
        "added `files`: `203.0.113.10 . 21 : 10.10.20.200 . 21` in `control4` is wanted and not running"
      ),
      (
        "chain inet sallyport prerouting { policy drop; }",
        "changed the chain `prerouting`: type filter hook prerouting priority -150; policy drop is running, "
          + "type filter hook prerouting priority -150; policy accept is wanted"
      ),
    ]
    try await withLab { lab in
      for (command, expected) in cases {
        try await lab.load(ruleset: wanted.script().text)
        try await lab.load(ruleset: command)
        let changes = PolicyDifference(running: try await running(lab), wanted: wanted).changes
        #expect(changes.map { "\($0.kind) \($0.summary)" } == [expected], "\(command)")
      }
    }
  }
}
