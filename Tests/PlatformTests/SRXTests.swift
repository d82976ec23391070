import Addressing
import Compilation
import Diagnostics
import Flows
import Foundation
import LiveSupport
import Policy
import Testing

@testable import Platforms

@Suite struct SRXTests {
  static let gateway = "platform srx; outside untrust; inside trust; unit outside \"ge-0/0/0.0\""

  // MARK: What is written

  @Test("the worked case says what the policy asks for", arguments: [false, true])
  func workedCase(helper: Bool) throws {
    let compilation = compile(helper ? Self.withHelper : PlatformTests.workedCase(Self.gateway))
    #expect(compilation.errors.isEmpty)
    let text = try compilation.configuration()
    #expect(try Self.judge(text, compilation) == [])
    #expect(text.contains("application-protocol \(helper ? "ftp" : "ignore")\n"))
    #expect(text.contains("-pasv") == !helper)
  }

  static let withHelper = PlatformTests.workedCase(gateway, "tls off; helper on; active on")

  @Test func whatNobodyMayWriteIsNotWritten() throws {
    for text in [
      try compile(PlatformTests.workedCase(Self.gateway)).configuration(),
      try compile(Self.withHelper).configuration(),
    ] {
      for word in ["ftps-extension", "security alg", "commit", "load ", "deactivate"] {
        #expect(!text.contains(word))
      }
    }
  }

  @Test func publicationsOfOneServerShareAnAddressAndARange() throws {
    let compilation = compile(Self.twoOfOneServer)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let text = try compilation.configuration()
    #expect(try Self.judge(text, compilation) == [])
    // One rule for the ports that both have; each policy has them all the same.
    #expect(text.matches(of: /rule \S+-pasv match destination-port/).count == 1)
    #expect(text.matches(of: /proxy-arp/).count == 1)
    #expect(text.matches(of: /match application \S+-pasv/).count == 2)
  }

  static let twoOfOneServer = """
    gateway edge { \(gateway) }
    server s { address 10.10.20.200; software proftpd; certificate "/a" key "/b" }
    publish old { server s; external ip 203.0.113.10; passive range 5000-5500; tls implicit; allow 192.0.2.0/24 }
    publish young { server s; external ip 203.0.113.10; passive range 5000-5500; tls explicit required; log new }
    """

  @Test func rangesThatOverlapPartlyLeadToTheSameServer() throws {
    let text = Self.twoOfOneServer.replacing("5000-5500; tls implicit", with: "5400-5600; tls implicit")
    let compilation = compile(text)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    #expect(try Self.judge(try compilation.configuration(), compilation) == [])
  }

  @Test func everyZoneHasItsPolicyAndOneRuleSetComesFromAll() throws {
    let gateway = "platform srx 21.4; outside untrust, partners; inside trust, dmz; before \"deny-all\""
    let compilation = compile(PlatformTests.workedCase(gateway))
    #expect(compilation.errors.isEmpty)
    let text = try compilation.configuration()
    #expect(text.matches(of: /policy sallyport-ftp1 then permit/).count == 4)
    #expect(text.matches(of: /from zone/).count == 2)
    #expect(text.matches(of: /insert .* before policy deny-all/).count == 4)
    #expect(!text.contains("proxy-arp"))
    let device = try Self.device(withLast: "deny-all", of: text)
    var candidate = device
    try candidate.load(text)
    #expect(candidate.contexts.allSatisfy { $0.policies.map(\.name) == ["sallyport-ftp1", "deny-all"] })
  }

  @Test func aServerAtItsOwnAddressIsPermittedAndNotTranslated() throws {
    let compilation = compile(
      """
      gateway edge { \(Self.gateway) }
      publish files {
          server 192.0.2.9, 2001:db8:20::9 proftpd { certificate "/a" key "/b" }
          external ip 192.0.2.9, 2001:db8:20::9
          passive range 5000-5500
          tls explicit required
          allow 198.51.100.0/24, 2001:db8:7::/48
      }
      """)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let text = try compilation.configuration()
    #expect(!text.contains(" nat "))
    #expect(text.contains("policy sallyport-files-v6 match source-address sallyport-files-v6-clients"))
    #expect(try Self.judge(text, compilation) == [])
  }

  // MARK: Again, and back

