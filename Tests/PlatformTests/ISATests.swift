import Addressing
import Compilation
import Flows
import LiveSupport
import Platforms
import Testing

extension FirewallModel.Rule {
  /// What it lets through.
  fileprivate var permit: PermittedPorts? {
    guard let address = IPAddress(listener), let server = IPAddress(server), let low = UInt16(exactly: low),
      let high = UInt16(exactly: high), let ports = PortRange(low: low, high: high),
      let serverLow = UInt16(exactly: serverLow), isOn, listeners == 1, sets == 0
    else { return nil }
    let prefixes = clients.compactMap(prefix)
    guard prefixes.count == clients.count, networks.isEmpty || clients.isEmpty else { return nil }
    return PermittedPorts(
      address: address, ports: ports, server: server, serverLow: serverLow,
      clients: networks.isEmpty ? AddressSet(prefixes) : nil,
      isHelped: filters > 0)
  }
}

@Suite("ISA Server and TMG", .enabled(if: FirewallModel.missing == nil, "\(FirewallModel.missing ?? "")"))
struct ISATests {
  /// A script, twice, and the way back, twice.
  private func job(_ compilation: Compilation, networks: [String] = ["External", "Internal"]) throws
    -> FirewallModel.Job
  {
    let script = FirewallModel.Script(text: try compilation.configuration())
    let name = compilation.platform(of: 0).name
    let back = FirewallModel.Script(text: compilation.companion("\(name)-undo.js") ?? "")
    return FirewallModel.Job(networks: networks, scripts: [script, script, back, back])
  }

  /// What is wrong with the results of such a job.
  private func faults(_ results: [FirewallModel.Result], _ plan: FlowPlan) -> [String] {
    guard results.count == 4 else { return ["\(results.count) results"] }
    var faults: [String] = []
    for (number, result) in results.enumerated() where !result.isFine {
      faults.append("script \(number): \(result.exit) \(result.error) \(result.faults) \(result.echo)")
    }
    for result in results.prefix(2) {
      let permits = result.rules.compactMap(\.permit)
      if permits.count != result.rules.count { faults.append("rules that let nobody through: \(result.rules)") }
      if let difference = difference(permits, plan.wantedPorts) { faults.append(difference) }
    }
    if results[0].rules != results[1].rules || results[0].count != results[1].count {
      faults.append("twice is not once")
    }
    if results[2].count != 0 || results[3].count != 0 { faults.append("the way back leaves something") }
    if Set(results.map(\.others)).count != 1 { faults.append("something of others was touched") }
    return faults
  }

  private func faults(_ text: String, networks: [String] = ["External", "Internal"]) throws -> [String] {
    let compilation = compile(text)
    guard compilation.errors.isEmpty else { return compilation.errors }
    let results = try FirewallModel.run([job(compilation, networks: networks)])
    return faults(results.first ?? [], compilation.flows(gateway: 0))
  }

  private static let plain = "tls off; helper on"

  @Test(
    "the worked case, without and with the filter, on every version",
    arguments: ["isa", "isa 2004", "isa 2006", "tmg", "tmg 2010"])
  func workedCases(platform: String) throws {
    #expect(try faults(workedCase("platform \(platform)")) == [])
    #expect(try faults(workedCase("platform \(platform)", Self.plain)) == [])
    #expect(try faults(workedCase("platform \(platform)", "\(Self.plain); active on")) == [])
  }

