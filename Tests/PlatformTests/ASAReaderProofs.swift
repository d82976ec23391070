import Compilation
import Diagnostics
import Foundation
import LiveSupport
import Platforms
import Testing

/// How many configurations are generated: `SALLYPORT_PROVE_GATEWAYS` of each kind, a small sample otherwise.
private let count = gatewayProofSize ?? 4

/// Generated configurations of an ASA, right ones and wrong ones.
@Suite struct ASAReaderProofs {
  private func serious(_ audit: AuditedText) -> [Diagnostic] { audit.found.filter { $0.severity != .note } }

  /// The audit says of translations that no session took which it looked at; it looks at one port for all that it
  /// takes to be alike.
  private func wrong(_ audit: AuditedText) -> [Diagnostic] {
    serious(audit).filter { !$0.message.hasPrefix("this leads to a published server as well") }
  }

  @Test("what is written for an ASA is what its audit wants") func ownTexts() throws {
    let gateway = "platform asa; outside \"outside\"; inside \"inside\"; access list \"outside_access_in\""
    let more = ["", "; external is interface", "; helper scope device", ""]
    // What the inspection does is another study.
    var count = OwnTextCount("asa", sample: 4)
    for seed in 0..<1_000_000 where seed % 4 > 0 && count.isOpen {
      let text = generatedPolicy(
        seed, gateway: { gateway + more[$0 % 4] },
        without: ["limit", "log", "hairpin", "source gateway", "active on", "helper on"])
      let policy = withServersBehind(text.count < 4000 ? text : "")
      let compilation = compile(policy)
      guard compilation.errors.isEmpty, !compilation.policy.publications.isEmpty else {
        count.refuse()
        continue
      }
      count.audit()
      var surroundings = ASASurroundings()
      // A device that translates everybody's way out drops what comes to a server's own address.
      surroundings.hasOutgoingNAT = false
      surroundings.interfaces[1].address += "\n ipv6 enable"
      surroundings.interfaces[0].address = seed % 4 == 1 ? "dhcp setroute" : "198.18.0.2 255.255.255.252"
      let audit = try AuditedText(surroundings.text(compilation.configuration(), "", ""), against: compilation)
      // The device inspects port 21 by itself, and what becomes of some replies nobody knows: `check` says so, too.
      let open = compilation.policy.publications.map { "`\($0.name.value)`" }.filter { name in
        compilation.diagnostics.contains { $0.code == "session-undecided" && $0.message.contains(name) }
      }
      let found = wrong(audit).filter { finding in
        finding.code != "gateway-undecided" || !open.contains(where: finding.message.contains)
      }
      #expect(found.isEmpty, "\(audit.description)\n\(policy)")
    }
    count.report()
    #expect(count.audited >= 4)
  }

  @Test("right configurations have no finding") func right() throws {
    for seed in 0..<count {
      let generator = ASAGenerator(seed: UInt64(seed))
      let audit = try AuditedText(generator.text, against: generator.policy)
      let found = generator.hasObjectsForPorts ? wrong(audit) : audit.found
      #expect(found.isEmpty, "\(seed)\n\(audit.description)\n\(generator.policy)\n\(generator.text)")
    }
  }

  @Test("every mistake is found", arguments: ASAGenerator.Mistake.allCases)
  func mistakes(mistake: ASAGenerator.Mistake) throws {
    var tried = 0
    for seed in 0..<(20 * count) where tried < max(1, count / 4) {
      let generator = ASAGenerator(seed: UInt64(seed))
      guard let text = generator.text(with: mistake) else { continue }
      tried += 1
      let audit = try AuditedText(text, against: generator.policy)
      #expect(!serious(audit).isEmpty, "\(mistake) \(seed)\n\(generator.policy)\n\(text)")
    }
    #expect(tried > 0)
  }

