import Addressing
import Compilation
import Diagnostics
import Flows
import Platforms
import Testing

/// What a flow plan says, and that a platform which is nothing like nftables can be written from it alone.
@Suite struct FlowPlanTests {
  private func plan(_ policy: String) -> FlowPlan {
    let compilation = compile(policy)
    return compilation.flows(gateway: compilation.policy.gateways.isEmpty ? nil : 0)
  }

  @Test("active data connections leave with the gateway's address, and not with what clients inside dial")
  func activeSource() {
    let policy = """
      gateway edge { outside eth0; inside eth1 }
      publish files {
          server         10.10.20.10, 2001:db8:20::10 vsftpd
          external ip    5.6.7.8 at 10.0.1.10, 2001:db8:113::10 at fd00:1::10
          passive range  20161-21208
          tls            off  # allow: tls-off
          active         on
          hairpin        on
      }
      """
    let sources = plan(policy).families.flatMap { family in
      let translations = family.activeTranslations
      return translations.flows.map { "\(translations.service($0).arrival)" }
    }
    #expect(sources.sorted() == ["10.0.1.10", "fd00:1::10"])
    #expect(!compile(policy).diagnostics.hasErrors)
  }

  private let twoPublications = """
    gateway edge {
        outside eth0
        inside  eth1
    }
    publish files {
        server         10.10.20.200 proftpd
        external ip    203.0.113.10
        control port   2121 -> 21
        passive range  50000-50399
        tls            explicit optional
        helper         on
        allow          192.0.2.0/24
        deny           192.0.2.7
        limit          10 sessions per client
        source         gateway
        log            denied
    }
    publish open {
        server         10.10.20.201 vsftpd
        external ip    203.0.113.11
        passive range  50000-50399
        tls            explicit required
        hairpin        on
    }
    """

  @Test func linesOfAnotherFirewall() {
    #expect(
      LinePlatform().lines(of: plan(twoPublications)) == """
        permit 192.0.2.0-192.0.2.6, 192.0.2.8-192.0.2.255 to 203.0.113.10 port 2121 (files)
        permit 192.0.2.0-192.0.2.6, 192.0.2.8-192.0.2.255 to 203.0.113.10 port 50000-50399 (files)
        permit any to 203.0.113.11 port 21 (open)
        permit any to 203.0.113.11 port 50000-50399 (open)
        translate 203.0.113.10:2121 to 10.10.20.200:21
        translate 203.0.113.11:21 to 10.10.20.201:21
        translate 203.0.113.10:50000-50399 to 10.10.20.200
        translate 203.0.113.11:50000-50399 to 10.10.20.201
        inspect ftp 203.0.113.10:2121
        limit 203.0.113.10:2121 10 sessionsPerClient
        source gateway to 10.10.20.200:21
        source gateway to 10.10.20.200:50000-50399
        log denied 203.0.113.10:2121
        log denied 203.0.113.10:50000-50399
        """)
  }

  @Test func sharedPortsAreToldOnce() throws {
    let plan = plan(
      """
      publish one { server 10.0.0.1 proftpd; external ip 203.0.113.10; control port 21; passive range 50000-50300; tls off
          allow 192.0.2.0/25 }
      publish two { server 10.0.0.1 proftpd; external ip 203.0.113.10; control port 2121 -> 21; passive range 50200-50399; tls off
          allow 192.0.2.128/25 }
      """)
    let flows = try #require(plan.families.first?.admissions)
    #expect(flows.flows.map(\.ports.description) == ["21", "2121", "50000-50199", "50200-50300", "50301-50399"])
    let overlap = flows.flows[3]
    #expect(flows.publications(overlap) == "one, two")
    #expect(
      flows.clients(overlap)?.ranges(.ipv4).map { "\($0.lowerBound)-\($0.upperBound)" } == ["192.0.2.0-192.0.2.255"])
    #expect(!flows.isSole(overlap) && flows.isSole(flows.flows[4]))
  }

  @Test func everyFlowHasTheStatementThatAskedForIt() throws {
    let text = Array(twoPublications.utf8)
    func words(_ span: SourceSpan) -> String {
      String(decoding: text[span.range], as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
    }
    let family = try #require(plan(twoPublications).families.first)
    #expect(
      family.controlTranslations.map { words($0.provenance) } == ["control port   2121 -> 21", "publish open"])
    #expect(
      family.passiveTranslations.flows.map { words(family.passiveTranslations.provenance($0)) }
        == ["50000-50399", "50000-50399"])
    #expect(family.limits.flatMap(\.flows).map { words($0.provenance) } == ["limit          10 sessions per client"])
    #expect(family.helped.map { words($0.provenance) } == ["helper         on"])
  }

  @Test func whatAPlatformCannotDoIsAnErrorAtTheStatement() {
    let plan = plan(twoPublications)
    #expect(Platforms.findings(plan, on: Platforms.nftables).isEmpty)
    let found = Platforms.findings(plan, on: LinePlatform(lacking: [.helper, .hairpin, .logDenied]))
    #expect(
      found.map(\.message) == [
        "`files` asks for the FTP helper on its control connections alone, which is not written for lines",
        "`files` asks for a log of denied connections, which is not written for lines",
        "`open` asks for clients inside at the external address, which is not written for lines",
      ])
    #expect(Set(found.map(\.primary.span)).count == 3)
  }

  @Test(arguments: [
    ("platform nftables", ""), ("platform nftables 1.0.6", ""), ("platform nftables 0.9.8", ""),
    ("platform ntfables", "no configuration can be written for `ntfables`"),
    ("platform vyos 1.4", "no configuration can be written for `vyos`"),
    ("platform nftables 2", "`2` is no version of `nftables` for which a configuration can be written"),
    ("platform nftables 1..2", "`1..2` is no version of `nftables` for which a configuration can be written"),
    ("platform", "expected the name of a platform"),
  ])
  func platforms(statement: String, message: String) {
    let compilation = compile(twoPublications.replacing("inside  eth1", with: "inside  eth1\n    \(statement)"))
    let errors = compilation.diagnostics.filter { $0.severity == .error }
    #expect(errors.count == (message.isEmpty ? 0 : 1))
    #expect(errors.first?.message.hasPrefix(message) ?? message.isEmpty)
  }

  @Test func demandsAreThoseOfThePolicy() {
    let asked = Set(plan(twoPublications).demands.map { "\($0.publication) \($0.feature)" })
    #expect(
      asked == [
        "files controlPortTranslation", "files clients", "files helper", "files limitPerClient",
        "files gatewaySource", "files logDenied", "files translation", "files helperBesideTLS",
        "open hairpin", "open translation",
      ])
  }
}

