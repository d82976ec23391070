import Addressing
import Compilation
import Flows
import Foundation
import LiveSupport
import Platforms
import Testing

private let gateway = "platform openwrt; outside wan; inside lan"

/// What is written for OpenWrt, read back by a strict reader of UCI that knows the options of fw4.
@Suite struct OpenWrtTests {
  @Test("the worked case, without and with the helper, is what was run through fw4")
  func workedCases() throws {
    let off = compile(workedCase(gateway))
    #expect(off.errors.isEmpty, "\(off.errors)")
    let sections = try UCISection.read(off.configuration())
    #expect(sections.map(\.id) == ["sallyport_ftp1_ctl", "sallyport_ftp1_pasv"])
    #expect(sections[1].options["dest_port"] == nil && sections[0].options["dest_port"] == "21")
    #expect(sections.allSatisfy { $0.options["reflection"] == "0" && $0.options["target"] == "DNAT" })

    let on = compile(workedCase(gateway, "tls off; helper on # allow: tls-off"))
    #expect(on.errors.isEmpty, "\(on.errors)")
    let helper = try #require(UCISection.read(on.configuration()).last)
    #expect(helper.id == "sallyport_ftp1_alg" && helper.options["target"] == "HELPER")
    // The helper sees packets after their translation.
    #expect(helper.options["dest_ip"] == "10.10.20.200" && helper.options["dest_port"] == "21")
  }

