import Addressing
import Compilation
import Diagnostics
import Flows
import Platforms
import Policy
import Testing

/// `behind`: publications that pass several gateways.
@Suite("Paths of several gateways") struct GatewayPathTests {
  private let server = #"10.10.20.200 proftpd { certificate "/etc/ssl/a.pem" key "/etc/ssl/a.key" }"#

  /// `edge` before `inner`, and a publication on `inner`.
  private func policy(
    edge: String = "external ip 203.0.113.10", inner: String = "external ip 192.0.2.5",
    _ statements: String = "passive range 50000-50399; tls explicit required"
  ) -> String {
    """
    gateway edge { outside eth0; inside eth1; \(edge) }
    gateway inner { behind edge; outside eth0; inside eth1; \(inner) }
    publish files { gateway inner; server \(server)
      \(statements) }
    """
  }

  /// Where connections to each gateway arrive and where they go on to, the outermost first: `A:port -> B:port`.
  private func ways(_ compilation: Compilation, _ name: String = "files") throws -> [String] {
    let publication = try #require(compilation.policy.publications.first { $0.name.value == name })
    return publication.hops.map(\.gateway).flatMap { gateway in
      compilation.flows(gateway: gateway).services.filter { $0.name == name }.map { service in
        let change = service.isTranslated ? "->" : service.isLocal ? "at" : "by"
        return "\(service.arrival):\(service.controlPort) \(change) "
          + "\(service.serverAddress):\(service.serverControlPort)"
      }
    }
  }

  private func outcomes(_ compilation: Compilation) throws -> [String] {
    let publication = try #require(compilation.policy.publications.first)
    return compilation.sessions(of: publication).cells.filter { $0.isPermitted && $0.outcome != .works }
      .map { "\($0.title): \($0.outcome): \($0.reason)" }
  }

  @Test("each gateway translates to the next, and the port changes at the outermost")
  func twoTranslate() throws {
    let compilation = compile(
      policy("control port 2121 -> 21; passive range 50000-50399; tls explicit required"))
    #expect(compilation.isAccepted, "\(compilation.diagnostics)")
    #expect(try ways(compilation) == ["203.0.113.10:2121 -> 192.0.2.5:21", "192.0.2.5:21 -> 10.10.20.200:21"])
    let publication = try #require(compilation.policy.publications.first)
    #expect(compilation.policy.masquerade(of: publication).encrypted == IPAddress("203.0.113.10"))
    #expect(try outcomes(compilation) == [])
  }

  @Test("an inner gateway without an address routes, and so does an outer one whose inner one has what clients dial")
  func routing() throws {
    let routed = compile(policy(inner: ""))
    #expect(try ways(routed) == ["203.0.113.10:21 -> 10.10.20.200:21", "10.10.20.200:21 by 10.10.20.200:21"])
    #expect(routed.isAccepted, "\(routed.diagnostics)")
    #expect(try outcomes(routed) == [])
    let filtering = compile(policy(edge: "", inner: "external ip 203.0.113.10"))
    #expect(try ways(filtering) == ["203.0.113.10:21 by 203.0.113.10:21", "203.0.113.10:21 -> 10.10.20.200:21"])
    #expect(filtering.isAccepted, "\(filtering.diagnostics)")
    #expect(try outcomes(filtering) == [])
    let allRoute = compile(
      policy(edge: "", inner: "", "external ip 10.10.20.200; passive range 50000-50399; tls off; allow 10.0.0.0/8"))
    #expect(try ways(allRoute) == ["10.10.20.200:21 by 10.10.20.200:21", "10.10.20.200:21 by 10.10.20.200:21"])
    #expect(try outcomes(allRoute) == [])
  }

