import Addressing
import Compilation
import Flows
import Foundation
import LiveSupport
import Platforms
import Testing

/// A program of others that reads configurations of firewalls and says where two permit different connections
/// (`fwshift`, which `scripts/firewall-readers` puts into the cache). It is run, and never linked.
private enum SecondReader {
  static let folder = LiveSupport.folder(ofScript: "firewall-readers")

  static var missing: String? { if case .failure(let error) = folder { error.reason } else { nil } }

  struct Text: Encodable {
    var format: String
    var text: String
  }

  struct Pair: Encodable {
    var first: Int
    var second: Int
    /// The zones of the first, as the second names them.
    var zones: [String: String]
  }

  private struct Work: Encodable {
    var texts: [Text]
    var pairs: [Pair]
  }

  /// What each pair decides in different ways; nothing where it decides alike.
  static func differences(_ texts: [Text], _ pairs: [Pair]) throws -> [[String]] {
    let work = String(decoding: try JSONEncoder().encode(Work(texts: texts, pairs: pairs)), as: UTF8.self)
    let script = repository.appending(path: "Tests/PlatformTests/compare-firewalls.py").path
    return try withFiles([work]) { paths in
      let run = try ExternalTool(["python3", script] + paths, environment: ["PYTHONPATH": try folder.get()])
      guard run.status == 0 else { throw MissingTool(reason: run.errors) }
      return try JSONDecoder().decode([[String]].self, from: Data(run.output.utf8))
    }
  }
}

/// How the second reader gets to see a platform.
private struct ReadPlatform: Sendable {
  /// As policies call it.
  var name: String
  /// As the reader calls its configurations.
  var format: String
  var outside: String
  var inside: String
  /// Statements of the gateway that are written where the platform has a use for them.
  var inputs: [(input: GatewayInput, statement: String)] = []
  /// Whether it also understands the translations in it.
  var seesTranslations = true
  /// Makes a whole configuration of our text: what is on the device besides, and what the reader cannot read said in
  /// another way.
  var whole: @Sendable (String) -> String

  /// The statements of its gateway.
  func gateway(on platform: any Platform) -> String {
    let alone = compile("gateway g { outside eth0 }").flows(gateway: 0)
    let used = inputs.filter { platform.need(of: $0.input, for: alone) != .useless }.map(\.statement)
    return (["platform \(name)", "outside \"\(outside)\"", "inside \"\(inside)\""] + used).joined(separator: "; ")
  }

  static let all: [ReadPlatform] = [
    // Not iptables: its text refuses clients in `mangle`, by what they dialled, and this reader looks at `filter`
    // alone. The kernel and the session model hold it to the plan.
    ReadPlatform(
      name: "routeros", format: "routeros", outside: "ether1", inside: "bridge",
      inputs: [(.before, "before \"drop the rest\"")]
    ) { text in
      // As an export has it: what is there, in its order. `connection-nat-state` on a permit is not understood, and
      // narrows nothing here.
      let entries = text.split(separator: "\n").filter { !$0.contains(" remove [find ") && !$0.hasPrefix(":if ") }
        .map { $0.prefix(upTo: $0.firstRange(of: " place-before=")?.lowerBound ?? $0.endIndex) }
        .joined(separator: "\n").replacing(" connection-nat-state=dstnat", with: "")
      return """
        /ip firewall filter
        add chain=forward action=accept connection-state=established,related
        \(entries)
        /ip firewall filter
        add chain=forward action=drop comment="drop the rest"

        """
    },
    ReadPlatform(
      name: "asa", format: "asa", outside: "outside", inside: "inside",
      inputs: [(.accessList, "access list \"outside_access_in\"")]
    ) { text in
      """
      ASA Version 9.12(4)
      interface GigabitEthernet0/0
       nameif outside
       security-level 0
       ip address 192.0.2.1 255.255.255.0
      interface GigabitEthernet0/1
       nameif inside
       security-level 100
       ip address 10.10.20.1 255.255.255.0
      route inside 203.0.113.0 255.255.255.0 10.10.20.2
      \(text)
      access-list inside_access_in extended deny ip any any
      access-group outside_access_in in interface outside
      access-group inside_access_in in interface inside

      """
    },
    ReadPlatform(
      name: "srx", format: "junos", outside: "untrust", inside: "trust",
      inputs: [
        (.unitOutside, "unit outside \"ge-0/0/0.0\""), (.unitInside, "unit inside \"ge-0/0/1.0\""),
        (.before, "before \"deny-the-rest\""),
      ]
    ) { text in
      // What is left when it is committed.
      let lines = text.split(separator: "\n").filter { $0.hasPrefix("set ") }.joined(separator: "\n")
      return """
        set security zones security-zone untrust interfaces ge-0/0/0.0
        set security zones security-zone trust interfaces ge-0/0/1.0
        \(lines)

        """
    },
    ReadPlatform(
      name: "fortigate", format: "fortios", outside: "wan1", inside: "dmz",
      inputs: [(.numbers, "numbers 9001-9200"), (.before, "before \"1\"")], seesTranslations: false,
      whole: withAddressesForVirtualOnes),
  ]
}