/// A firewall of the tests: one line for each thing that must happen.
private struct LinePlatform: Platform {
  var lacking: Set<FlowFeature> = []

  var name: String { "lines" }
  var forms: [String] { ["text"] }
  var versions: String? { "any" }
  func knows(version: String) -> Bool { true }
  var capabilities: Set<FlowFeature> { Set(FlowFeature.allCases).subtracting(lacking) }

  func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    [Artifact(name: "rules.txt", pieces: [Array(lines(of: plan).utf8)], purpose: "the rules")]
  }

  func lines(of plan: FlowPlan) -> String {
    var lines: [String] = []
    for family in plan.families {
      let admissions = family.admissions
      for flow in admissions.flows {
        let clients = admissions.clients(flow)?.ranges(family.family).map { "\($0.lowerBound)-\($0.upperBound)" }
        lines.append(
          "permit \(clients?.joined(separator: ", ") ?? "any") to \(flow.address) port \(flow.ports) "
            + "(\(admissions.publications(flow)))")
      }
      for flow in family.controlTranslations {
        lines.append(
          "translate \(flow.address):\(flow.port) to \(flow.service.serverAddress):\(flow.service.serverControlPort)")
      }
      let passive = family.passiveTranslations
      for flow in passive.flows {
        lines.append("translate \(flow.address):\(flow.ports) to \(passive.service(flow).serverAddress)")
      }
      for flow in family.helped { lines.append("inspect ftp \(flow.address):\(flow.port)") }
      for (limit, flows) in family.limits {
        lines += flows.map { "limit \($0.address):\($0.port) \(limit.count) \(limit.unit)" }
      }
      for flow in family.gatewaySources(isRouted: false).flows {
        lines.append("source gateway to \(flow.address):\(flow.ports)")
      }
      for flow in family.logged(.denied).flows { lines.append("log denied \(flow.address):\(flow.ports)") }
    }
    return lines.joined(separator: "\n")
  }
}