  @Test func twiceIsOnceAndTheWayBackLeavesNothing() throws {
    for policy in [PlatformTests.workedCase(Self.gateway), Self.withHelper, Self.twoOfOneServer] {
      let compilation = compile(policy)
      let text = try compilation.configuration()
      let once = try SRXCandidate(text)
      var candidate = once
      try candidate.load(text)
      #expect(candidate == once)
      let warnings = candidate.warnings.count
      try candidate.load(try #require(compilation.companion("way-back.set")))
      #expect(candidate.isEmpty && candidate.warnings.count == warnings)
    }
  }

  /// What a line that sets would leave in a list.
  @Test func whatAPublicationLostTheDeviceLoses() throws {
    let gateway = Self.gateway + "; before \"deny-all\""
    let before = PlatformTests.workedCase(
      gateway, "tls explicit required; passive range 5000-5500; allow 192.0.2.0/24; log new")
    let after = PlatformTests.workedCase(gateway, "tls off; helper on").replacing("2121 -> 21", with: "2122 -> 21")
    let (old, new) = (try compile(before).configuration(), try compile(after).configuration())
    var candidate = try Self.device(withLast: "deny-all", of: old)
    let fresh = try {
      var fresh = candidate
      try fresh.load(new)
      return fresh
    }()
    try candidate.load(old)
    try candidate.load(new)
    #expect(candidate.contexts == fresh.contexts && candidate.ruleSets == fresh.ruleSets)
    #expect(candidate.addressSets == fresh.addressSets)
    #expect(fresh.pools.allSatisfy { candidate.pools[$0.key] == $0.value })
  }

  @Test func aPolicyThatSomebodyMovedStaysWhereItIs() throws {
    let text = try compile(PlatformTests.workedCase(Self.gateway)).configuration()
    var candidate = try SRXCandidate(text)
    candidate.contexts[0].policies.append(SRXCandidate.Policy(name: "deny-all"))
    try candidate.load(text)
    #expect(candidate.contexts[0].policies.map(\.name) == ["sallyport-ftp1", "deny-all"])
  }

  /// A device on which each pair of zones has one policy already.
  static func device(withLast name: String, of text: String) throws -> SRXCandidate {
    var device = SRXCandidate()
    device.contexts = try SRXCandidate(text.replacing(/insert .*\n/, with: "")).contexts.map { context in
      SRXCandidate.Context(from: context.from, to: context.to, policies: [SRXCandidate.Policy(name: name)])
    }
    return device
  }

  // MARK: What is refused

  @Test(
    "what the device cannot do, or nobody has seen it do, is an error where it is asked for",
    arguments: rareStatements)
  func unsupported(statement: String, words: String) throws {
    let more = "tls explicit required; passive range 5000-5500; \(statement)"
    let compilation = compile(PlatformTests.workedCase(Self.gateway, more))
    #expect(compilation.errors == ["platform-unsupported: `ftp1` asks for \(words), which is not written for srx"])
    let place = try #require(compilation.diagnostics.first { $0.severity == .error }).primary.span
    #expect(place.range.lowerBound >= more.utf8.count)
  }

  @Test func moreIsRefused() {
    let local = PlatformTests.workedCase(Self.gateway).replacing("10.10.20.200", with: "local")
    #expect(compile(local).errors.contains { $0.contains("a server on the gateway itself") })
    let translated = PlatformTests.workedCase(Self.gateway).replacing("10.10.20.200", with: "2001:db8:20::9")
      .replacing("203.0.113.10", with: "2001:db8::9").replacing("198.51.100.0/24", with: "any")
    #expect(compile(translated).errors.contains { $0.contains("a translation of IPv6 addresses") })
    let routed = translated.replacing("2001:db8::9", with: "2001:db8:20::9")
    #expect(
      compile(routed).errors.contains { $0.contains("a control port that differs from the server's over IPv6") })
    let helped = routed.replacing("2121 -> 21", with: "21")
      .replacing("tls explicit required; passive range 5000-5500", with: "tls off; helper on")
    #expect(compile(helped).errors.contains { $0.contains("the FTP helper over IPv6") })
  }