  @Test(
    "what it cannot do is refused where it is asked for",
    arguments: [
      ("limit 5 sessions", "a limit of sessions"),
      ("limit 5 sessions per client", "a limit of sessions per client"),
      ("limit 5 new per minute per client", "a limit of new connections"),
      ("log new", "a log of new connections"), ("log denied", "a log of denied connections"),
      ("hairpin on; deny 192.0.2.1", "clients inside at the external address"),
    ])
  func refusals(statement: String, words: String) {
    let compilation = compile(workedCase(gateway, "tls explicit required; passive range 5000-5500; \(statement)"))
    #expect(
      compilation.errors == ["platform-unsupported: `ftp1` asks for \(words), which is not written for openwrt"],
      "\(compilation.errors)")
  }

  @Test("releases before 22.03 get no helper, and no `nat` sections")
  func releases() {
    for (version, fits) in [("19.07", false), ("21.02.3", false), ("22.03", true), ("24.10.1", true)] {
      let old = "platform openwrt \(version); outside wan; inside lan"
      #expect(compile(workedCase(old)).errors.isEmpty)
      #expect(
        compile(workedCase(old, "tls explicit optional; passive range 5000-5500; helper on")).errors.isEmpty == fits)
      #expect(
        compile(workedCase(old, "tls explicit required; passive range 5000-5500; source gateway")).errors.isEmpty
          == fits)
    }
    for version in ["18.06", "19.06", "snapshot", "22", "22.3", "22.13"] {
      #expect(compile(workedCase("platform openwrt \(version); outside wan")).errors.count == 1, "\(version)")
    }
  }

  @Test("names of zones", arguments: ["a b", "1st", "o'brien", "wan\\\"", "$(reboot)", "*"])
  func zoneNames(name: String) {
    let errors = compile(workedCase("platform openwrt; outside \"\(name)\"")).errors
    #expect(errors.count == 1 && errors[0].hasPrefix("platform-input:"), "\(errors)")
  }

  @Test("reflection: once for each of the two, in the zone of the server")
  func hairpin() throws {
    let compilation = compile(
      workedCase(
        gateway, "tls explicit required; passive range 5000-5500; hairpin on; allow 192.0.2.0/24, 198.51.100.0/24"))
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let sections = try UCISection.read(compilation.configuration())
    #expect(sections.count == 4 && sections.count { $0.options["reflection"] == "1" } == 2)
    #expect(sections.allSatisfy { $0.options["dest"] == "lan" })
    let two = compile(
      workedCase(
        "platform openwrt; outside wan; inside lan, dmz", "tls explicit required; passive range 5000-5500; hairpin on"
      ))
    #expect(two.errors.contains { $0.contains("clients inside") })
  }

  @Test("sections have names that UCI takes, and no two the same")
  func sectionNames() throws {
    var text = "gateway edge { \(gateway) }\n"
    for (index, name) in ["a-b", "a-b-ctl", "a", "a-pasv2", "ctl", String(repeating: "x", count: 48)].enumerated() {
      text += """
        publish \(name) { server 10.1.0.\(index + 1) other; external ip 203.0.113.\(index + 1)
          passive range 5000-5500; tls explicit required; allow 192.0.2.1, 192.0.2.3, 192.0.2.5 }

        """
    }
    let compilation = compile(text)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let sections = try UCISection.read(compilation.configuration())
    #expect(sections.count == 6 * 6 && Set(sections.map(\.id)).count == sections.count)
  }

  @Test("commands make the same sections, twice is once, and the way back leaves what others have")
  func commands() throws {
    var machine = UCIFile()
    let foreign = UCISection(type: "rule", id: "allow_ping", options: ["name": "Allow-Ping", "target": "ACCEPT"])
    machine.sections = [foreign]
    for more in ["hairpin on", "source gateway", "helper on; active on", "allow 192.0.2.0/25, 192.0.2.254"] {
      let compilation = compile(workedCase(gateway, "tls explicit optional; passive range 5000-5500; \(more)"))
      #expect(compilation.errors.isEmpty, "\(more): \(compilation.errors)")
      let sections = try UCISection.read(compilation.configuration())
      let batch = try compilation.configuration("batch")
      let back = try #require(compilation.companion("remove.batch"))
      try machine.run(batch)
      #expect(machine.sections == [foreign] + sections)
      try machine.run(batch)
      #expect(Set(machine.sections.map(\.id)).count == machine.sections.count)
      #expect(machine.sections.count == sections.count + 1)
      // What the text adds to the file, `uci -m import`.
      machine.merge(sections)
      #expect(machine.sections == [foreign] + sections)
      try machine.run(back)
      #expect(machine.sections == [foreign])
      try machine.run(back)
      #expect(machine.sections == [foreign])
    }
  }

  @Test("every section is one that fw4 takes, and lets in whom the policy does; or it is refused")
  func generated() throws {
    var (accepted, refused, sections) = (0, 0, 0)
    for seed in UInt64(1)...UInt64(policySample) {
      let compilation = generatedPolicy(seed, gateway: gateway, unless: ["limit", "log"])
      guard compilation.isAccepted else {
        refused += 1
        continue
      }
      accepted += 1
      let text = try compilation.configuration()
      let read = try UCISection.read(text)
      sections += read.count
      let faults = read.flatMap(\.faults)
      #expect(faults.isEmpty, "seed \(seed): \(faults.prefix(3))")
      #expect(Set(read.map(\.id)).count == read.count, "seed \(seed)")
      #expect(read.entrances == entrances(compilation), "seed \(seed)")
    }
    #expect(accepted > policySample / 2, "\(accepted) accepted, \(refused) refused")
    #expect(sections > policySample)
  }

  @Test("a changed text is noticed")
  func mutation() throws {
    let compilation = compile(workedCase(gateway))
    let (text, wanted) = (try compilation.configuration(), entrances(compilation))
    #expect(try UCISection.read(text).entrances == wanted)
    for (old, new) in [
      ("5000-5500", "5000-5499"), ("'2121'", "'2120'"), ("'21'", "'22'"), ("10.10.20.200", "10.10.20.201"),
      ("198.51.100.0/24", "198.51.100.0/25"), ("203.0.113.10", "203.0.113.11"), ("'DNAT'", "'SNAT'"),
      ("'tcp'", "'udp'"),
      ("src_dport", "src_dprot"), ("option src '", "option dst '"), ("config redirect", "config redirekt"),
      ("5000-5500", "5500-5000"), ("'wan'", "'wan"),
    ] {
      let changed = text.replacing(old, with: new)
      #expect(changed != text)
      let sections = (try? UCISection.read(changed)) ?? []
      let isWrong = sections.isEmpty || !sections.flatMap(\.faults).isEmpty
      #expect(isWrong || sections.entrances != wanted, "\(old) became \(new)")
    }
  }

  private static let reader = folder(ofScript: "uci-reader")
  private static let hasReader = (try? reader.get()) != nil

  @Test(
    "a reader that is not ours takes the text, and refuses a broken one",
    .enabled(if: OpenWrtTests.hasReader, "scripts/uci-reader has nothing in the cache"))
  func secondReader() throws {
    let folder = try Self.reader.get()
    let program = """
      import sys
      from uciparse.uci import UciFile
      for path in sys.argv[1:]:
          UciFile.from_file(path)
      """
    func isRead(_ texts: [String]) throws -> Bool {
      try withFiles(texts) {
        try ExternalTool(
          ["python3", "-c", program] + $0, environment: ["PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"]
        ).status == 0
      }
    }
    let texts = try ["hairpin on", "source gateway", "helper on; active on", "active on"].map {
      try compile(workedCase(gateway, "tls explicit optional; passive range 5000-5500; \($0)")).configuration()
    }
    #expect(try isRead(texts))
    #expect(try !isRead([texts[0].replacing("'wan'", with: "'wan")]))
  }

  /// What clients outside may open, as the policy says it.
  private func entrances(_ compilation: Compilation) -> [Entrance: AddressSet] {
    var entrances: [Entrance: AddressSet] = [:]
    for service in compilation.flows(gateway: 0).services {
      var clients = service.clients ?? .any
      if service.family == .ipv4 { clients.ipv6 = AddressSet().ipv6 } else { clients.ipv4 = AddressSet().ipv4 }
      guard !clients.isEmpty else { continue }
      for entrance in ports(service) {
        entrances[entrance] = AddressSet(unionOf: [entrances[entrance] ?? AddressSet(), clients])
      }
    }
    return entrances
  }

  private func ports(_ service: PublishedService) -> [Entrance] {
    let isShifted = service.controlPort != service.serverControlPort
    func entrance(_ ports: PortRange, isControl: Bool) -> Entrance {
      let isRedirected = service.isTranslated || isControl && isShifted
      return Entrance(
        address: service.arrival, ports: ports, target: isRedirected ? service.serverAddress : nil,
        port: isRedirected && isControl ? service.serverControlPort : nil)
    }
    return [entrance(PortRange(service.controlPort), isControl: true)]
      + (service.passiveRange.map { [entrance($0, isControl: false)] } ?? [])
  }

  private static let reaches = """
    reach bank { server 198.51.100.21, 2001:db8:51::21; passive range 50000-50399; tls explicit required
      allow 10.20.0.0/24, 10.21.0.7, 2001:db8:20::/64; source gateway }
    reach payroll { server 198.51.100.21; control port 2121; passive range any; tls explicit required
      deny 10.20.0.66; source gateway }
    reach old { server 198.51.100.22; control port 2100; helper on; active on; tls off; allow 10.20.0.0/24 }
    """

  private func reaches(_ gateway: String = gateway) -> Compilation {
    compile("gateway edge { \(gateway); external ip 203.0.113.10, 2001:db8::10 }\n\(Self.reaches)")
  }

  @Test("users: every permit before every refusal, and the address of the gateway as source")
  func reach() throws {
    let compilation = reaches()
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let sections = try UCISection.read(compilation.configuration())
    #expect(sections.flatMap(\.faults).isEmpty, "\(sections.flatMap(\.faults))")
    let targets = sections.map { $0.options["target"] ?? "" }
    let last = try #require(targets.lastIndex(of: "ACCEPT"))
    #expect(try #require(targets.firstIndex(of: "DROP")) > last)
    #expect(sections.filter { $0.type == "rule" }.allSatisfy { $0.options["src"] == "lan" })
    #expect(sections.filter { $0.options["target"] == "DROP" }.allSatisfy { $0.options["dest"] == "*" })
    let sources = sections.filter { $0.type == "nat" }
    #expect(sources.allSatisfy { $0.options["src"] == "wan" })
    #expect(Set(sources.compactMap { $0.options["snat_ip"] }) == ["203.0.113.10", "2001:db8::10"])
    let helper = try #require(sections.first { $0.options["target"] == "HELPER" })
    #expect(helper.options["dest_ip"] == "198.51.100.22" && helper.options["dest_port"] == "2100")
    // What `uci` keeps of it is what is written, and goes by the way back.
    var machine = UCIFile()
    try machine.run(compilation.configuration("batch"))
    #expect(machine.sections == sections)
    try machine.run(try #require(compilation.companion("remove.batch")))
    #expect(machine.sections.isEmpty)
  }

  @Test("the text, read back as fw4 reads it, lets users do what the policy says")
  func reachReadBack() throws {
    let compilation = reaches()
    let zones = """
      config defaults
      \toption input 'REJECT'
      \toption output 'ACCEPT'
      \toption forward 'REJECT'

      config zone
      \toption name 'lan'
      \toption input 'ACCEPT'
      \toption output 'ACCEPT'
      \toption forward 'ACCEPT'
      \tlist network 'lan'

      config zone
      \toption name 'wan'
      \toption input 'REJECT'
      \toption output 'ACCEPT'
      \toption forward 'REJECT'
      \tlist network 'wan'


      """
    // Where the zone may do everything, whom `allow` leaves out is kept out all the same.
    for more in ["", "config forwarding\n\toption src 'lan'\n\toption dest 'wan'\n\n"] {
      let read = try ReachStudy.read(zones + more + (try compilation.configuration()), compilation)
      #expect(ReachStudy(compilation, read).faults.isEmpty, "\(ReachStudy(compilation, read).faults)")
    }
    #expect(ReachStudy(compilation).faults.isEmpty, "\(ReachStudy(compilation).faults)")
  }

  @Test("users of older releases, and a helper without a zone")
  func reachRefusals() {
    let old = reaches("platform openwrt 19.07; outside wan; inside lan").errors
    #expect(old.count == 3 && old.allSatisfy { $0.hasPrefix("platform-unsupported:") }, "\(old)")
    #expect(
      reaches("platform openwrt; outside wan").errors == [
        "platform-input: openwrt has to be told `inside` of `edge`, because `old` has the FTP helper"
      ])
  }

  @Test func sessions() {
    for more in ["", "hairpin on", "source gateway"] {
      let compilation = compile(workedCase(gateway, "tls explicit required; passive range 5000-5500; \(more)"))
      let table = compilation.sessions(of: compilation.policy.publications[0])
      let permitted = table.cells.filter(\.isPermitted)
      #expect(!permitted.isEmpty && permitted.allSatisfy { $0.outcome == .works }, "\(more)")
      #expect(table.cells.contains { $0.place == .stranger && $0.outcome == .refused })
    }
  }
}
