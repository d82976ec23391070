import Addressing
import Compilation
import Diagnostics
import Flows
import LiveSupport
import Platforms
import Policy
import Testing

private let commandTrees = ["7.9.2", "7.16.2", "7.24"].compactMap { RouterOSTree($0, in: dataFolder) }

private let gateway = "platform routeros 7.16; outside wan; inside bridge; before \"drop the rest\""

/// What a plan asks for, said a second time in the plainest way.
private struct RouterOSOracle {
  let plan: FlowPlan
  let services: [PublishedService]

  init(_ plan: FlowPlan) {
    self.plan = plan
    services = plan.services
  }

  /// Where the first packet of a connection has to arrive; `nil` where it must not.
  func arrival(of packet: RouterOSDevice.Packet) -> RouterOSDevice.Arrival? {
    var arrival: RouterOSDevice.Arrival?
    for service in services where service.arrival == packet.destination {
      let isControl = packet.port == service.controlPort
      guard isControl || service.passiveRange?.contains(packet.port) == true else { continue }
      let fromOutside = plan.outside.isEmpty || plan.outside.contains { $0.name == packet.interface }
      let fromInside = service.wantsHairpin && plan.inside.contains { $0.name == packet.interface }
      let isClient = fromOutside && service.clients?.contains(packet.source) ?? true
      let isInside = fromInside && !service.denied.contains(packet.source)
      guard isClient || isInside else { continue }
      let hidden = service.wantsGatewaySource || isInside && service.isTranslated
      arrival = RouterOSDevice.Arrival(
        address: service.serverAddress, port: isControl ? service.serverControlPort : packet.port,
        source: hidden ? nil : packet.source)
      if hidden { break }
    }
    return arrival
  }

  /// Packets at the edges of everything that a service says.
  func probes(of service: PublishedService) -> [RouterOSDevice.Packet] {
    var ports = [service.controlPort, service.serverControlPort, 20]
    if let range = service.passiveRange { ports += [range.low, range.high, range.low &- 1, range.high &+ 1] }
    let other = service.family == .ipv4 ? "192.0.2.77" : "2001:db8:77::77"
    var sources = [IPAddress(other)].compactMap(\.self)
    for set in [service.clients, service.denied].compactMap(\.self) {
      let ranges = set.ranges(service.family)
      for range in [ranges.first, ranges.last].compactMap(\.self) {
        sources += [range.lowerBound, range.upperBound]
        for value in [range.lowerBound.value &- 1, range.upperBound.value &+ 1] {
          if let address = IPAddress(family: service.family, value: value) { sources.append(address) }
        }
      }
    }
    let interfaces = Set((plan.outside + plan.inside).map(\.name) + ["elsewhere"]).sorted()
    return Set([service.arrival, service.serverAddress]).sorted().flatMap { destination in
      interfaces.flatMap { interface in
        Set(ports).sorted().flatMap { port in
          sources.map {
            RouterOSDevice.Packet(interface: interface, source: $0, destination: destination, port: port)
          }
        }
      }
    }
  }

  /// The packets of which a router makes something else.
  func differences(on device: RouterOSDevice, atMost most: Int = 5) -> [String] {
    let servers = Set(services.map(\.serverAddress))
    var differences: [String] = []
    for service in services.prefix(8) {
      for packet in probes(of: service) {
        let expected = arrival(of: packet)
        let actual = device.arrival(of: packet, leaving: plan.inside.first?.name ?? "bridge", servers: servers)
        if actual != expected {
          differences.append(
            "\(packet): \(actual.map { "\($0)" } ?? "refused"), not \(expected.map { "\($0)" } ?? "refused")")
          if differences.count == most { return differences }
        }
      }
    }
    return differences
  }
}

extension Compilation {
  fileprivate var oracle: RouterOSOracle { RouterOSOracle(flows(gateway: 0)) }