  /// The ALG drops a 227 reply with another address than the server's, so what is sent in clear text decides.
  @Test(
    "the helper beside a passive range needs a server that announces itself in clear text",
    arguments: [
      ("vsftpd", "tls explicit optional", false), ("proftpd", "tls explicit optional", true),
      ("vsftpd", "tls off", false), ("vsftpd", "tls explicit required", true),
      ("proftpd", "tls explicit required clear-control", false),
    ])
  func helperAndAnnouncement(software: String, tls: String, isAccepted: Bool) {
    let more = "\(tls); passive range 50000-50500; helper on"
    let policy = PlatformTests.workedCase(Self.gateway, more).replacing("proftpd", with: software)
    let errors = compile(policy).errors
    #expect(errors.isEmpty == isAccepted, "\(errors)")
    #expect(
      errors.allSatisfy { $0.contains("announces 203.0.113.10 in clear text, which that of srx does not pass on") })
    // At its own address a server announces what the device sees.
    let routed = policy.replacing("10.10.20.200", with: "203.0.113.10").replacing("2121 -> 21", with: "21")
    #expect(compile(routed).errors.isEmpty, "\(compile(routed).errors)")
  }

  @Test func aReturnFromTLSIsNotLeftToTheHelper() {
    let policy = PlatformTests.workedCase(Self.gateway, "tls explicit required clear-control; helper on")
    #expect(compile(policy).errors.contains { $0.contains("after a return from TLS") })
  }

  @Test func oneServerPortHasOneHelper() {
    let two = """
      gateway edge { \(Self.gateway) }
      server s { address 10.10.20.200; software proftpd }
      publish a { server s; external ip 203.0.113.10; tls off; helper on; passive range 5000-5500 }
      publish b { server s; external ip 203.0.113.10; control port 2121 -> 21; tls off; passive range 5000-5500 }
      """
    let message =
      "platform-unsupported: `a` asks for the FTP helper and `b` does not, on one port of one server, which srx cannot "
      + "tell apart"
    #expect(compile(two).errors.contains(message))
    #expect(!compile(two.replacing("-> 21;", with: "-> 21; helper on;")).errors.contains(message))
  }

  @Test(
    "the helper beside TLS needs a release that lets AUTH pass",
    arguments: [
      ("", true), (" 18.1", true), (" 24.4", true), (" 17.3", true), (" 15.1X49-D10", true), (" 15.1X49-D170", true),
      (" 15.1", false), (" 15.1X49", false),
    ])
  func helperBesideTLS(version: String, isAccepted: Bool) throws {
    let gateway = Self.gateway.replacing("srx", with: "srx\(version)")
    let compilation = compile(
      PlatformTests.workedCase(gateway, "tls explicit optional; passive range 5000-5500; helper on"))
    #expect(compilation.errors.isEmpty == isAccepted, "\(compilation.errors)")
    let isDescribed = version.isEmpty || version == " 18.1" || version == " 24.4"
    #expect(compilation.diagnostics.contains { $0.code == "platform-untried" } == !isDescribed)
    if isAccepted { #expect(try Self.judge(try compilation.configuration(), compilation) == []) }
  }

  @Test("versions that are none, or too old", arguments: ["12.1X46-D40", "12.3X48-D15", "9.2", "18", "1.2.3.4"])
  func unknownVersion(version: String) {
    #expect(SRXPlatform().knows(version: version) == false)
  }

  @Test func manyZonesAreTooMany() {
    let zones = (1...9).map { "z\($0)" }.joined(separator: ", ")
    let errors = compile(PlatformTests.workedCase("platform srx; outside \(zones); inside trust")).errors
    #expect(errors == ["platform-input: srx takes at most 8 zones in `outside`: that many a rule-set of NAT has"])
  }

  // MARK: Inputs and names

  @Test(
    "inputs that are missing, useless or wrong",
    arguments: [
      ("platform srx; outside untrust", "has to be told `inside`"),
      ("platform srx; inside trust", "has to be told `outside`"),
      ("\(gateway); numbers 1-9", "has no use for `numbers`"),
      ("\(gateway); helper scope device", "has no use for `helper scope`"),
      ("\(gateway); before \"deny all\"", "`deny all` cannot be `before`"),
      ("\(gateway); before \"sallyport-x\"", "it is a name of ours"),
      ("platform srx; outside \"-x\"; inside trust", "`-x` cannot be `outside`"),
      ("platform srx; outside \"a b\"; inside trust", "`a b` cannot be `outside`"),
      ("platform srx; outside \"a$b%\"; inside trust", "cannot be `outside`"),
      ("platform srx; outside \"a]]>\"; inside trust", "cannot be `outside`"),
      ("platform srx; outside \"a\\\"b\"; inside trust", "cannot be `outside`"),
      ("platform srx; outside \"ä\"; inside trust", "cannot be `outside`"),
      ("platform srx; outside untrust; inside trust; unit outside \"ge-0/0/0\"", "it is no interface with its unit"),
      ("platform srx; outside untrust; inside trust; unit outside \"ge-0/0/0.0 address\"", "it is no interface"),
    ])
  func inputs(gateway: String, message: String) {
    let errors = compile(PlatformTests.workedCase(gateway)).errors
    #expect(errors.count == 1 && errors[0].hasPrefix("platform-input: ") && errors[0].contains(message), "\(errors)")
  }

  @Test func longNamesAreCutAndStayApart() throws {
    let zone = "a-zone-whose-name-is-longer-than-nat-takes"
    let stem = "a-publication-that-has-a-long-name-"
    let both = ["one", "two"].enumerated().map { index, name in
      """
      publish \(stem)\(name) { server 10.10.20.\(index + 1) proftpd { certificate "/a" key "/b" }
        external ip 203.0.113.\(index + 1); passive range 5000-5500; tls explicit required }
      """
    }
    let compilation = compile(
      "gateway g { platform srx; outside \(zone); inside trust }\n" + both.joined(separator: "\n"))
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let text = try compilation.configuration()
    #expect(try Self.judge(text, compilation) == [])
    #expect(try SRXCandidate(text).ruleSets.first?.name.count == 31)
  }

  @Test func namesOfPublicationsNeverMeet() throws {
    let names = ["files", "files-v6", "files-ctl", "files-clients", "files-v6-clients", "files-c1"]
    let text =
      names.enumerated().map { index, name in
        """
        publish \(name) { server 192.0.2.\(index + 1), 2001:db8:20::\(index + 1) proftpd { certificate "/a" key "/b" }
          external ip 192.0.2.\(index + 1), 2001:db8:20::\(index + 1); passive range 5000-5500; tls explicit required
          allow 198.51.100.\(index), 2001:db8:7::\(index) }
        """
      }.joined(separator: "\n") + "\ngateway g { \(Self.gateway) }"
    let compilation = compile(text)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    #expect(try Self.judge(try compilation.configuration(), compilation) == [])
  }

  @Test func whoeverLetsNobodyInIsNotWritten() throws {
    let compilation = compile(
      PlatformTests.workedCase(Self.gateway).replacing(
        "allow 198.51.100.0/24", with: "allow 198.51.100.0/24; deny 198.51.0.0/16"))
    guard compilation.errors.isEmpty else { return }
    #expect(try compilation.configuration().isEmpty)
    #expect(compilation.readme.contains("No client is left for `ftp1` over IPv4"))
  }

  // MARK: Checked by others

  /// Every digit of every line that sets: whatever changes is noticed.
  @Test func noMutationPasses() throws {
    let compilation = compile(
      PlatformTests.workedCase(
        Self.gateway, "tls explicit required; passive range 5000-5500; allow 192.0.2.7; log new"))
    let lines = try compilation.configuration().split(separator: "\n", omittingEmptySubsequences: false)
    var count = 0
    for (number, line) in lines.enumerated() where line.hasPrefix("set ") {
      for index in line.indices where line[index].isNumber {
        var mutated = lines
        let digit = line[index] == "9" ? "8" : "\((line[index].wholeNumberValue ?? 0) + 1)"
        mutated[number] = line[..<index] + digit + line[line.index(after: index)...]
        let text = mutated.joined(separator: "\n")
        // A unit of an interface is a name that nothing else says.
        guard line[index...].firstIndex(of: "/").map({ !line.contains("proxy-arp") || $0 < index }) ?? true else {
          continue
        }
        let verdict = (try? Self.judge(text, compilation)) ?? ["unknown line"]
        #expect(verdict != [], "\(mutated[number])")
        count += 1
      }
    }
    #expect(count > 100)
  }

  @Test(.enabled(if: Yanglint.isThere, "yanglint (scripts/setup) or the YANG modules (SALLYPORT_DATA) are missing"))
  func theSchemaTakesTheWorkedCase() throws {
    let texts = try [PlatformTests.workedCase(Self.gateway), Self.withHelper, Self.twoOfOneServer].map {
      try compile($0).configuration()
    }
    #expect(try Yanglint.complaints(about: try texts.map { try SRXCandidate($0) }) == "")
    // And it does look: a word that is none, and a port that is none, in the first or the last of several.
    for (word, wrong) in [("ignore", "ignored"), ("2121", "212100")] {
      let candidate = try SRXCandidate(texts[0].replacing(word, with: wrong))
      let right = try SRXCandidate(texts[0])
      #expect(try Yanglint.complaints(about: [candidate, right]) != "", "\(wrong)")
      #expect(try Yanglint.complaints(about: [right, candidate]) != "", "\(wrong)")
    }
  }

  @Test(.enabled(if: Yanglint.isThere, "yanglint (scripts/setup) or the YANG modules (SALLYPORT_DATA) are missing"))
  func policiesAreTakenOrRefused() throws {
    var accepted = 0
    var batch: [SRXCandidate] = []
    for (text, compilation) in GeneratedForDevices.policies(gateway: Self.gateway) {
      guard compilation.errors.isEmpty else {
        #expect(compilation.errors.allSatisfy { !$0.isEmpty })
        continue
      }
      accepted += 1
      let configuration = try compilation.configuration()
      #expect(try Self.judge(configuration, compilation) == [], "\(text)")
      let once = try SRXCandidate(configuration)
      var again = once
      try again.load(configuration)
      #expect(again == once, "\(text)")
      let warnings = again.warnings.count
      try again.load(try #require(compilation.companion("way-back.set")))
      #expect(again.isEmpty && again.warnings.count == warnings, "\(text)")
      batch.append(once)
    }
    #expect(try Yanglint.complaints(about: batch) == "")
    #expect(accepted > policySample / 7, "\(accepted)")
  }

  // MARK: What a text should say

  /// One thing that is permitted.
  struct Permit: Hashable {
    var zones: String
    var description: String
    var clients: [String]
    var server: String
    var ports: String
    var inspection: String
    var isLogged: Bool
  }

  /// In what a text is not what the services of a policy ask for; empty when it is.
  static func judge(_ text: String, _ compilation: Compilation) throws -> [String] {
    let candidate = try SRXCandidate(text)
    let plan = compilation.flows(gateway: 0)
    var faults = candidate.faults
    var wanted: Set<Permit> = []
    var arrivals: Set<String> = []
    for service in plan.services {
      let server = "\(service.serverAddress)/\(service.family.bits)"
      let any = service.family == .ipv4 ? "any-ipv4" : "any-ipv6"
      let clients =
        service.clientPrefixes.map { $0.map { $0.length == 0 ? any : "\($0.address)/\($0.length)" } } ?? [any]
      guard !clients.isEmpty else { continue }
      var ports = [("\(service.serverControlPort)", service.wantsHelper ? "ftp" : "ignore")]
      if let range = service.passiveRange { ports.append(("\(range)", "ignore")) }
      for from in plan.outside {
        for to in plan.inside {
          for (port, inspection) in ports {
            wanted.insert(
              Permit(
                zones: "\(from.name) \(to.name)", description: "\"sallyport:\(service.name)\"",
                clients: clients.sorted(),
                server: server, ports: port, inspection: inspection, isLogged: service.logs(.new)))
          }
        }
      }
      let arrival = "\(service.arrival)/\(service.family.bits)"
      if service.isTranslated { arrivals.insert(arrival) }
      if candidate.translated(arrival, Int(service.controlPort)) != (server, Int(service.serverControlPort)) {
        faults.append("\(service.name): control")
      }
      guard let range = service.passiveRange else { continue }
      for port in [range.low, range.low + (range.high - range.low) / 2, range.high]
      where candidate.translated(arrival, Int(port)) != (server, Int(port)) {
        faults.append("\(service.name): passive port \(port)")
      }
      // No rule is wider than the range.
      for port in [Int(range.low) - 1, Int(range.high) + 1] {
        let isElse = plan.services.contains { other in
          other.arrival == service.arrival
            && (other.passiveRange.map { $0.contains(UInt16(clamping: port)) } == true
              || Int(other.controlPort) == port)
        }
        if !isElse, candidate.translated(arrival, port) != (arrival, port) {
          faults.append("\(service.name): port \(port)")
        }
      }
    }
    if candidate.permits != wanted { faults.append("permits: \(candidate.permits.symmetricDifference(wanted))") }
    let proxied = plan.name(of: .unitOutside).map { arrivals.isEmpty ? [:] : [$0: arrivals] } ?? [:]
    if candidate.proxies.mapValues({ Set($0) }) != proxied { faults.append("proxies") }
    let zones = plan.outside.map(\.name)
    faults += candidate.ruleSets.filter { $0.zones != zones }.map { "rule-set \($0.name)" }
    return faults
  }
}

extension SRXCandidate {
  /// Everything that policies permit, with what their names stand for.
  fileprivate var permits: Set<SRXTests.Permit> {
    var permits: Set<SRXTests.Permit> = []
    for context in contexts {
      for policy in context.policies where policy.isPermitted {
        let clients = policy.sources.flatMap { source in
          addressSets[source]?.map { addresses[$0] ?? "?" } ?? [source]
        }
        for destination in policy.destinations {
          for application in policy.applications {
            permits.insert(
              SRXTests.Permit(
                zones: "\(context.from) \(context.to)", description: policy.description ?? "",
                clients: clients.sorted(),
                server: addresses[destination] ?? "?", ports: applications[application]?.ports ?? "?",
                inspection: applications[application]?.inspection ?? "?", isLogged: policy.isLogged))
          }
        }
      }
    }
    return permits
  }
}

extension Compilation {
  /// The README of the first gateway.
  var readme: String {
    Platforms.guide(to: flows(gateway: 0), on: platform(of: 0))
      .map { String(decoding: $0.pieces.joined(), as: UTF8.self) } ?? ""
  }
}

/// Policies of every kind for devices that cannot do all of it: as they come, and without what most of them are refused
/// for.
enum GeneratedForDevices {
  static func policies(gateway: String, count: UInt64 = UInt64(policySample)) -> some Sequence<
    (text: String, compilation: Compilation)
  > {
    (1...count).lazy.map { seed in
      var generator = PolicyGenerator(seed: seed)
      let text = generator.policy(gateway: gateway)
      let plain = text.without(statements: ["limit", "hairpin", "source gateway", "active"]).replacing(
        /log +(denied|all)/, with: "log new"
      )
      .replacing("address local", with: "address 10.10.20.9")
      let chosen = seed % 4 == 0 ? text : plain + "\n"
      return (chosen, compile(chosen))
    }
  }
}

/// The reader of YANG modules, with those of Juniper.
enum Yanglint {
  private static let modules = dataFolder.map { $0.appending(path: "junos-yang").path }

  static let isThere: Bool = {
    guard let modules, FileManager.default.fileExists(atPath: modules) else { return false }
    return (try? ExternalTool(["yanglint", "--version"]))?.status == 0
  }()

  /// What it says of configurations; nothing when they are right. Loading the modules takes longer than many of them.
  static func complaints(about candidates: [SRXCandidate]) throws -> String {
    guard let modules else { return "no modules" }
    let texts = try candidates.map { candidate in
      String(
        decoding: try JSONSerialization.data(withJSONObject: candidate.json, options: .sortedKeys), as: UTF8.self)
    }
    let names = ["root", "security", "applications"].map { "\(modules)/junos-es-conf-\($0)@2024-01-01.yang" }
    return try withFiles(texts) { paths in
      // It tells the format by the end of the name.
      let named = try paths.map { path in
        try FileManager.default.moveItem(atPath: path, toPath: path + ".json")
        return path + ".json"
      }
      var complaints = ""
      for start in stride(from: 0, to: named.count, by: 100) {
        let files = named[start..<min(start + 100, named.count)]
        let run = try ExternalTool(["yanglint", "-p", modules, "-t", "config"] + names + files)
        if run.status != 0 { complaints += run.errors.isEmpty ? "status \(run.status)" : run.errors }
      }
      return complaints
    }
  }
}
