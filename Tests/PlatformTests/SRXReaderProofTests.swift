import Compilation
import Diagnostics
import Foundation
import LiveSupport
import Testing

@testable import Platforms

/// Generated configurations of SRX devices, right, with one mistake, and broken. `SALLYPORT_PROVE_GATEWAYS` sets how
/// many.
@Suite struct SRXReaderProofTests {
  private static var size: Int { gatewayProofSize ?? 0 }

  @Test("configurations of any kind that serve the policy are silent") func silent() throws {
    for seed in 0..<UInt64(max(15, Self.size)) {
      let generator = SRXGenerator(seed: seed)
      let text =
        seed.isMultiple(of: 2)
        ? generator.lines.joined(separator: "\n") + "\n" : SRXBraces(generator.lines, seed: seed).text
      let audited = try AuditedText(text, against: generator.policy)
      #expect(audited.found.isEmpty, "seed \(seed): \(audited.description)\n\(text)")
    }
  }

  @Test("a mistake is found") func mistakes() throws {
    for (index, mistake) in (SRXMistake.all + SRXMistake.remarks).enumerated() {
      var count = 0
      for seed in 0..<UInt64(max(9, Self.size)) where count < max(1, Self.size / 10) {
        let generator = SRXGenerator(seed: seed &+ UInt64(index) &* 7)
        guard let lines = mistake.change(generator) else { continue }
        count += 1
        let text = lines.joined(separator: "\n") + "\n"
        let audited = try AuditedText(
          (count + index).isMultiple(of: 2) ? SRXBraces(lines, seed: seed).text : text, against: generator.policy)
        // Where a session ends at no rule, no line of the gateway is to blame.
        let located = audited.found.filter {
          $0.primary.span.range.upperBound > 0 || mistake.name == "every port becomes one"
        }
        #expect(!located.isEmpty, "\(mistake.name), seed \(seed): \(audited.description)\n\(text)")
        #expect(
          !audited.found.contains { $0.code == "gateway-file-error" },
          "\(mistake.name): \(audited.description)\n\(text)")
      }
      #expect(count > 0, "\(mistake.name)")
    }
  }

  @Test("any line that belongs to the publication is missed") func missed() throws {
    let widening =
      SRXReaderTests.widening + [
        " then log", " inactivity-timeout", " match from-zone ", " match to-zone ", " term 1 destination-port",
        " address port ",
        " rule web ", " policy cloud ", " policy web ",
      ]
    for seed in 0..<UInt64(max(1, Self.size / 20)) {
      let generator = SRXGenerator(seed: seed)
      let names = generator.names.values.map { " \($0) " } + [" \(generator.name("pasv"))"]
      for index in generator.lines.indices
      where (Self.size > 0 || index.isMultiple(of: 3))
        && names.contains(where: (generator.lines[index] + " ").contains)
      {
        guard !widening.contains(where: generator.lines[index].contains) else { continue }
        var lines = generator.lines
        lines.remove(at: index)
        let audited = try AuditedText(lines.joined(separator: "\n") + "\n", against: generator.policy)
        #expect(!audited.found.isEmpty, "seed \(seed): \(generator.lines[index])")
      }
    }
  }

  @Test("a wrong byte in such a line is missed") func flips() throws {
    var random = SeededGenerator(state: 5)
    let signs = Array("abcxyz0123456789-/. {".utf8)
    for seed in 0..<UInt64(max(12, Self.size * 4)) {
      let generator = SRXGenerator(seed: seed)
      let names = generator.names.values.map { " \($0) " }
      var lines = generator.lines
      let own = lines.indices.filter { index in
        names.contains(where: lines[index].contains) && !lines[index].contains(" then log")
          && ![" rule web ", " inactivity-timeout", " policy cloud ", " policy web "].contains(
            where: lines[index].contains)
          && !SRXReaderTests.widening.contains(where: lines[index].contains)
          && !lines[index].contains(" address port ")
          && !lines[index].contains(" protocol ")
      }
      let index = random.pick(Array(own))
      var bytes = Array(lines[index].utf8)
      let place = random.number(0...(bytes.count - 1))
      let (old, new) = (bytes[place], random.pick(signs))
      guard old != new else { continue }
      bytes[place] = new
      lines[index] = String(decoding: bytes, as: UTF8.self)
      // The same network, written with another of its addresses.
      guard !lines[index].contains(/\b198\.51\.100\.\d\/24$/) else { continue }
      let audited = try AuditedText(lines.joined(separator: "\n") + "\n", against: generator.policy)
      #expect(!audited.found.isEmpty, "seed \(seed): \(generator.lines[index]) -> \(lines[index])")
    }
  }

  @Test("what is written for any policy is silent") func ownTexts() throws {
    var count = OwnTextCount("srx", sample: 5)
    for seed in 0..<1_000_000 where count.isOpen {
      let policy = generatedPolicy(
        seed,
        gateway: {
          $0 % 3 == 0
            ? "platform srx; outside untrust, partners; inside trust" : "platform srx; outside untrust; inside trust"
        },
        without: ["hairpin", "source gateway", "limit", "log denied", "active on", "helper on"])
      let compilation = compile(policy.count < 4000 ? withServersBehind(policy) : "")
      guard compilation.isAccepted, !compilation.policy.publications.isEmpty,
        let own = try? compilation.configuration(), !own.contains("application-protocol ftp")
      else {
        count.refuse()
        continue
      }
      count.audit()
      let more = "set security zones security-zone partners interfaces ge-0/0/5.0\n"
      // Servers that are routed have addresses of that network, and it is not outside then.
      let zones = SRXSurroundings.zones.replacing("203.0.113.2/24", with: "100.64.0.2/30")
        .replacing("203.0.113.1\n", with: "100.64.0.1\n")
      let audited = try AuditedText(zones + more + own, against: compilation)
      let wrong = audited.found.filter { $0.severity == .error || $0.code == "gateway-undecided" }
      #expect(wrong.isEmpty, "\(audited.description)\n\(policy)")
    }
    count.report()
    #expect(count.audited >= 5)
  }

  @Test("no text is too broken to be read") func broken() throws {
    var random = SeededGenerator(state: 77)
    for text in [
      String(repeating: "a ", count: 100_000) + "{", String(repeating: "a {\n", count: 100_000),
      "set " + String(repeating: "b ", count: 100_000),
    ] {
      let saved = GatewayText(name: "x", bytes: Array(text.utf8), file: SourceID(0))
      let gateway = SRXReader().read(saved, GatewayContext())
      #expect(gateway.diagnostics.map(\.code) == ["gateway-file-error"])
    }
    for seed in 0..<UInt64(max(60, Self.size)) {
      let generator = SRXGenerator(seed: seed)
      var bytes = Array(
        (seed.isMultiple(of: 2)
          ? SRXBraces(generator.lines, seed: seed).text : generator.lines.joined(separator: "\n")).utf8)
      switch random.number(0...2) {
      case 0: bytes.removeLast(random.number(1...(bytes.count - 1)))
      case 1:
        for _ in 0..<random.number(1...20) {
          bytes[random.number(0...(bytes.count - 1))] = UInt8(random.number(0...255))
        }
      default:
        let place = random.number(0...(bytes.count - 1))
        bytes.removeSubrange(place..<min(bytes.count, place + random.number(1...400)))
      }
      let text = GatewayText(name: "x", bytes: bytes, file: SourceID(0))
      _ = SRXReader().recognises(text)
      _ = SRXReader().read(text, GatewayContext(outside: ["untrust"], inside: ["trust"]))
    }
  }

  @Test("thousands of lines are read") func large() throws {
    var lines = SRXGenerator(seed: 3).lines
    for number in 0..<400 {
      let policy = "set security policies from-zone untrust to-zone trust policy n\(number)"
      lines += [
        "set security address-book global address n\(number) 10.\(number / 250).\(number % 250).0/24",
        "\(policy) match source-address any", "\(policy) match destination-address n\(number)",
        "\(policy) match application junos-http",
        "\(policy) then permit", "set security address-book global address-set all address n\(number)",
      ]
    }
    let saved = GatewayText(name: "x", bytes: Array(lines.joined(separator: "\n").utf8), file: SourceID(0))
    let gateway = SRXReader().read(saved, GatewayContext(outside: ["untrust"], inside: ["trust"]))
    #expect(gateway.ruleset.tables.reduce(0) { $0 + $1.ruleCount } >= 400)
  }
}
