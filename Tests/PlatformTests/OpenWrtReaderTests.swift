import Compilation
import Diagnostics
import Foundation
import LiveSupport
import Platforms
import Testing

private let gateway = "platform openwrt; outside wan; inside lan"

/// How many publications a policy has at most that is audited in a test: more of them take long.
let auditedPublications = 6

/// The configuration of an OpenWrt router, audited against policies.
@Suite struct OpenWrtReaderTests {
  @Test("what is written for a policy is what its audit wants")
  func own() throws {
    var count = OwnTextCount("openwrt", sample: 10)
    for seed in UInt64(1)...1_000_000 where count.isOpen {
      let compilation = generatedPolicy(seed, gateway: gateway, unless: ["limit", "log"])
      // A crowd of publications is looked at in part, and takes long.
      guard compilation.isAccepted, compilation.policy.publications.count < auditedPublications else {
        count.refuse()
        continue
      }
      count.audit()
      // Reflections over IPv6 are made where the zone outside masquerades it.
      let reflects = compilation.policy.publications.contains { $0.hairpin.value }
      let around = OpenWrtTexts.surroundings.replacing(
        "masq '1'", with: "masq '1'\n\toption masq6 '\(reflects ? 1 : 0)'")
      let audited = try AuditedText(around + compilation.configuration(), against: compilation)
      // Servers may open connections to clients: the zone inside may reach all outside.
      #expect(!audited.found.contains { $0.severity != .note }, "seed \(seed): \(audited.description)")
    }
    count.report()
    #expect(count.audited >= 10)
  }