/// A FortiGate's configuration with an address in the place of each virtual one: the reader does not decide about
/// policies whose destination is a virtual address.
private func withAddressesForVirtualOnes(_ text: String) -> String {
  var lines: [String] = []
  var isVirtual = false
  for line in text.split(separator: "\n") {
    let words = line.split(separator: " ")
    if words.starts(with: ["config", "firewall", "vip"]) {
      isVirtual = true
      lines.append("config firewall address")
    } else if isVirtual, words.first == "set" {
      guard words.count == 3, words[1] == "mappedip" else { continue }
      lines.append("        set subnet \(words[2].filter { $0 != "\"" }) 255.255.255.255")
    } else if !["move", "delete", "purge"].contains(words.first ?? "") {
      if words == ["end"] { isVirtual = false }
      lines.append(String(line))
    }
  }
  return lines.joined(separator: "\n") + "\n"
}

/// The plan of a gateway with `eth0` and `eth1`, in the words of iptables: what the others are compared with.
///
/// - Parameter way: From where to where clients come, or users.
private func reference(_ plan: FlowPlan, withTranslations: Bool, way: String = "-i eth0 -o eth1") -> String {
  var nat: [String] = []
  var filter: [String] = []
  for service in plan.services {
    let sources = service.clients.map { clients in
      clients.ranges(service.family).map { "-m iprange --src-range \($0.lowerBound)-\($0.upperBound) " }
    }
    for source in sources ?? [""] {
      func match(_ ports: PortRange) -> String { "-p tcp -m tcp --dport \(ports.low):\(ports.high) \(source)" }
      if service.isTranslated {
        let dialled = "-A PREROUTING -i eth0 -d \(service.arrival)/32"
        let control = match(PortRange(service.controlPort))
        nat.append(
          "\(dialled) \(control)-j DNAT --to-destination \(service.serverAddress):\(service.serverControlPort)")
        if let range = service.passiveRange {
          nat.append("\(dialled) \(match(range))-j DNAT --to-destination \(service.serverAddress)")
        }
      }
      for ports in service.serverPorts {
        filter.append(
          "-A FORWARD \(way) -d \(service.serverAddress)/32 \(match(ports))"
            + "-m conntrack --ctstate NEW -j ACCEPT"
        )
      }
    }
  }
  let translations = withTranslations ? ["*nat", ":PREROUTING ACCEPT [0:0]"] + nat + ["COMMIT"] : []
  let established = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
  return (translations + ["*filter", ":FORWARD DROP [0:0]", established] + filter + ["COMMIT", ""]).joined(
    separator: "\n")
}