  @Test("a line of the publication that is missing, or has another number, is found") func changedLines() throws {
    for seed in 0..<max(1, count / 8) {
      let generator = ASAGenerator(seed: UInt64(1000 + seed))
      let compilation = compile(generator.policy)
      var random = SeededGenerator(state: UInt64(seed))
      let lines = generator.objects + generator.rules + generator.translations
      for (index, line) in lines.enumerated() {
        var changes: [[String]] = [[]]
        if let changed = Self.otherDigit(line, &random) { changes.append([changed]) }
        if let changed = Self.otherBit(line, &random) { changes.append([changed]) }
        // A small sample takes one of them.
        if count < 8 { changes = [random.pick(changes)] }
        for change in changes {
          var all = lines
          all.replaceSubrange(index...index, with: change)
          let (objects, rules) = (generator.objects.count, generator.rules.count)
          let shift = all.count - lines.count
          let first = objects + (index < objects ? shift : 0)
          let second = first + rules + (index >= objects && index < objects + rules ? shift : 0)
          let text = generator.text(
            Array(all[..<first]), Array(all[first..<second]), Array(all[second...]))
          let audit = try AuditedText(text, against: compilation)
          #expect(!serious(audit).isEmpty, "\(seed): \(line) -> \(change)\n\(generator.policy)\n\(text)")
        }
      }
    }
  }

  /// A line with another digit; `nil` where that would only let more through.
  private static func otherDigit(_ line: String, _ random: inout SeededGenerator) -> String? {
    // An address beside a group, and a range that becomes wider, are nobody's loss here; masks with holes are none.
    guard !line.contains("range"), !line.contains("255.255"), !line.contains("interval") else { return nil }
    let digits = line.indices.filter { line[$0].isNumber }
    guard !digits.isEmpty else { return nil }
    let place = random.pick(digits)
    var characters = Array(line)
    let offset = line.distance(from: line.startIndex, to: place)
    guard let digit = characters[offset].wholeNumberValue else { return nil }
    characters[offset] = Character("\((digit + random.number(1...9)) % 10)")
    return String(characters)
  }

  /// A line with another bit.
  private static func otherBit(_ line: String, _ random: inout SeededGenerator) -> String? {
    guard !line.contains("range"), !line.contains("255.255"), !line.contains("interval") else { return nil }
    var bytes = Array(line.utf8)
    bytes[random.number(0...(bytes.count - 1))] ^= UInt8(1 << random.number(0...6))
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("lines around it that are missing are found") func surroundings() throws {
    for seed in 0..<max(1, count / 8) {
      let generator = ASAGenerator(seed: UInt64(3000 + seed))
      let compilation = compile(generator.policy)
      let lines = generator.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let names = generator.surroundings.interfaces.prefix(2).map { " nameif \($0.name)" }
      for (index, line) in lines.enumerated() where names.contains(line) || line.hasPrefix("access-group") {
        var rest = lines
        rest.remove(at: index)
        let audit = try AuditedText(rest.joined(separator: "\n"), against: compilation)
        #expect(!serious(audit).isEmpty, "\(seed): \(line)")
      }
    }
  }

  @Test("texts that are cut, swapped or spoilt end in findings or hold what they must") func mutations() throws {
    for seed in 0..<count {
      let generator = ASAGenerator(seed: UInt64(2000 + seed))
      let compilation = compile(generator.policy)
      var random = SeededGenerator(state: UInt64(seed))
      for _ in 0..<(count < 8 ? 3 : 6) {
        var lines = generator.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let place = random.number(1...(lines.count - 2))
        switch random.number(0...3) {
        case 0:
          // A text that ends early has no end.
          let cut = lines.prefix(place).joined(separator: "\n")
          guard ASAReader().recognises(GatewayText(name: "x", bytes: Array(cut.utf8), file: SourceID(0))) else {
            continue
          }
          let audit = try AuditedText(cut, against: compilation)
          #expect(audit.found.map(\.code) == ["gateway-file-error"], "\(audit.description)\n\(cut)")
          continue
        case 1: lines.insert(lines[place], at: place)
        case 2: lines.swapAt(place, random.number(1...(lines.count - 2)))
        default:
          var bytes = Array(lines[place].utf8)
          guard !bytes.isEmpty else { continue }
          bytes[random.number(0...(bytes.count - 1))] ^= UInt8(1 << random.number(0...6))
          lines[place] = String(decoding: bytes, as: UTF8.self)
        }
        let text = lines.joined(separator: "\n")
        _ = try AuditedText(text, against: compilation)
      }
    }
  }
}