  /// What is wrong with the text of the first gateway, by every check that there is.
  fileprivate func routerOSFaults(probing: Bool = true) throws -> [String] {
    let text = try configuration()
    let commands = try RouterOSReader.commands(text)
    let others = try ["sallyport-remove.rsc", "sallyport-helper.rsc"].compactMap { companion($0) }
      .flatMap { try RouterOSReader.commands($0) }
    // The tree knows names only, so that one command of a kind is enough.
    var known: Set<[String]> = []
    let kinds = (commands + others).filter { known.insert([$0.menu, $0.verb] + $0.parameters.map(\.name)).inserted }
    var faults =
      commandTrees.flatMap { tree in kinds.flatMap(tree.unknown) } + RouterOSValues.faults(commands)
    guard probing else { return faults }
    var device = RouterOSDevice()
    try device.run(text)
    faults += oracle.differences(on: device)
    return faults
  }
}

@Suite struct RouterOSTests {
  @Test("the worked case", arguments: ["tls explicit required; passive range 5000-5500", "tls off; helper on"])
  func workedCases(more: String) throws {
    let compilation = compile(workedCase("\(gateway); helper scope device", more))
    #expect(compilation.errors.isEmpty)
    #expect(try compilation.routerOSFaults() == [])
    let lines = try compilation.configuration().split(separator: "\n")
    #expect(lines.contains { $0.contains("dst-port=2121") && $0.contains("to-addresses=10.10.20.200 to-ports=21 ") })
    #expect(
      lines.contains { $0.contains("dst-port=5000-5500") && !$0.contains("to-ports") } != more.contains("helper"))
    let helper = compilation.companion("sallyport-helper.rsc")
    #expect(
      helper?.contains("\n/ip firewall service-port set ftp disabled=no ports=21\n") ?? false
        == more.contains("helper"))
  }

  @Test(
    "whatever is generated is right, or refused by us",
    arguments: [
      gateway, "\(gateway); helper scope device",
      "platform routeros; outside wan, wan2; inside bridge, dmz; before \"drop the rest\"",
      "platform routeros 7.1; inside bridge; before \"drop the rest\"; helper scope device",
    ])
  func generated(statements: String) throws {
    var generator = PolicyGenerator(seed: UInt64(statements.count))
    var accepted = 0
    for index in 0..<(policySample / 4) {
      // What it never does would leave little.
      let text = generator.policy(gateway: statements).split(separator: "\n")
        .filter { !($0.hasPrefix("    limit ") && $0.hasSuffix(" sessions")) }.joined(separator: "\n")
      let compilation = compile(text)
      guard compilation.errors.isEmpty else { continue }
      accepted += 1
      let faults = try compilation.routerOSFaults(probing: index.isMultiple(of: 3))
      #expect(faults == [], "\(text)")
      if !faults.isEmpty { return }
    }
    #expect(accepted > policySample / 40)
  }

  @Test(
    "texts that differ in one thing do not pass",
    arguments: [
      ("5000-5500", "5000-5400"), ("dst-port=2121", "dst-port=2122"), ("to-ports=21", "to-ports=22"),
      ("203.0.113.10", "203.0.113.11"), ("10.10.20.200", "10.10.20.201"), ("198.51.100.0/24", "198.51.100.0/25"),
      ("in-interface=\"wan\"", "in-interface=\"lan\""), ("src-address-list=", "dst-address-list="),
      ("dst-port=21,5000-5500", "dst-port=2121,5000-5500"), ("action=accept", "action=drop"),
    ])
  func mutations(text: String, replacement: String) throws {
    let compilation = compile(workedCase(gateway))
    let original = try compilation.configuration()
    let changed = original.replacing(text, with: replacement)
    #expect(changed != original)
    var device = RouterOSDevice()
    try device.run(changed)
    #expect(!compilation.oracle.differences(on: device).isEmpty)
  }

  @Test(
    "what no RouterOS knows is noticed",
    .enabled(if: !commandTrees.isEmpty, "the command trees of RouterOS are not there"),
    arguments: [
      ("to-addresses", "to-address"), ("dst-port", "dest-port"), ("/ip firewall nat", "/ip firewall net"),
      ("remove", "delete"), ("connection-nat-state", "nat-state"),
      ("comment=\"sallyport:ftp1:ctl", "remark=\"sallyport:ftp1:ctl"),
    ])
  func treeNotices(text: String, replacement: String) throws {
    let changed = try compile(workedCase(gateway)).configuration().replacing(text, with: replacement)
    let commands = try RouterOSReader.commands(changed)
    #expect(commandTrees.allSatisfy { tree in commands.contains { !tree.unknown($0).isEmpty } })
  }

  /// A clone does not hold the trees, so their absence alone is no failure.
  @Test("a folder with data of others has the command trees")
  func dataIsWhole() {
    if dataFolder != nil { #expect(commandTrees.count == 3) }
  }

  /// Everything at once: both families, limits, logs, hairpin, the gateway's address as source.
  static let everything = """
    gateway edge { \(gateway) }
    publish files {
        server 10.10.20.200, 2001:db8:20::200 proftpd
        external ip 203.0.113.10, 2001:db8:113::10
        control port 2121 -> 21
        passive range 5000-5500
        tls explicit required
        allow 198.51.100.0/24, 192.0.2.7, 2001:db8:beef::/48
        deny 198.51.100.66
        limit 10 sessions per client
        limit 30 new per minute per client
        hairpin on
        log all
    }
    publish mirror {
        server 203.0.113.20 vsftpd
        external ip 203.0.113.20
        passive range 6000-6100
        tls explicit required
        source gateway
        log all
    }
    """

  @Test("twice is once, and the way back leaves what was there", arguments: [workedCase(gateway), everything])
  func wayBack(text: String) throws {
    let compilation = compile(text)
    #expect(compilation.errors.isEmpty)
    #expect(try compilation.routerOSFaults() == [])
    let before = RouterOSDevice()
    var device = before
    try device.run(try compilation.configuration())
    let once = device
    #expect(once.menus != before.menus)
    try device.run(try compilation.configuration())
    #expect(device.menus == once.menus)
    // What another policy left is gone.
    try device.run(try compile(Self.everything).configuration())
    try device.run(try compilation.configuration())
    #expect(device.menus == once.menus)
    try device.run(compilation.companion("sallyport-remove.rsc") ?? "")
    #expect(device.menus == before.menus)
  }

  @Test("what exceeds a limit is refused, and data connections are not counted")
  func limits() throws {
    var device = RouterOSDevice()
    try device.run(try compile(Self.everything).configuration())
    let server = try #require(IPAddress("10.10.20.200"))
    var packet = RouterOSDevice.Packet(
      interface: "wan", source: try #require(IPAddress("192.0.2.7")),
      destination: try #require(IPAddress("203.0.113.10")),
      port: 2121)
    func arrives(_ packet: RouterOSDevice.Packet) -> Bool {
      device.arrival(of: packet, leaving: "bridge", servers: [server]) != nil
    }
    #expect(arrives(packet))
    device.hasManyConnections = true
    #expect(!arrives(packet))
    device.hasManyConnections = false
    device.hasManyNewOnes = true
    #expect(!arrives(packet))
    packet.port = 5250
    #expect(arrives(packet))
  }

  @Test("denied connections are logged after all that are let in")
  func logs() throws {
    var device = RouterOSDevice()
    try device.run(try compile(Self.everything).configuration())
    for root in ["/ip/firewall", "/ipv6/firewall"] {
      let translations = device.entries("\(root)/nat").filter { $0.parameters["chain"] == "dstnat" }
      let permits = device.entries("\(root)/filter").filter { $0.parameters["chain"] == "forward" }
      for entries in [translations, permits] {
        let logged =
          entries.firstIndex { $0.parameters["log-prefix"]?.hasSuffix("denied") == true } ?? entries.endIndex
        #expect(!entries[logged...].contains { ["dst-nat", "accept", "jump"].contains($0.parameters["action"]) })
      }
      #expect(translations.contains { $0.parameters["log-prefix"] == "sallyport files denied" })
    }
  }

  @Test("nothing is changed where the rule to precede is not there", arguments: [nil, "drop the rest!"])
  func noPlace(comment: String?) throws {
    let before = RouterOSDevice(refusing: comment)
    var device = before
    let script = try compile(workedCase(gateway)).configuration()
    #expect(throws: RouterOSError.self) { try device.run(script) }
    #expect(device.menus == before.menus)
  }

  @Test(
    "names that are none stay between their quotation marks",
    arguments: [
      "a \\\"b\\\" ] } /system reset-configuration", "$[/system reboot]", "a\\\\", "\\\\\\\"; /system reboot; \\\"",
      "what?", "übrig",
      "[find]", "a' b", "# none", "{$x}", "tab",
    ])
  func hostileNames(name: String) throws {
    let meant = name.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
    let statements = "platform routeros 7.16; outside \"\(name)\"; inside bridge; before \"\(name)\""
    let compilation = compile(workedCase(statements))
    #expect(compilation.errors.isEmpty)
    let text = try compilation.configuration()
    #expect(try compilation.routerOSFaults(probing: false) == [])
    for command in try RouterOSReader.commands(text) {
      for condition in (command.place ?? []) + (command.verb == ":if" ? command.found ?? [] : [])
      where condition.name == "comment" {
        #expect(condition.value == meant)
      }
      #expect(command["in-interface"].map { $0 == meant } ?? true)
    }
    var device = RouterOSDevice(refusing: meant)
    try device.run(text)
    #expect(compilation.oracle.differences(on: device).isEmpty)
  }

  @Test(
    "what RouterOS cannot do is refused at the statement",
    arguments: [
      ("outside wan", "helper on; tls off", "platform-unsupported", "helper on"),
      ("outside wan", "tls off; helper on; active on", "platform-unsupported", "helper on"),
      ("outside wan; before \"x\"", "limit 5 sessions", "platform-unsupported", "limit 5 sessions"),
      ("outside wan; before \"x\"", "limit 20000 new per minute per client", "platform-unsupported", "limit 20000"),
      ("outside wan", "limit 5 sessions per client", "platform-input", "limit 5 sessions"),
      ("outside \"!wan\"", "", "platform-input", "\"!wan\""),
      ("numbers 1-2", "", "platform-input", "1-2"),
      ("access list \"x\"", "", "platform-input", "\"x\""),
    ])
  func refusals(statements: String, more: String, code: String, place: String) throws {
    let range = more.contains("helper") ? "" : "tls explicit required; passive range 5000-5500;"
    let text = workedCase("platform routeros; \(statements)", "\(range) \(more)")
    try expectRefusal(text, code, at: place)
  }

  @Test(
    "over IPv6, and for servers at their own address",
    arguments: [
      (" 7.1", "2001:db8:20::1", "2001:db8:113::1", "", "platform-input", "2001:db8:113::1"),
      ("", "203.0.113.9", "203.0.113.9", "", "platform-input", "203.0.113.9"),
      ("; before \"x\"", "2001:db8:20::1", "2001:db8:113::1", "", "platform-unsupported", "2001:db8:113::1"),
      (" 6.49; before \"x\"", "2001:db8:20::1", "2001:db8:113::1", "", "platform-unsupported", "2001:db8:113::1"),
      (
        " 6.49; before \"x\"", "2001:db8:20::1", "2001:db8:20::1", "control port 2121 -> 21", "platform-unsupported",
        "control port"
      ),
      (
        " 6.49; before \"x\"", "2001:db8:20::1", "2001:db8:20::1", "source gateway", "platform-unsupported",
        "source gateway"
      ),
      ("; before \"x\"", "local", "203.0.113.9", "", "platform-unsupported", "publish a"),
      (
        " 7.1; before \"x\"; helper scope device", "2001:db8:20::1", "2001:db8:113::1", "tls off; helper on",
        "platform-unsupported", "helper on"
      ),
    ])
  func families(gateway: String, server: String, external: String, more: String, code: String, place: String) throws {
    let tls = more.contains("tls") ? "" : "tls explicit required"
    try expectRefusal(
      """
      gateway edge { platform routeros\(gateway) }
      publish a { server \(server) proftpd; external ip \(external); passive range 5000-5500; \(tls); \(more) }
      """, code, at: place)
  }

  @Test func aLimitThatWouldCountOthers() throws {
    let text = """
      gateway edge { \(gateway) }
      server s { address 10.10.20.200; software proftpd; certificate "/a" key "/b" }
      publish a {
          server s; external ip 203.0.113.1; control port 2121 -> 21; passive range 5000-5500; tls explicit required
          limit 5 sessions per client
      }
      publish b { server s; external ip 203.0.113.1; passive range 5000-5500; tls explicit required }
      """
    try expectRefusal(text, "platform-unsupported", at: "limit 5 sessions")
  }

  /// Errors of that code alone, the first of which underlines what begins so.
  private func expectRefusal(_ text: String, _ code: String, at place: String) throws {
    let compilation = compile(text)
    let errors = compilation.diagnostics.filter { $0.severity == .error }
    #expect(Set(errors.map(\.code)) == [code], "\(errors)")
    let error = try #require(errors.first)
    #expect(error.help?.isEmpty == false)
    #expect(text.utf8.dropFirst(Int(error.primary.span.start)).starts(with: place.utf8), "\(error)")
  }

  @Test(
    "versions",
    arguments: [
      ("6", true), ("6.38", true), ("6.38.1", true), ("6.49.10", true), ("7", true), ("7.16.2", true),
      ("6.37", false),
      ("5.26", false), ("8", false), ("7.x", false), ("", false), ("7.16.2.1", false), ("7.16rc1", false),
      ("6.", false),
    ])
  func versions(version: String, isKnown: Bool) {
    #expect(RouterOSPlatform().knows(version: version) == isKnown)
  }

  @Test("active mode without the helper leaves with the external address")
  func active() throws {
    let compilation = compile(workedCase(gateway, "tls explicit required; passive range 5000-5500; active on"))
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    #expect(try compilation.routerOSFaults() == [])
    var device = RouterOSDevice()
    try device.run(try compilation.configuration())
    let server = try #require(IPAddress("10.10.20.200"))
    let client = try #require(IPAddress("198.51.100.7"))
    var packet = RouterOSDevice.Packet(
      interface: "bridge", source: server, destination: client, port: 40_000, sourcePort: 20)
    let arrival = device.arrival(of: packet, leaving: "wan", servers: [client])
    // Somebody else's masquerading comes first on this router, and takes it.
    #expect(arrival != nil)
    packet.destination = try #require(IPAddress("192.0.2.7"))
    #expect(device.arrival(of: packet, leaving: "wan", servers: [packet.destination]) == nil)
  }

  @Test("a rule of ours cannot be the place before which ours stand")
  func ownComment() throws {
    for comment in ["sallyport:a:permit", "sallyport:"] {
      try expectRefusal(
        workedCase("platform routeros; before \"\(comment)\""), "platform-input", at: "\"\(comment)\"")
    }
    #expect(compile(workedCase("platform routeros; before \"no sallyport:\"")).errors.isEmpty)
  }

  @Test("long names give chains, lists and prefixes that Linux would take, another one for each publication")
  func longNames() throws {
    let long = String(repeating: "very-long-", count: 4) + "lim-"
    let publications = ["a", "b", "new"].enumerated().map { position, end in
      """
      publish \(long)\(end) {
          server 10.10.20.\(10 + position) proftpd
          external ip 203.0.113.\(10 + position)
          passive range 5000-5500
          tls explicit required
          allow 198.51.100.0/24
          limit 10 sessions per client
          limit 30 new per minute per client
          source gateway
          log all
      }
      """
    }
    let compilation = compile("gateway edge { \(gateway) }\n" + publications.joined(separator: "\n"))
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    #expect(try compilation.routerOSFaults() == [])
    let commands = try RouterOSReader.commands(try compilation.configuration())
    let own = ["chain", "jump-target", "list", "src-address-list", "new-packet-mark", "packet-mark"]
    for parameter in commands.flatMap(\.parameters) where own.contains(parameter.name) {
      #expect(parameter.value.utf8.count <= 28, "\(parameter)")
    }
    let prefixes = Set(commands.compactMap { $0["log-prefix"] })
    #expect(prefixes.count == 6)
    #expect(prefixes.allSatisfy { $0.utf8.count <= 29 }, "\(prefixes)")
    #expect(Set(commands.compactMap { $0["list"] }).count == 3)
  }

  /// The README of a policy that is accepted.
  private func readme(_ text: String) throws -> String {
    let compilation = compile(text)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let guide = try #require(Platforms.guide(to: compilation.flows(gateway: 0), on: RouterOSPlatform()))
    return String(decoding: guide.pieces.joined(), as: UTF8.self)
  }

  @Test("that the helper of the router decides on active mode before our rule is said where sessions may be clear")
  func activeOff() throws {
    let policy = { (gateway: String, more: String) in
      workedCase(gateway, "passive range 5000-5500; active off; \(more)").replacing("proftpd", with: "pure-ftpd")
        .replacing("control port 2121 -> 21", with: "control port 21")
    }
    for (more, isWeak) in [("tls off", true), ("tls explicit optional", true), ("tls explicit required", false)] {
      let text = policy(gateway, more)
      #expect(try readme(text).contains("`active off` of `ftp1` is not enforced in clear text") == isWeak, "\(more)")
      #expect(try readme(text).contains("active mode works by that, whatever the policy says") == isWeak, "\(more)")
      #expect(!(try readme(text).contains("does no harm")))
    }
    let helped = policy("\(gateway); helper scope device", "tls off; helper on")
    #expect(try readme(helped).contains("as this policy has it"))
  }

  @Test("what has to be true of others' rules of srcnat is said where active mode needs it")
  func activeOn() throws {
    let condition = "no rule of `/ip firewall nat`, chain `srcnat`, takes what the servers open"
    let range = "passive range 5000-5500; tls explicit required"
    #expect(try readme(workedCase(gateway, "\(range); active on")).contains(condition))
    #expect(!(try readme(workedCase(gateway, range)).contains(condition)))
  }

  @Test("where both families have lines, README and script say how one comment can name a rule in each")
  func bothFamilies() throws {
    #expect(try readme(Self.everything).contains("/ipv6 firewall filter set NUMBER comment=\"drop the rest\""))
    #expect(!(try readme(workedCase(gateway)).contains("/ipv6 firewall filter set")))
    let script = try compile(Self.everything).configuration()
    #expect(script.split(separator: "\n").count { $0.contains("give it to the one that refuses the rest") } == 2)
  }

  @Test("what is left out is said")
  func remarks() throws {
    let compilation = compile(workedCase("platform routeros"))
    #expect(compilation.errors.isEmpty)
    #expect(!(try compilation.configuration().contains("/ip firewall filter\n")))
    let guide = try #require(Platforms.guide(to: compilation.flows(gateway: 0), on: RouterOSPlatform()))
    let text = String(decoding: guide.pieces.joined(), as: UTF8.self)
    #expect(text.contains("no filter line among ours"))
    #expect(!(try compilation.configuration()).contains("service-port"))
  }
}
