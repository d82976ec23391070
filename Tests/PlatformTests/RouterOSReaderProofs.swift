import Compilation
import Diagnostics
import Flows
import Foundation
import LiveSupport
import Platforms
import Policy
import Testing

/// How many texts of a kind are tried: `SALLYPORT_PROVE_GATEWAYS`, a small sample otherwise.
private let proofSize = gatewayProofSize

private let gateway = "platform routeros; outside ether1; inside bridge"

@Suite struct RouterOSReaderProofs {
  private static let worked = compile(workedCase(gateway))

  @Test("generated exports that are right are silent") func silent() throws {
    for seed in 0..<UInt64(proofSize ?? 20) {
      var router = RouterOSGenerator(seed: seed)
      let text = router.text()
      let audited = try AuditedText(text, against: Self.worked)
      #expect(audited.found.isEmpty, "\(audited.description)\n\(text)")
      if !audited.found.isEmpty { return }
    }
  }

  @Test("each mistake in them is found", arguments: RouterOSMistake.all) func mistakes(_ mistake: RouterOSMistake)
    throws
  {
    var count = 0
    var seed: UInt64 = 0
    while count < (proofSize ?? 6), seed < 10_000 {
      defer { seed += 1 }
      var router = RouterOSGenerator(seed: seed)
      guard mistake.plant(&router) else { continue }
      count += 1
      let text = router.text()
      let audited = try AuditedText(text, against: Self.worked)
      #expect(!audited.found.isEmpty, "\(mistake.name)\n\(text)")
      guard let blamed = mistake.blamed else { continue }
      // A wrapped line is told by its beginning.
      let isTold = text.contains("\\\n") || audited.found.contains { audited.line(of: $0).contains(blamed) }
      #expect(isTold, "\(mistake.name): \(audited.description)\n\(text)")
    }
  }

  @Test("a text that is damaged crashes nothing, and no missing line is all clear") func damage() throws {
    var random = SeededGenerator(state: 7)
    for seed in 0..<UInt64(proofSize ?? 12) {
      var router = RouterOSGenerator(seed: seed)
      let own = Set(router.own.map { router.line($0) })
      let text = router.text()
      let joined = text.replacing("\\\n    ", with: "")
      var lines = joined.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      for (index, line) in lines.enumerated() where own.contains(line) {
        var fewer = lines
        fewer.remove(at: index)
        let audited = try AuditedText(fewer.joined(separator: "\n"), against: Self.worked)
        #expect(!audited.found.isEmpty, "without \(line)\n\(joined)")
      }
      for _ in 0..<8 {
        var bytes = Array(text.utf8)
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<7, using: &random)
        case 1: bytes.removeSubrange(place...)
        default: bytes.removeSubrange(place..<min(bytes.count, place + 9))
        }
        let damaged = String(decoding: bytes, as: UTF8.self)
        guard Platforms.reader(of: GatewayText(name: "x", bytes: Array(damaged.utf8), file: SourceID(0))) != nil
        else { continue }
        _ = try AuditedText(damaged, against: Self.worked)
      }
      lines.shuffle(using: &random)
      _ = try AuditedText(lines.joined(separator: "\n"), against: Self.worked)
    }
  }

  /// What the texts that we write presuppose.
  private static let surroundings = """
    /interface list member
    add interface=wan list=WAN
    /ip firewall filter
    add chain=input action=accept connection-state=established,related
    add chain=input action=drop in-interface=wan
    add chain=forward action=accept connection-state=established,related
    add chain=forward action=drop comment="drop the rest"
    /ipv6 firewall filter
    add chain=input action=drop in-interface=wan
    add chain=forward action=accept connection-state=established,related
    add chain=forward action=drop comment="drop the rest"

    """

  @Test(
    "what is written for a router is what its audit wants",
    arguments: [
      "platform routeros 7.16; outside wan; inside bridge; before \"drop the rest\"",
      "platform routeros; outside wan; inside bridge; before \"drop the rest\"; helper scope device",
    ])
  func own(statements: String) throws {
    var generator = PolicyGenerator(seed: UInt64(statements.count))
    var count = OwnTextCount("routeros", sample: 10)
    while count.isOpen {
      let policy = generator.policy(gateway: statements).without(statements: ["limit"])
      let compilation = compile(policy.count < 4000 ? policy : "")
      guard compilation.isAccepted, !compilation.policy.publications.isEmpty else {
        count.refuse()
        continue
      }
      count.audit()
      let text =
        try Self.surroundings + compilation.configuration() + (compilation.companion("sallyport-helper.rsc") ?? "")
      let audited = try AuditedText(text, against: compilation)
      // With `at` and hairpin there are lines for both addresses, of which sessions take one.
      let wrong = audited.found.filter { $0.severity != .note && !$0.message.contains("as well, and no session") }
      #expect(wrong.isEmpty, "\(audited.description)\n\(policy)\n\(text)")
      if !wrong.isEmpty { return }
    }
    count.report()
    #expect(count.audited > 5)
  }

  @Test("thousands of lines are read") func size() throws {
    let rules = (0..<2_000).map { number in
      "add chain=forward action=drop protocol=tcp dst-port=\(number) comment=\"r\(number)\" place-before=[find comment=last]"
    }
    let text = "/ip firewall filter\nadd chain=forward action=accept comment=last\n" + rules.joined(separator: "\n")
    let bytes = Array(text.utf8)
    let saved = GatewayText(name: "x", bytes: bytes, file: SourceID(0))
    let reader = try #require(Platforms.reader(of: saved))
    let gateway = reader.read(saved, GatewayContext())
    #expect(gateway.ruleset.tables.first?.ruleCount == 2_002)
  }
}