  @Test("three gateways, boxes that nobody describes before the first and the last")
  func boxes() throws {
    let compilation = compile(
      """
      gateway edge { outside eth0; inside eth1; external ip 203.0.113.10 at 100.64.0.2 }
      gateway middle { behind edge; outside eth0; inside eth1; external ip 192.0.2.5 }
      gateway inner { behind middle; outside eth0; inside eth1; external ip 198.18.0.1 at 10.0.0.4 }
      publish files { gateway inner; server \(server)
        control port 2121 -> 21; passive range 50000-50399; tls explicit required }
      """)
    #expect(compilation.isAccepted, "\(compilation.diagnostics)")
    let way = try ways(compilation)
    #expect(
      way == [
        "100.64.0.2:2121 -> 192.0.2.5:21", "192.0.2.5:21 -> 198.18.0.1:21", "10.0.0.4:21 -> 10.10.20.200:21",
      ])
    #expect(try outcomes(compilation) == [])
    let files = try compilation.bundle(version: "0").files
    let sheets = files.filter { $0.path.hasSuffix("box-before.txt") }.map {
      String(decoding: $0.bytes, as: UTF8.self)
    }
    #expect(sheets.count == 2)
    #expect(sheets.contains { $0.contains("203.0.113.10") && $0.contains("the destination becomes 100.64.0.2") })
    #expect(sheets.contains { $0.contains("198.18.0.1") && $0.contains("the destination becomes 10.0.0.4") })
  }

  @Test("a box before an inner gateway that says what clients dial stands there, and not before the outermost")
  func boxBetween() throws {
    func between(_ statements: String, edge: String = "") -> Compilation {
      compile(policy(edge: edge, inner: "external ip 203.0.113.10 at 10.0.0.4", statements))
    }
    let compilation = between("passive range 50000-50399; tls explicit required")
    #expect(compilation.isAccepted, "\(compilation.diagnostics)")
    #expect(try ways(compilation) == ["203.0.113.10:21 by 203.0.113.10:21", "10.0.0.4:21 -> 10.10.20.200:21"])
    let publication = try #require(compilation.policy.publications.first)
    #expect(publication.hops.map { $0.boxes.map(\.description) } == [[], ["203.0.113.10 at 10.0.0.4"]])
    #expect(try outcomes(compilation) == [])
    // The helper writes an address that the box does not translate in replies, wherever the box stands.
    for edge in ["", "external ip 198.51.100.1"] {
      let helper = between("helper on; tls off", edge: edge)
      #expect(helper.diagnostics.contains { $0.code == "helper-before-translation" }, "\(helper.diagnostics)")
    }
  }

  @Test("the helper is at all gateways that translate, and the server announces its own address without a range")
  func helper() throws {
    let compilation = compile(policy("helper on; tls off"))
    #expect(compilation.isAccepted, "\(compilation.diagnostics)")
    for gateway in 0..<2 { #expect(compilation.flows(gateway: gateway).services.allSatisfy { $0.wantsHelper }) }
    let publication = try #require(compilation.policy.publications.first)
    #expect(compilation.policy.masquerade(of: publication).plain == nil)
    #expect(try outcomes(compilation) == [])
    // Who passes packets on reads nothing.
    let routed = compile(policy(inner: "", "helper on; active on; tls off"))
    #expect(routed.flows(gateway: 0).services.allSatisfy { $0.wantsHelper })
    #expect(!routed.flows(gateway: 1).services.contains { $0.wantsHelper })
    #expect(try outcomes(routed) == [])
    let box = compile(policy(edge: "external ip 203.0.113.10 at 100.64.0.2", "helper on; tls off"))
    #expect(box.diagnostics.contains { $0.code == "helper-before-translation" })
  }

  @Test("active mode leaves with what clients dialled, through every gateway")
  func active() throws {
    for statements in [
      "passive range 50000-50399; active on; tls off", "passive range 50000-50399; active on; helper on; tls off",
      "passive range 50000-50399; active on; tls explicit optional",
    ] {
      let compilation = compile(policy(statements))
      #expect(compilation.isAccepted, "\(statements): \(compilation.diagnostics)")
      let broken = try outcomes(compilation)
      #expect(broken == [], "\(statements)")
    }
  }

  @Test("a server on the innermost gateway needs an address there")
  func local() throws {
    let text = policy().replacing(server, with: server.replacing("10.10.20.200", with: "local"))
    let compilation = compile(text)
    #expect(compilation.isAccepted, "\(compilation.diagnostics)")
    #expect(try ways(compilation) == ["203.0.113.10:21 -> 192.0.2.5:21", "192.0.2.5:21 at 192.0.2.5:21"])
    #expect(try outcomes(compilation) == [])
    let stranded = compile(text.replacing("external ip 192.0.2.5", with: ""))
    #expect(stranded.diagnostics.contains { $0.code == "external-ip-missing" }, "\(stranded.diagnostics)")
  }

  @Test("limits and logs are the innermost gateway's, clients are kept out at each")
  func where_() throws {
    let compilation = compile(
      policy(
        "passive range 50000-50399; tls explicit required; allow 198.51.100.0/24; limit 9 sessions; log denied; "
          + "source gateway; hairpin on"))
    let (edge, inner) = (compilation.flows(gateway: 0).services, compilation.flows(gateway: 1).services)
    #expect(edge.allSatisfy { $0.clients != nil && $0.limits.isEmpty && !$0.logs(.denied) })
    #expect(edge.allSatisfy { !$0.wantsGatewaySource && !$0.wantsHairpin })
    #expect(inner.contains { $0.clients != nil && !$0.limits.isEmpty && $0.logs(.denied) && $0.wantsGatewaySource })
    #expect(inner.contains { $0.wantsHairpin && $0.arrival == IPAddress("203.0.113.10") })
    #expect(try outcomes(compilation) == [])
  }

  @Test("two publications that are apart outside and meet at the inner gateway are in each other's way")
  func conflict() throws {
    let gateways = """
      gateway edge { outside eth0; inside eth1 }
      gateway inner { behind edge; outside eth0; inside eth1; external ip 192.0.2.5 }

      """
    func publish(_ name: String, _ external: String, _ port: String, _ range: String) -> String {
      "publish \(name) { gateway inner; server 10.10.20.\(name == "one" ? 1 : 2) other; external ip \(external)\n"
        + "  control port \(port); passive range \(range); tls off }\n"
    }
    let clash = compile(
      gateways + publish("one", "203.0.113.10", "21", "50000-50099")
        + publish("two", "203.0.113.11", "21", "50050-50199"))
    #expect(clash.diagnostics.contains { $0.code == "control-port-conflict" && $0.message.contains("192.0.2.5") })
    #expect(clash.diagnostics.contains { $0.code == "passive-range-overlap" })
    let apart = compile(
      gateways + publish("one", "203.0.113.10", "21", "50000-50099")
        + publish("two", "203.0.113.11", "21 -> 2121", "50100-50199"))
    #expect(!apart.diagnostics.hasErrors, "\(apart.diagnostics)")
  }

  @Test("what cannot be: circles, one address twice, an address that arrives as itself")
  func mistakes() {
    func codes(_ text: String) -> [String] { compile(text).diagnostics.filter { $0.severity > .note }.map(\.code) }
    #expect(codes(policy(edge: "behind edge; external ip 203.0.113.10")).contains("behind-circle"))
    #expect(codes(policy(edge: "behind inner; external ip 203.0.113.10")).contains("behind-circle"))
    #expect(codes(policy(inner: "external ip 203.0.113.10")).contains("external-ip-claimed-twice"))
    #expect(codes(policy(edge: "external ip 203.0.113.10 at 203.0.113.10")).contains("external-ip-at-itself"))
    #expect(codes(policy(edge: "external ip 203.0.113.10 at 2001:db8::1")).contains("address-family-mismatch"))
    #expect(codes(policy(edge: "behind nobody")).contains("unknown-name"))
    let long = (0..<80).map { "gateway g\($0) { \($0 == 0 ? "" : "behind g\($0 - 1);") outside eth0 }" }
    #expect(codes(long.joined(separator: "\n")).filter { $0 == "behind-circle" }.count == 1)
  }

  @Test("a gateway that nobody can play leaves sessions undecided, one that is documented makes them documented")
  func certainty() throws {
    let sheet = compile(policy(edge: "platform sheet; external ip 203.0.113.10"))
    #expect(sheet.isAccepted, "\(sheet.diagnostics)")
    let publication = try #require(sheet.policy.publications.first)
    let cells = sheet.sessions(of: publication).cells.filter(\.isPermitted)
    #expect(!cells.isEmpty && cells.allSatisfy { $0.outcome == .undecided })
    let device = compile(
      policy(
        edge: #"platform asa 9.12; access list "out"; external ip 203.0.113.10"#,
        "passive range 50000-50399; tls explicit required"))
    guard let published = device.policy.publications.first, device.isAccepted else {
      Issue.record("\(device.diagnostics)")
      return
    }
    let known = device.sessions(of: published).cells.filter { $0.isPermitted }
    #expect(!known.isEmpty && known.allSatisfy { $0.outcome == .works && $0.certainty == .documented })
  }

  @Test("an address of an inner gateway that a box translates is dialled, and the outer gateway passes it on")
  func boxInside() throws {
    let compilation = compile(policy(edge: "", inner: "external ip 203.0.113.99 at 192.168.100.2"))
    #expect(
      try ways(compilation) == ["203.0.113.99:21 by 203.0.113.99:21", "192.168.100.2:21 -> 10.10.20.200:21"])
    #expect(try outcomes(compilation) == [])
    let sheets = try compilation.bundle(version: "0").files.filter { $0.path.hasSuffix("box-before.txt") }
    #expect(sheets.map(\.path) == ["gateways/inner/box-before.txt"])
  }

  @Test("each family has the outermost address of its own")
  func families() throws {
    let text = policy(inner: "external ip 192.0.2.5, 2001:db8:113::10")
      .replacing("10.10.20.200", with: "10.10.20.200, 2001:db8:20::200")
    let compilation = compile(text)
    #expect(compilation.isAccepted, "\(compilation.diagnostics)")
    let publication = try #require(compilation.policy.publications.first)
    #expect(Set(publication.externalAddresses.map(\.family)) == [.ipv4, .ipv6])
    #expect(try outcomes(compilation) == [])
  }

  @Test("clients inside dial the port that those outside dial")
  func insidePort() throws {
    let compilation = compile(
      policy("control port 2121 -> 21; passive range 50000-50399; tls explicit required; hairpin on"))
    #expect(compilation.isAccepted, "\(compilation.diagnostics)")
    #expect(try outcomes(compilation) == [])
  }

  @Test("what is not understood on a path leaves its sessions untold")
  func untold() throws {
    for edge in ["external ip 203.0.113", "behind nowhere; external ip 203.0.113.10"] {
      let compilation = compile(policy(edge: edge))
      for publication in compilation.policy.publications { #expect(!compilation.canExplain(publication), "\(edge)") }
    }
  }

  @Test("servers behind an inner gateway, and clients between two, are told")
  func between() {
    let past = compile(
      policy() + """

        publish other { gateway edge; server 192.0.2.5 proftpd { certificate "/a" key "/b" }; external ip 203.0.113.12
          passive range 51000-51399; tls explicit required }
        publish same { gateway edge; server 10.10.20.200 proftpd { certificate "/a" key "/b" }; external ip 203.0.113.13
          passive range 50000-50399; tls explicit required }
        """)
    let found = past.diagnostics.filter { $0.code == "server-behind-gateway" }
    #expect(found.count == 2, "\(past.diagnostics)")
    let clients = compile(policy("passive range 50000-50399; tls explicit required; allow 192.0.2.0/24"))
    #expect(clients.diagnostics.contains { $0.code == "lan-clients-without-hairpin" }, "\(clients.diagnostics)")
  }
}
