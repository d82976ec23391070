import Addressing
import Compilation
import Flows
import LiveSupport
import Testing

/// Users behind ISA Server and TMG, by scripts that run in a model of the object model.
@Suite("reach: ISA Server and TMG", .enabled(if: FirewallModel.missing == nil, "\(FirewallModel.missing ?? "")"))
struct ISAReachTests {
  private static let policy = """
    reach bank { server 203.0.113.21; passive range 50000-50399; tls explicit required; allow 10.20.0.0/24, 10.30.0.7 }
    reach payroll { server 203.0.113.21; control port 2121; passive range 51000-51399; tls explicit required
      allow 10.40.0.0/16 }
    reach old { server 203.0.113.22; helper on; active on; tls off; allow 10.20.0.0/24 }
    reach open { server 203.0.113.23; passive range any; tls explicit required }
    """

  private func compilation(_ platform: String = "isa") -> Compilation {
    compile("gateway edge { platform \(platform); inside \"Internal\" }\n\(Self.policy)")
  }

  /// What a user at an address may open: whether the first rule that matches permits it, and whether a filter reads it.
  private func verdict(_ rules: [FirewallModel.Access], _ user: String, _ server: String, _ port: Int) -> String {
    let address = IPAddress(user)
    for rule in rules where rule.isOn && rule.others.isEmpty && rule.servers == [server] {
      let isUser =
        rule.networks == ["Internal"]
        || rule.users.contains { text in address.map { prefix(text)?.contains($0) ?? false } ?? false }
      guard isUser else { continue }
      for (range, filters) in zip(rule.ranges, rule.filters) where range[0] <= port && port <= range[1] {
        return rule.permits ? filters > 0 ? "filtered" : "permitted" : "refused"
      }
    }
    return "others decide"
  }