/// Publications of a kind that every platform can have: IPv4, one control port and a range, TLS, some clients.
private func publications(_ random: inout SeededGenerator) -> String {
  (0..<random.number(1...4)).map { index in
    let isRouted = random.chance(4)
    let external = "203.0.113.\(10 + index)"
    let low = 20_000 + index * 2_000 + random.number(0...500)
    return """
      publish p\(index) {
          server \(isRouted ? external : "10.10.20.\(10 + index)") proftpd
          external ip \(external)
          control port \(isRouted || random.chance(2) ? "21" : "\(2121 + index) -> \(2100 + index)")
          passive range \(low)-\(low + random.number(100...1_400))
          tls explicit required
          \(random.chance(4) ? "" : clients(&random))
      }
      """
  }.joined(separator: "\n")
}

private func clients(_ random: inout SeededGenerator) -> String {
  let some = (0..<random.number(1...4)).map { _ in
    let length = random.number(16...32)
    let bits = UInt32(random.number(0...65_535)) | 0xC633_0000
    let network = length == 32 ? bits : bits & ~(UInt32.max >> UInt32(length))
    let octets = [24, 16, 8, 0].map { String(network >> UInt32($0) & 255) }
    return octets.joined(separator: ".") + (length == 32 ? "" : "/\(length)")
  }
  return "allow \(some.joined(separator: ", "))"
}

/// `reach` blocks that every platform can have, some of them of one server.
private func reaches(_ random: inout SeededGenerator) -> String {
  (0..<random.number(1...4)).map { index in
    let low = 20_000 + index * 2_000 + random.number(0...500)
    return """
      reach r\(index) {
          server 203.0.113.\(10 + (random.chance(3) ? 0 : index))
          control port \(2121 + index)
          passive range \(low)-\(low + random.number(100...1_400))
          tls explicit required
          \(random.chance(4) ? "" : clients(&random))
      }
      """
  }.joined(separator: "\n")
}

@Suite(
  "texts as a second reader understands them",
  .enabled(if: SecondReader.missing == nil, "\(SecondReader.missing ?? "")"))
struct SecondReaderTests {
  /// The platforms that there are, of those that can be read.
  private static let platforms = ReadPlatform.all.compactMap { read in
    Platforms.named(read.name).map { (read: read, gateway: read.gateway(on: $0)) }
  }

  /// Every text is alike to the same reference, and so to every other one.
  @Test("100 policies permit the same connections on every platform")
  func alike() throws {
    var random = SeededGenerator(state: 18)
    var texts: [SecondReader.Text] = []
    var pairs: [SecondReader.Pair] = []
    var words: [String] = []
    for _ in 0..<100 {
      let policy = publications(&random)
      let plan = compile("gateway edge { outside eth0; inside eth1 }\n\(policy)")
      try #require(plan.errors.isEmpty, "\(plan.errors)\n\(policy)")
      let start = texts.count
      for translated in [true, false] {
        let text = reference(plan.flows(gateway: 0), withTranslations: translated)
        texts.append(SecondReader.Text(format: "iptables", text: text))
      }
      for (read, gateway) in Self.platforms {
        let compilation = compile("gateway edge { \(gateway) }\n\(policy)")
        try #require(compilation.errors.isEmpty, "\(read.name): \(compilation.errors)\n\(policy)")
        let text = read.whole(try compilation.configuration())
        pairs.append(
          SecondReader.Pair(
            first: start + (read.seesTranslations ? 0 : 1), second: texts.count,
            zones: ["eth0": read.outside, "eth1": read.inside]))
        texts.append(SecondReader.Text(format: read.format, text: text))
        words.append("\(read.name)\n\(policy)\n\(text)")
      }
    }
    let differences = try SecondReader.differences(texts, pairs)
    #expect(differences.count == pairs.count && !pairs.isEmpty)
    for (found, words) in zip(differences, words) where !found.isEmpty {
      Issue.record("\(found.joined(separator: "\n"))\n\(words)")
      return
    }
  }