  @Test func theWorkedCaseIsTwoRulesWithoutFilter() throws {
    let rules = try FirewallModel.run(compile(workedCase("platform isa")).configuration()).first?.rules ?? []
    #expect(rules.map(\.name) == ["sallyport-ftp1-control", "sallyport-ftp1-passive"])
    #expect(rules.map(\.tag) == ["sallyport:ftp1:control", "sallyport:ftp1:passive"])
    #expect(
      rules.map(\.filters) == [0, 0] && rules.map(\.low) == [2121, 5000] && rules.map(\.serverLow) == [21, 5000])
    let helped =
      try FirewallModel.run(compile(workedCase("platform isa", Self.plain)).configuration()).first?.rules ?? []
    #expect(helped.map(\.filters) == [1] && helped.map(\.serverLow) == [21] && helped.map(\.low) == [2121])
  }

  @Test("ranges that publications of one server share are published once, for the clients of all of them")
  func sharedRanges() throws {
    let text = { (second: String) in
      """
      gateway edge { platform tmg }
      server s { address 10.10.20.200; software pure-ftpd }
      publish a {
          server s
          external ip 203.0.113.10
          tls explicit required
          passive range 50000-50399
          allow 198.51.100.0/24, 192.0.2.7
      }
      publish b {
          server s
          external ip 203.0.113.10
          control port 2121 -> 21
          tls explicit required
          passive range \(second)
          allow 192.0.2.7, 198.51.101.0/24
      }
      """
    }
    #expect(try faults(text("50000-50399")) == [])
    for second in ["50200-50599", "49000-50100", "50100-50199"] {
      let compilation = compile(text(second))
      // Where the program cannot have two ranges, rules of policies say so.
      if compilation.errors.isEmpty { #expect(try faults(text(second)) == []) }
    }
  }

  @Test("names that objects have, and names that others end with")
  func names() throws {
    let names = ["constructor", "ftp", "ftp-control", "ftp-passive2", "tostring", String(repeating: "x", count: 48)]
    let publications = names.enumerated().map { number, name in
      """
      publish \(name) {
          server 10.10.20.\(10 + number) pure-ftpd
          external ip 203.0.113.\(10 + number)
          tls explicit required
          passive range 50000-50399
          allow 198.51.100.0/24
      }
      """
    }
    #expect(try faults("gateway edge { platform isa }\n" + publications.joined(separator: "\n")) == [])
  }

  @Test func clientsOfOtherFamiliesOnlyLeaveNoRule() throws {
    let compilation = compile(
      workedCase(
        "platform isa", "tls explicit required; passive range 5000-5500; deny 198.51.100.0/24; allow 2001:db8::/32"))
    guard compilation.errors.isEmpty else { return }
    let results = try FirewallModel.run(compilation.configuration())
    #expect(results.first?.isFine == true && results.first?.rules == [])
  }

  @Test("names of networks never leave their quotes")
  func hostileNames() throws {
    let names = [
      "a\\\"b", "x\\\");WScript.Quit(0);(\\\"", "\\\\", "</script>", "]]>", "%PATH%", "$(x)", "`x`", "'", "Außen",
      "\u{2028}x\u{2029}", "🚪", "*/", "//",
    ]
    for name in names {
      let text = workedCase("platform isa; outside \"\(name)\"")
      let compilation = compile(text)
      // Some characters a policy does not have in a string.
      guard let network = compilation.flows(gateway: 0).outside.first?.name, compilation.errors.isEmpty else {
        #expect(!compilation.errors.isEmpty, "\(name)")
        continue
      }
      #expect(try faults(text, networks: ["Internal", network]) == [], "\(name)")
    }
  }

  @Test(
    "what it cannot do is refused at the statement",
    arguments: [
      ("server local", "external ip 203.0.113.10"), ("server 203.0.113.10", "external ip 203.0.113.10"),
      ("server 2001:db8:20::1", "external ip 2001:db8::10"), ("hairpin on", ""), ("source gateway", ""),
      ("active on", ""),
      ("limit 10 sessions", ""), ("limit 10 sessions per client", ""), ("limit 10 new per minute per client", ""),
      ("log new", ""), ("log denied", ""),
    ])
  func refusals(statement: String, other: String) {
    let isServer = statement.hasPrefix("server")
    let text = """
      gateway edge { platform isa; inside "Internal" }
      publish ftp1 {
          \(isServer ? statement + " proftpd" : "server 10.10.20.200 proftpd")
          \(isServer ? other : "external ip 203.0.113.10")
          tls explicit required
          passive range 50000-50399
          \(isServer ? "" : statement)
      }
      """
    let found = compile(text).diagnostics.filter { $0.severity == .error }
    #expect(!found.isEmpty && found.allSatisfy { $0.code == "platform-unsupported" }, "\(found.map(\.message))")
    #expect(found.allSatisfy { $0.help != nil })
  }

  @Test func theFilterIsRefusedBesideTLSAndBesideARange() {
    let tls = compile(workedCase("platform isa", "tls explicit optional; helper on; passive range 5000-5500"))
    let found = tls.diagnostics.filter { $0.severity == .error }
    #expect(found.count == 1 && found.first?.help?.contains("ends every session that asks for TLS") == true)
    let range = compile(workedCase("platform isa", "tls off; helper on; passive range 5000-5500"))
    #expect(range.errors.count == 1 && range.errors.first?.contains("both `helper on` and a passive range") == true)
  }

  @Test func inputs() {
    #expect(compile(workedCase("platform isa; outside \"A\", \"B\"")).errors.count == 1)
    #expect(compile(workedCase("platform isa; outside \"A\"; inside \"B\"")).errors.isEmpty)
    #expect(compile(workedCase("platform isa; outside \"\"")).errors.count == 1)
    #expect(
      compile(workedCase("platform isa; numbers 1-2")).errors == ["platform-input: isa has no use for `numbers`"])
    #expect(compile(workedCase("platform isa 2010")).errors.first?.hasPrefix("unknown-platform") == true)
    #expect(compile(workedCase("platform tmg 2006")).errors.first?.hasPrefix("unknown-platform") == true)
  }

  @Test("a run that fails publishes nothing half, says so, and can be taken back or repeated")
  func failures() throws {
    let compilation = compile(workedCase("platform isa"))
    let text = try compilation.configuration()
    let back = compilation.companion("isa-undo.js") ?? ""
    let changes = try FirewallModel.run(text, text).last?.changes ?? 0
    #expect(changes > 20)
    let jobs = (1...changes).map { number in
      // The second run has something to remove, so every change is there.
      FirewallModel.Job(scripts: [
        .init(text: text), .init(text: text, failAt: number), .init(text: text), .init(text: text, failAt: number),
        .init(text: back), .init(text: back),
      ])
    }
    let whole = try FirewallModel.run(text).first?.rules
    for results in try FirewallModel.run(jobs) {
      let failed = results[1]
      #expect(failed.exit == 1 && failed.error.isEmpty)
      #expect(failed.echo.contains { $0.hasPrefix("sallyport: failed while ") })
      #expect(failed.echo.contains { $0.contains("isa-undo.js") })
      #expect(failed.rules.isEmpty || failed.rules == whole)
      #expect(results[2].isFine && results[2].rules == whole)
      #expect(results[4].isFine && results[5].isFine && results[4].count == 0)
      #expect(Set(results.map(\.others)).count == 1)
    }
  }

  @Test("the check at the end sees what is not as it should be")
  func readingBack() throws {
    let text = try compile(workedCase("platform isa")).configuration()
    let changes = [
      ("publishing.OverridePublishPort = item.port;", "publishing.OverridePublishPort = 0;"),
      ("made.Enabled = true;", "made.Enabled = false;"),
      ("AddTCP(0, item.low, item.high)", "AddTCP(0, item.low, item.low)"),
      ("NETWORK, 2, item.listener", "NETWORK, 2, \"203.0.113.99\""),
      ("item.server, item.protocolName)", "item.server, PREDEFINED)"),
      ("source.Subnets.Add(from.subnets[i], 0);", "source.Networks.Add(NETWORK, 0);"),
      ("step = \"saving the rules\";\n    rules.Save();", "step = \"saving the rules\";"),
    ]
    for (line, other) in changes {
      #expect(text.contains(line), "\(line)")
      let result = try FirewallModel.run(text.replacing(line, with: other)).first
      #expect(result?.exit == 1, "\(line)")
    }
  }

  @Test(
    "another range, port, address or client is noticed",
    arguments: [
      ("5000, 5500)", "5000, 5400)"), ("\"203.0.113.10\", 2121", "\"203.0.113.10\", 2122"),
      ("\"10.10.20.200\"", "\"10.10.20.201\""),
      ("\"198.51.100.0\", \"255.255.255.0\"", "\"198.51.100.0\", \"255.255.255.128\""),
      ("\"198.51.100.0\"", "\"198.51.101.0\""), ("control\", 21, 21)", "control\", 22, 22)"),
      ("client(\"ftp1\"", "everyone(\"ftp1\""), ("\"203.0.113.10\"", "\"203.0.113.11\""),
    ])
  func mutations(line: String, other: String) throws {
    let compilation = compile(workedCase("platform isa"))
    var job = try job(compilation)
    #expect(job.scripts[0].text.contains(line))
    for number in 0..<2 { job.scripts[number].text.replace(line, with: other) }
    #expect(!faults(try FirewallModel.run([job]).first ?? [], compilation.flows(gateway: 0)).isEmpty)
  }

  @Test(
    "what is not ECMAScript 3 is seen",
    arguments: [
      "let a = 1;", "const a = 1;", "var f = (a) => a;", "class A {}", "var a = `x`;", "var a = [1, 2, ];", "f(1,);",
      "var a = { b: 1, };", "var a = { get b() { return 1; } };", "var a = [].map(String);",
      "var a = JSON.parse(\"1\");",
      "var a = \" a \".trim();", "var a = Object.keys({});", "var a = \"é\";", "var a = b.class;",
      "new ActiveXObject(\"FPC.Root\").GetContainingArray().Name;",
      "new ActiveXObject(\"FPC.Root\").GetContainingArray().RuleElements.Subnets.Colour = 1;",
    ])
  func strictness(text: String) throws {
    let result = try FirewallModel.run(text).first
    #expect(result?.isFine == false, "\(text)")
  }

  @Test(
    "ports of the firewall's own connections are told of the Windows on which it runs, where the range has some",
    arguments: [
      ("isa", "4900-5300", "Windows Server 2003"), ("isa", "5001-5500", nil), ("isa", "50000-50399", nil),
      ("tmg", "4900-5300", nil), ("tmg", "50000-50399", "Windows Server 2008"),
    ])
  func outgoingPorts(platform: String, range: String, windows: String?) throws {
    let compilation = compile(workedCase("platform \(platform)", "tls explicit required; passive range \(range)"))
    #expect(compilation.errors == [])
    let guide = try #require(Platforms.guide(to: compilation.flows(gateway: 0), on: compilation.platform(of: 0)))
    let text = String(decoding: guide.pieces.joined(), as: UTF8.self)
    for title in ["Windows Server 2003", "Windows Server 2008"] {
      #expect(text.contains("\(title) takes the ports") == (title == windows))
    }
  }

  @Test("policies at random: scripts that run, or a refusal of ours")
  func generated() throws {
    // Most of what the generator writes it cannot do; of three policies in four that is left out.
    let lacking = ["limit", "log", "hairpin", "source gateway", "active on"]
    let name = ["isa", "tmg"]
    var jobs: [FirewallModel.Job] = []
    var plans: [FlowPlan] = []
    for text in generatedPolicies(policySample, gateway: { "platform \(name[$0 % 2])" }, without: lacking) {
      let compilation = compile(text)
      guard compilation.errors.isEmpty else { continue }
      jobs.append(try job(compilation))
      plans.append(compilation.flows(gateway: 0))
    }
    #expect(jobs.count > policySample / 20)
    for (results, plan) in zip(try FirewallModel.run(jobs), plans) { #expect(faults(results, plan) == []) }
  }
}

@Test("continuous integration has node")
func nodeInContinuousIntegration() {
  if LiveRequirements.isCI { #expect(FirewallModel.missing == nil) }
}