  @Test(
    "permits come before refusals, and on port 21 no filter gets hold of a connection that has none",
    arguments: ["isa 2004", "isa 2006", "tmg"])
  func rules(platform: String) throws {
    let compilation = compilation(platform)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let script = try compilation.configuration()
    let back = compilation.companion("\(platform.prefix(3))-undo.js") ?? ""
    let results = try FirewallModel.run(script, script, back, back)
    for result in results { #expect(result.isFine, "\(result.error) \(result.echo) \(result.faults)") }
    #expect(results[0].accesses == results[1].accesses && results[0].count == results[1].count)
    #expect(results[2].count == 0 && results[3].count == 0)
    #expect(Set(results.map(\.others)).count == 1)
    let rules = results[0].accesses
    for (user, server, port, wanted) in [
      ("10.20.0.9", "203.0.113.21", 21, "permitted"), ("10.20.0.9", "203.0.113.21", 50399, "permitted"),
      ("10.30.0.7", "203.0.113.21", 50000, "permitted"), ("10.30.0.8", "203.0.113.21", 21, "refused"),
      ("10.30.0.8", "203.0.113.21", 50000, "refused"), ("10.40.1.1", "203.0.113.21", 2121, "permitted"),
      ("10.40.1.1", "203.0.113.21", 51399, "permitted"), ("10.40.1.1", "203.0.113.21", 21, "refused"),
      ("10.20.0.9", "203.0.113.21", 2121, "refused"), ("10.20.0.9", "203.0.113.22", 21, "filtered"),
      ("10.40.0.9", "203.0.113.22", 21, "refused"), ("10.99.0.9", "203.0.113.23", 21, "permitted"),
      ("10.99.0.9", "203.0.113.23", 1024, "permitted"), ("10.99.0.9", "203.0.113.23", 80, "others decide"),
    ] {
      #expect(verdict(rules, user, server, port) == wanted, "\(user) to \(server):\(port)")
    }
    // A rule with the filter on port 21 would be next.
    #expect(rules.first { $0.name == "sallyport-open-refused" }?.filters == [1])
    #expect(rules.first { $0.name == "sallyport-payroll-refused" }?.filters == [0, 0])
  }

  @Test("the check at the end sees what is not as it should be")
  func readingBack() throws {
    let text = try compilation().configuration()
    let changes = [
      ("made.Action = item.action;", "made.Action = 0;"), ("made.Enabled = true;", "made.Enabled = false;"),
      ("AddTCP(1, item.low, item.high)", "AddTCP(1, item.low, item.low)"),
      ("access.SpecifiedProtocols.Add(item.protocolNames[i], 0);", "access.SpecifiedProtocols.Add(PREDEFINED, 0);"),
      (
        "DestinationSelectionIPs.Computers.Add(item.serverName, 0)",
        "DestinationSelectionIPs.Computers.Add(\"sallyportal\", 0)"
      ),
      ("source.Subnets.Add(from.subnets[i], 0);", "source.Networks.Add(NETWORK, 0);"),
      (
        "for (var i = 0; i < wanted.rules.length; i++) {\n        addRule",
        "for (var i = wanted.rules.length - 1; i >= 0; i--) {\n        addRule"
      ),
      ("step = \"saving the rules\";\n    rules.Save();", "step = \"saving the rules\";"),
    ]
    for (line, other) in changes {
      #expect(text.contains(line), "\(line)")
      let result = try FirewallModel.run(text.replacing(line, with: other)).first
      #expect(result?.exit == 1, "\(line)")
    }
  }

  @Test("a run that fails permits nothing half, says so, and can be taken back or repeated")
  func failures() throws {
    let compilation = compilation("tmg")
    let text = try compilation.configuration()
    let back = compilation.companion("tmg-undo.js") ?? ""
    let changes = try FirewallModel.run(text, text).last?.changes ?? 0
    #expect(changes > 60)
    let whole = try FirewallModel.run(text).first?.accesses
    let jobs = stride(from: 1, through: changes, by: 3).map { number in
      FirewallModel.Job(scripts: [
        .init(text: text), .init(text: text, failAt: number), .init(text: text), .init(text: back),
      ])
    }
    for results in try FirewallModel.run(jobs) {
      #expect(results[1].exit == 1 && results[1].error.isEmpty)
      #expect(results[1].accesses.isEmpty || results[1].accesses == whole)
      #expect(results[2].isFine && results[2].accesses == whole && results[3].count == 0)
    }
  }

  @Test("sessions of users, by what the filter is documented to do") func sessions() {
    // What the filter makes of EPSV and EPRT is not documented.
    let faults = ReachStudy(compilation()).faults.filter { !$0.contains("RFC 2428 is not documented") }
    #expect(faults.isEmpty, "\(faults)")
  }

  @Test(
    "what it cannot do is refused at the statement",
    arguments: [
      ("helper on; tls off; passive range 50000-50399", "both `helper on` and a passive range"),
      ("helper on; tls explicit optional; passive range 50000-50399", "that may be encrypted"),
      ("tls explicit required; passive range 50000-50399; log new", "a log of new connections of users inside"),
    ])
  func refusals(statements: String, words: String) {
    let errors = compile(
      "gateway edge { platform isa }\nreach bank { server 203.0.113.21; allow 10.0.0.0/8; \(statements) }"
    ).errors
    #expect(errors.count == 1 && errors.first?.contains(words) == true, "\(errors)")
  }

  @Test("users are in the network that `inside` names, or in the one that is built in") func networks() throws {
    let text = try compilation().configuration()
    #expect(text.contains("var NETWORK = \"Internal\";"))
    let named = compile(
      "gateway edge { platform isa; inside \"Offices\" }\n\(Self.policy)")
    #expect(try named.configuration().contains("var NETWORK = \"Offices\";"))
    #expect(named.readme.contains("Users are in the network `Offices`."))
    let none = compile("gateway edge { platform isa }\n\(Self.policy)")
    #expect(none.readme.contains("Users are in the network `Internal`, as `inside` says nothing else."))
    #expect(
      compile("gateway edge { platform isa; inside \"A\", \"B\" }\n\(Self.policy)").errors == [
        "platform-unsupported: isa is written for users of one network, and `inside` names several"
      ])
  }
}
