import Foundation
import LiveSupport
import Nftables
import Policy
import Testing

@Suite struct LoweringTests {
  @Test func rulesDoNotGrowWithPublications() {
    let counts = [1, 10, 99, 100, 200].map { count in
      compile(manyPublications(count)).table(gateway: nil).ruleCount
    }
    #expect(counts.first ?? 0 > 0)
    #expect(Set(counts.prefix(3)).count == 1, "\(counts)")
    // From 100 on, each length of prefixes has a rule of its own instead of one for all.
    #expect(Set(counts.suffix(2)).count == 1, "\(counts)")
  }

  @Test("16.11: a long list that several addresses have in common is kept once")
  func longLists() throws {
    let list = (1...40).map { "192.0.2.\(2 * $0)" }.joined(separator: ", ")
    func publication(_ name: String, _ address: String, _ statements: String) -> String {
      "publish \(name) { server 10.10.20.200 proftpd; external ip \(address); tls off\n  \(statements) }\n"
    }
    let policy =
      "clients partners = \(list)\n"
      + publication("b", "203.0.113.10", "passive range 50000-50099; allow partners")
      + publication("a", "203.0.113.11", "passive range 50100-50199; allow partners")
      + publication("c", "203.0.113.12", "passive range 50200-50299; allow partners")
      + publication("d", "203.0.113.12", "control port 2121; passive range 50300-50399; allow partners")
      + publication("e", "203.0.113.13", "passive range 50400-50499; allow partners; deny 192.0.2.8")
      + publication("f", "203.0.113.14", "passive range 50500-50599; allow 192.0.2.1, 192.0.2.3")
    let table = compile(policy).table(gateway: nil)
    let sets = Dictionary(uniqueKeysWithValues: table.sets.map { ($0.name, $0.elements.map(\.text)) })
    #expect(sets["admitted_a_v4"]?.count == 40)
    #expect(
      sets["admitted4"] == ["203.0.113.10 : goto admitted_a_v4", "203.0.113.11 : goto admitted_a_v4"])
    #expect(sets["admitted_ports4"]?.count == 4)
    // What one alone has stays with its address, as do short lists.
    #expect(sets["clients4"]?.count == 39 + 2)
    #expect(
      table.chains.first { $0.name == "admitted_a_v4" }?.rules.map(\.text) == [
        "ip saddr @admitted_a_v4 return", "ip daddr . tcp dport @restricted4 goto denied",
      ])
    // So is a list that `deny` keeps out, also from inside.
    let inside = compile(
      "gateway edge { outside eth0; inside eth1; }\nclients scanners = \(list)\n"
        + publication("a", "203.0.113.11", "passive range 50100-50199; hairpin on; deny scanners")
    ).table(gateway: 0)
    #expect(
      inside.chains.first { $0.name == "denied_inside_a_v4" }?.rules.map(\.text) == [
        "ip saddr @denied_inside_a_v4 goto denied"
      ])
    #expect(
      inside.sets.first { $0.name == "denied_inside_ports4" }?.elements.map(\.text) == [
        "203.0.113.11 . 21 : jump denied_inside_a_v4", "203.0.113.11 . 50100-50199 : jump denied_inside_a_v4",
      ])
    // The table grows with the sum of publications and clients, not with their product.
    let sizes = [50, 200].map { count in
      let policy =
        "clients partners = \(list)\n"
        + (0..<count).map { index in
          publication("p\(index)", "198.18.0.\(index)", "passive range 50000-50099; allow partners")
        }.joined()
      return compile(policy).table(gateway: nil).sets.map(\.elements.count).reduce(0, +)
    }
    #expect(sizes == [40 + 6 * 50, 40 + 6 * 200], "\(sizes)")
  }

  /// What 100 have in common goes from the keys into the name of a set and into its rule; what others have stays.
  @Test func whatManyHaveInCommon() throws {
    let few = Crowd.text(99, range: "50000-50399", clients: "192.0.2.0/24, 198.51.100.7")
    let other = """
      publish other { server 10.10.20.200 proftpd; external ip 203.0.113.10; tls off
        passive range 50000-50099; allow 192.0.2.0/24, 10.0.0.0/9 }
      publish same { server 10.10.20.201 proftpd; external ip 203.0.113.11; tls off
        passive range 50000-50399; allow 192.0.2.0/24, 198.51.100.7 }

      """
    func sets(_ policy: String) -> [String: [String]] {
      let sets = compile(policy).table(gateway: nil).sets.filter { $0.name.hasPrefix("clients") || $0.isMap }
      return Dictionary(
        uniqueKeysWithValues: sets.map { set in
          (set.name, set.elements.filter { !($0.comment ?? "").hasPrefix(Crowd.prefix) }.map(\.text))
        })
    }
    func rules(_ policy: String) -> [String] {
      compile(policy).table(gateway: nil).chains.filter { ["admitted_clients", "publish"].contains($0.name) }
        .flatMap(\.rules).map(\.text)
    }
    #expect(sets(few).keys.sorted() == ["clients4", "control4", "passive4"])
    let many = sets(few + other)
    #expect(
      many == [
        "clients_24_v4": ["203.0.113.10 . 192.0.2.0", "203.0.113.11 . 192.0.2.0"],
        "clients_32_v4": ["203.0.113.11 . 198.51.100.7"], "clients4": ["203.0.113.10 . 10.0.0.0/9"],
        "control4": [
          "203.0.113.10 . 21 : 10.10.20.200 . 21", "203.0.113.11 . 21 : 10.10.20.201 . 21",
        ],
        "passive4": ["203.0.113.10 . 50000-50099 : 10.10.20.200"],
        "passive_50000_50399_v4": ["203.0.113.11 : 10.10.20.201"],
      ])
    #expect(
      rules(few + other) == [
        "ip daddr . ip saddr & 255.255.255.0 @clients_24_v4 return", "ip daddr . ip saddr @clients_32_v4 return",
        "ip daddr . ip saddr @clients4 return",
        "ip daddr . tcp dport @restricted4 goto denied",
        "dnat ip to ip daddr . tcp dport map @control4",
        "tcp dport 50000-50399 dnat ip to ip daddr map @passive_50000_50399_v4",
        "dnat ip to ip daddr . tcp dport map @passive4",
      ])
  }

  /// All addresses are no prefix that a mask could tell from others.
  @Test func everyAddressIsNoCommonPrefix() {
    let script = compile(
      Crowd.text(range: "50000-50399", clients: "192.0.2.0/24, ::/1, 8000::/1", hasIPv6: true)
    ).script
    #expect(script.contains("ip6 daddr . ip6 saddr @clients6 return"))
    #expect(!script.contains("clients_0_v6"))
  }

  @Test func everythingHasProvenance() {
    let compilation = compile(everyStatement)
    let table = compilation.table(gateway: 0)
    for chain in table.chains {
      for rule in chain.rules { #expect(!rule.provenance.isEmpty, "\(chain.name): \(rule)") }
    }
    for set in table.sets {
      for element in set.elements {
        #expect(!compilation.sources.text(element.provenance).isEmpty, "\(set.name): \(element)")
      }
    }
  }

  @Test func orderOfDeclarationsCarriesNoMeaning() {
    let blocks = everyStatement.components(separatedBy: "\n\n")
    let expected = compile(everyStatement).script
    for seed in 0..<20 {
      var random = SeededGenerator(state: UInt64(seed))
      let shuffled = blocks.shuffled(using: &random).joined(separator: "\n\n")
      #expect(compile(shuffled).script == expected)
    }
  }

  /// A server in place bears the name of its publication, for those before and after it.
  @Test(arguments: [false, true])
  func serversInPlaceAreFoundInAnyOrder(reversed: Bool) {
    let blocks = [
      "publish a { server 10.10.20.200 proftpd; external ip 203.0.113.10; passive range 50000-50399; tls off }",
      "publish b { server a; external ip 203.0.113.10; control port 2121; passive range 50400-50799; tls off }",
    ]
    let compilation = compile((reversed ? blocks.reversed() : blocks).joined(separator: "\n"))
    #expect(!compilation.diagnostics.contains { $0.code == "unknown-name" })
    #expect(compilation.policy.servers.map(\.name.value) == ["a"])
    #expect(compilation.policy.publications.map(\.server) == [0, 0])
  }

  @Test func sameBytesEveryTime() {
    let first = compile(everyStatement).script
    for _ in 0..<100 { #expect(compile(everyStatement).script == first) }
  }

  /// Explicit and implicit TLS of one server share its range: one element, not two that collide.
  @Test func sharedRangesAreOneElement() {
    let script = compile(
      """
      server s { address 10.10.20.200; software proftpd }
      publish a { server s; external ip 203.0.113.10; passive range 50000-50399; tls explicit required; allow 192.0.2.1 }
      publish b { server s; external ip 203.0.113.10; passive range 50200-50599; tls implicit; allow 192.0.2.2 }
      """
    ).script
    #expect(script.contains("203.0.113.10 . 50000-50199 comment \"a\" : 10.10.20.200,"))
    #expect(script.contains("203.0.113.10 . 50200-50399 comment \"a, b\" : 10.10.20.200,"))
    #expect(script.contains("203.0.113.10 . 50400-50599 comment \"b\" : 10.10.20.200,"))
    #expect(script.contains("203.0.113.10 . 50200-50399 . 192.0.2.1-192.0.2.2 comment \"a, b\","))
    #expect(script.contains("203.0.113.10 . 50400-50599 . 192.0.2.2 comment \"b\","))
  }

  /// Ports stand in the key of admitted clients only where several publications restrict one address.
  @Test func clientsOfAnAddressOrOfItsPorts() throws {
    let compilation = compile(
      """
      server s { address 10.10.20.200; software proftpd }
      publish a { server s; external ip 203.0.113.10; passive range 50000-50099; tls explicit required; allow 192.0.2.1 }
      publish b { server s; external ip 203.0.113.10; passive range 50100-50199; tls implicit; allow 192.0.2.2 }
      publish c { server s; external ip 203.0.113.11; passive range 50200-50299; tls implicit; control port 2990 }
      publish d { server s; external ip 203.0.113.11; passive range 50300-50399; tls implicit; control port 3990
        allow 192.0.2.3, 192.0.2.5; }
      """)
    let sets = compilation.table(gateway: nil).sets
    func texts(_ name: String) throws -> [String] {
      try #require(sets.first { $0.name == name }).elements.map { "\($0.text) \($0.comment ?? "-")" }
    }
    #expect(try texts("restricted_external4") == ["203.0.113.10 -", "203.0.113.11 -"])
    #expect(
      try texts("port_clients4") == [
        "203.0.113.10 . 21 . 192.0.2.1 a", "203.0.113.10 . 990 . 192.0.2.2 b",
        "203.0.113.10 . 50000-50099 . 192.0.2.1 a", "203.0.113.10 . 50100-50199 . 192.0.2.2 b",
      ])
    #expect(try texts("clients4") == ["203.0.113.11 . 192.0.2.3 d", "203.0.113.11 . 192.0.2.5 d"])
    #expect(
      try texts("restricted4") == [
        "203.0.113.10 . 21 a", "203.0.113.10 . 990 b", "203.0.113.10 . 50000-50099 a", "203.0.113.10 . 50100-50199 b",
        "203.0.113.11 . 3990 d", "203.0.113.11 . 50300-50399 d",
      ])
  }

  /// Elements are sorted by address and port, whatever the order of names, declarations and ports of one publication.
  @Test func elementsAreSorted() throws {
    let compilation = compile(
      """
      server s { address 10.10.20.200; software proftpd }
      publish a { server s; external ip 203.0.113.11; control port 60000; passive range 50000-50099; tls implicit
        allow 192.0.2.1; limit 3 sessions per client }
      publish b { server s; external ip 203.0.113.10; control port 2121; passive range 50100-50199; tls implicit
        allow 192.0.2.2; limit 3 sessions per client; limit 9 sessions }
      publish c { server s; external ip 203.0.113.10; control port 990; passive range 50200-50299; tls implicit
        allow 192.0.2.3; limit 3 sessions per client }
      """)
    let sets = compilation.table(gateway: nil).sets
    func texts(_ name: String) throws -> [String] {
      try #require(sets.first { $0.name == name }).elements.map { "\($0.text) \($0.comment ?? "")" }
    }
    #expect(
      try texts("restricted4") == [
        "203.0.113.10 . 990 c", "203.0.113.10 . 2121 b", "203.0.113.10 . 50100-50199 b",
        "203.0.113.10 . 50200-50299 c", "203.0.113.11 . 50000-50099 a", "203.0.113.11 . 60000 a",
      ])
    #expect(
      try texts("sessions_per_client_3_v4") == [
        "203.0.113.10 . 990 c", "203.0.113.10 . 2121 b", "203.0.113.11 . 60000 a",
      ])
    #expect(try texts("sessions_9_v4") == ["203.0.113.10 . 2121 b"])
  }

  @Test func denyIsSubtracted() {
    let script = compile(
      published("allow 198.51.100.0/24, 198.51.100.128/25, 192.0.2.0/31 ; deny 198.51.100.64/26, 192.0.2.1")
    ).script
    #expect(script.contains("203.0.113.10 . 192.0.2.0 comment"))
    #expect(script.contains("203.0.113.10 . 198.51.100.0/26 comment"))
    #expect(script.contains("203.0.113.10 . 198.51.100.128/25 comment"))
    #expect(!script.contains("198.51.100.64"))
  }

  @Test func prioritiesOfHelperAssignment() {
    for chain in compile(everyStatement).table(gateway: 0).chains {
      let assigns = chain.rules.contains {
        $0.statements.contains { if case .assignHelper = $0 { true } else { false } }
      }
      if let base = chain.base, assigns || chain.name == "prerouting" {
        #expect(base.priority > -200 && base.priority < -100)
      }
    }
  }
}

/// Publications of every common kind, each with addresses of its own.
func manyPublications(_ count: Int) -> String {
  (0..<count).map { index in
    let (high, low) = (index / 200, index % 200 + 1)
    return """
      publish p\(index) {
          server         10.\(20 + high / 200).\(high % 200).\(low) proftpd
          external ip    203.\(high / 200).\(high % 200).\(low)
          passive range  50000-50399
          tls            explicit optional
          helper         on
          allow          192.0.2.0/24
          deny           192.0.2.7
      }
      """
  }.joined(separator: "\n")
}