  @Test("a router with much else on it, in every layout: no finding without a mistake")
  func silent() throws {
    for kind in OpenWrtTexts.kinds {
      let compilation = compile(workedCase(gateway, kind.policy))
      for seed in 0..<12 {
        let text = try OpenWrtTexts.router(compilation.configuration(), seed: seed)
        let audited = try AuditedText(text, against: compilation)
        #expect(
          !audited.found.contains { $0.severity != .note },
          "\(kind.name), seed \(seed): \(audited.description)\n\(text)")
      }
    }
  }

  @Test("each planted mistake is found at its line, or the sessions are undecided", arguments: OpenWrtTexts.mistakes)
  func planted(mistake: OpenWrtTexts.Mistake) throws {
    let kind = try #require(OpenWrtTexts.kinds.first { $0.name == mistake.kind })
    let compilation = compile(workedCase(mistake.gateway ?? gateway, kind.policy))
    let right = try OpenWrtTexts.surroundings + compilation.configuration()
    for layout in 0..<4 {
      let wrong = mistake.edit(right)
      #expect(wrong != right, "\(mistake.name)")
      let audited = try AuditedText(OpenWrtTexts.laid(out: wrong, layout), against: compilation)
      let isFound = audited.found.contains { finding in
        finding.severity != .note && mistake.codes.contains(finding.code)
          && (mistake.line.isEmpty || audited.line(of: finding).filter { !"'\"".contains($0) }.contains(mistake.line))
      }
      // `uci show` has other lines.
      let isFoundAnywhere = audited.found.contains { mistake.codes.contains($0.code) && $0.severity != .note }
      #expect(layout == 3 ? isFoundAnywhere : isFound, "\(mistake.name), layout \(layout): \(audited.description)")
    }
  }

  @Test("a line less in what publishes is found, where fw4 does not add it by itself")
  func lessLines() throws {
    let compilation = compile(workedCase(gateway))
    let publication = try compilation.configuration().split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in publication.enumerated() {
      let matters = ["option src '", "option dest_ip", "option src_ip", "config "].contains { line.contains($0) }
      guard matters else { continue }
      var lines = publication
      lines.remove(at: index)
      let audited = try AuditedText(OpenWrtTexts.surroundings + lines.joined(separator: "\n"), against: compilation)
      #expect(audited.found.contains { $0.severity != .note }, "without \(line)")
    }
  }

  @Test("changed and cut texts end in findings or none, and nothing else")
  func mutated() throws {
    let compilation = compile(workedCase(gateway))
    let text = Array(try OpenWrtTexts.router(compilation.configuration(), seed: 3).utf8)
    var random = SeededRandom(seed: 5)
    for _ in 0..<60 {
      var bytes = text
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
      case 1: bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      case 2:
        let place = Int.random(in: 0..<bytes.count - 40, using: &random)
        bytes.removeSubrange(place..<place + 40)
      default:
        let place = Int.random(in: 0..<bytes.count - 200, using: &random)
        bytes.insert(contentsOf: bytes[place..<place + 200], at: Int.random(in: 0..<bytes.count, using: &random))
      }
      let saved = GatewayText(name: "firewall", bytes: bytes, file: SourceID(1))
      let reader = OpenWrtReader()
      guard reader.recognises(saved) else { continue }
      let gateway = reader.read(saved, GatewayContext(compilation.policy, gateway: 0))
      guard !gateway.diagnostics.hasErrors else { continue }
      _ = compilation.audit(of: gateway, gateway: 0, file: saved.whole)
    }
  }

  @Test(
    "a text that is none of the firewall, or a part of one, is said",
    arguments: [
      ("config interface 'wan'\n\toption proto 'dhcp'\n", "another file"),
      ("package network\n\nconfig interface 'wan'\n", "another file"),
      ("config redirect\n\toption src 'wan'\n", "no zone"),
      ("config zone\n\toption name 'wan\n", "has no end"),
      ("config zone\n\toption name\n", "too few or too many"),
      ("config zone\n\toption name 'wan'\n--More--\n", "pager"),
      ("config zone\n\toption name 'wan'\u{1B}[0m\n", "a byte"),
      ("config zone\n\toption name 'dmz'\n", "no zone is called `wan`"),
    ])
  func wrongTexts(text: String, words: String) throws {
    let audited = try AuditedText(text, against: workedCase(gateway))
    #expect(
      audited.found.contains { $0.code == "gateway-file-error" && $0.message.contains(words) },
      "\(audited.description)")
  }

  @Test(
    "what says the same in another way is no mistake",
    arguments: [
      ("\toption target 'DNAT'\n", ""), ("\toption target 'DNAT'", "\toption target 'dn'"),
      ("\toption family 'ipv4'\n", ""), ("\toption proto 'tcp'", "\tlist proto 'udp'\n\tlist proto 'tcp'"),
      ("\toption proto 'tcp'\n", ""), ("5000-5500", "5000:5500"),
      ("\toption src_dport '5000-5500'", "\toption src_dport '5000-5500'\n\toption dest_port '5000-5500'"),
      ("\toption dest '*'\n", ""), ("\toption dest '*'", "\toption dest 'lan'"),
      ("198.51.100.0/24", "198.51.100.9/255.255.255.0"),
      ("\toption reflection '0'", "\toption reflection 'no'\n\toption enabled 'yes'\n\toption nonsense '7'"),
      ("\toption src_dip '203.0.113.10'\n", ""), ("\toption reflection '0'\n", ""),
      ("\toption dest '*'\n", "\toption reflection '1'\n"),
    ])
  func sameMeaning(old: String, new: String) throws {
    let compilation = compile(workedCase(gateway))
    let text = try compilation.configuration().replacing(old, with: new)
    let audited = try AuditedText(OpenWrtTexts.surroundings + text, against: compilation)
    #expect(!audited.found.contains { $0.severity != .note }, "\(old) -> \(new): \(audited.description)")
  }

  @Test("the policy may name a zone by its networks and devices")
  func names() throws {
    for (outside, inside) in [("wan", "lan"), ("wan6", "lan"), ("pppoe-wan", "\"br-lan\""), ("ppp0", "lan")] {
      let compilation = compile(workedCase("platform openwrt; outside \"\(outside)\"; inside \(inside)"))
      let own = try compile(workedCase(gateway)).configuration()
      let text = OpenWrtTexts.surroundings.replacing(
        "list network 'wan6'", with: "list network 'wan6'\n\tlist device 'pppoe-wan'\n\tlist device 'ppp+'"
      ).replacing("list network 'lan'", with: "list network 'lan'\n\tlist device 'br-lan'")
      let audited = try AuditedText(text + own, against: compilation)
      #expect(!audited.found.contains { $0.severity != .note }, "\(outside): \(audited.description)")
    }
  }

  @Test("thousands of lines are read")
  func size() throws {
    let compilation = compile(workedCase(gateway))
    let section =
      "config rule\n\toption src 'lan'\n\toption dest 'wan'\n\toption dest_port '8080'\n\toption target 'DROP'\n"
    let text = Array(
      (OpenWrtTexts.surroundings + String(repeating: section, count: 500)).utf8)
    let saved = GatewayText(name: "firewall", bytes: text, file: SourceID(1))
    let gateway = OpenWrtReader().read(saved, GatewayContext(compilation.policy, gateway: 0))
    #expect(gateway.ruleset.tables.first.map { $0.ruleCount > 1000 } == true)
  }
}

/// Numbers that are the same each time.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