  /// What the refusals of one `reach` would take from the users of another one would show here.
  @Test("60 policies let the same users out on every platform")
  func usersAlike() throws {
    var random = SeededGenerator(state: 41)
    var texts: [SecondReader.Text] = []
    var pairs: [SecondReader.Pair] = []
    var words: [String] = []
    for _ in 0..<60 {
      let policy = reaches(&random)
      let plain = compile("gateway edge { outside eth0; inside eth1 }\n\(policy)")
      try #require(plain.errors.isEmpty, "\(plain.errors)\n\(policy)")
      let first = texts.count
      let outbound = try #require(plain.flows(gateway: 0).outbound)
      texts.append(
        SecondReader.Text(
          format: "iptables", text: reference(outbound, withTranslations: false, way: "-i eth1 -o eth0")))
      for (read, gateway) in Self.platforms {
        let own = gateway.replacing("\"outside_access_in\"", with: "\"inside_access_in\"")
        let compilation = compile("gateway edge { \(own) }\n\(policy)")
        try #require(compilation.errors.isEmpty, "\(read.name): \(compilation.errors)\n\(policy)")
        let text = read.whole(try compilation.configuration())
          .replacing("access-group outside_access_in in interface outside\n", with: "")
          .replacing("route inside 203.0.113.0", with: "route outside 203.0.113.0")
        pairs.append(
          SecondReader.Pair(
            first: first, second: texts.count, zones: ["eth0": read.outside, "eth1": read.inside]))
        texts.append(SecondReader.Text(format: read.format, text: text))
        words.append("\(read.name)\n\(policy)\n\(text)")
      }
    }
    let differences = try SecondReader.differences(texts, pairs)
    #expect(differences.count == pairs.count && !pairs.isEmpty)
    for (found, words) in zip(differences, words) where !found.isEmpty {
      Issue.record("\(found.joined(separator: "\n"))\n\(words)")
      return
    }
  }

  /// One thing that is changed in a text, wherever it stands.
  private static let mutations = [
    ("5500", "5499"), ("5000", "4999"), ("2100", "2101"), ("10.10.20.200", "10.10.20.201"),
    ("198.51.100", "198.51.101"),
  ]

  @Test("a text with another range, port, server or client is not alike")
  func mutationsAreNoticed() throws {
    let policy = """
      publish ftp1 {
          server 10.10.20.200 proftpd
          external ip 203.0.113.10
          control port 2121 -> 2100
          passive range 5000-5500
          tls explicit required
          allow 198.51.100.0/24
      }
      """
    let plan = compile("gateway edge { outside eth0; inside eth1 }\n\(policy)").flows(gateway: 0)
    var texts = [true, false].map {
      SecondReader.Text(format: "iptables", text: reference(plan, withTranslations: $0))
    }
    var pairs: [SecondReader.Pair] = []
    var words: [String] = []
    func add(_ name: String, _ original: String, _ format: String, against first: Int, _ zones: [String: String]) {
      for (text, replacement) in Self.mutations {
        let changed = original.replacing(text, with: replacement)
        #expect(changed != original, "\(name) has no \(text)")
        pairs.append(SecondReader.Pair(first: first, second: texts.count, zones: zones))
        texts.append(SecondReader.Text(format: format, text: changed))
        words.append("\(name): \(text) as \(replacement)")
      }
    }
    for (read, gateway) in Self.platforms {
      let text = read.whole(try compile("gateway edge { \(gateway) }\n\(policy)").configuration())
      add(
        read.name, text, read.format, against: read.seesTranslations ? 0 : 1,
        ["eth0": read.outside, "eth1": read.inside])
    }
    add("the reference", texts[0].text, "iptables", against: 0, [:])
    for (found, words) in zip(try SecondReader.differences(texts, pairs), words) {
      #expect(!found.isEmpty, "\(words)")
    }
  }
}

@Test("continuous integration has a second reader")
func secondReaderInContinuousIntegration() {
  if LiveRequirements.isCI { #expect(SecondReader.missing == nil) }
}
