import Addressing
import FTPSession
import LiveSupport
import Testing

/// Two gateways in a row, each in the kernel and in the model, against what was measured once: which combinations carry
/// which sessions. A control connection that no helper can read counts as hidden.
@Suite(.live) struct RowTableTests {
  /// One line of a table.
  struct Line: Sendable {
    var name: String
    var gateways: [RowRules]
    /// The address in 227 replies; `nil` for the server's own.
    var announced: String?
    /// Whether sessions work: clear PASV, clear EPSV, hidden PASV, hidden EPSV, PORT.
    var works: [Bool]

    /// What is expected of the sessions of a family. Of IPv6 there is EPSV, clear and hidden, and EPRT.
    func works(_ family: AddressFamily) -> [Bool] {
      family == .ipv4 || works.count < 5 ? works : [works[1], works[3], works[4]]
    }

    /// The rules of the gateways in a family.
    func rules(_ family: AddressFamily) -> [RowRules] {
      gateways.map { rules in
        var own = rules
        own.family = family
        return own
      }
    }
  }

  private static let external = Row.external(1)

  /// The client's own firewall, which puts its address in the place of the client's.
  private static func client(_ data: RowRules.Data, helper: Bool = false) -> RowRules {
    RowRules(target: external, data: data, hasHelper: helper, masquerades: "eth1")
  }

  /// The firewall of the server, with the whole range.
  private static let serverEnd = RowRules(external: external, target: Address.server, data: .forwarded)

  static let clientSide = [
    Line(
      name: "control port only", gateways: [client(.none), serverEnd], announced: external,
      works: [false, false, false, false, false]),
    Line(
      name: "control and range", gateways: [client(.forwarded), serverEnd], announced: external,
      works: [true, true, true, true, false]),
    Line(
      name: "control with a helper", gateways: [client(.none, helper: true), serverEnd], announced: external,
      works: [true, true, false, false, false]),
    Line(
      name: "control and range, private address announced", gateways: [client(.forwarded), serverEnd],
      works: [false, true, false, true, false]),
  ]

  private static func pair(
    _ outer: (RowRules.Data, helper: Bool), _ inner: (RowRules.Data, helper: Bool)
  ) -> [RowRules] {
    [
      RowRules(external: Row.external(0), target: external, data: outer.0, hasHelper: outer.helper),
      RowRules(external: external, target: Address.server, data: inner.0, hasHelper: inner.helper),
    ]
  }

  static let serverSide = [
    Line(
      name: "range, range", gateways: pair((.forwarded, false), (.forwarded, false)), announced: Row.external(0),
      works: [true, true, true, true, false]),
    Line(
      name: "range and helper, twice", gateways: pair((.forwarded, true), (.forwarded, true)),
      announced: Row.external(0), works: [true, true, true, true, true]),
    Line(
      name: "helper, helper", gateways: pair((.none, true), (.none, true)),
      works: [true, true, false, false, true]),
    Line(
      name: "nothing, helper", gateways: pair((.none, false), (.none, true)),
      works: [false, false, false, false, false]),
    Line(
      name: "helper, range, inner external address", gateways: pair((.none, true), (.forwarded, false)),
      announced: external, works: [true, true, false, false, false]),
    Line(
      name: "helper, range, outermost address", gateways: pair((.none, true), (.forwarded, false)),
      announced: Row.external(0), works: [false, true, false, false, false]),
    Line(
      name: "range, helper, outermost address", gateways: pair((.forwarded, false), (.none, true)),
      announced: Row.external(0), works: [false, true, false, false, false]),
    Line(
      name: "range, helper, inner external address", gateways: pair((.forwarded, false), (.none, true)),
      announced: external, works: [false, true, false, false, false]),
  ]

  /// Both tables: their lines, the gateways, and what clients dial.
  static let all: [(lines: [Line], row: Row, dialled: String)] = [
    (clientSide, Row(gateways: 2, clientSide: 1), external), (serverSide, Row(gateways: 2), Row.external(0)),
  ]

  /// The client's own firewall and the server's; then two before the server.
  @Test(arguments: [0, 1]) func kernelModelAndTable(table: Int) async throws {
    let (lines, row, dialled) = Self.all[table]
    try await withLab(Lab.Options(row: row)) { lab in
      let bench = try await RowBench(lab, row)
      for (line, family) in lines.flatMap({ line in AddressFamily.allCases.map { (line, $0) } }) {
        let duels = Self.duels(line, row, dialled, family)
        let scripts = line.rules(family).map { RowGateway(script: $0.script) }
        let verdicts = try await bench.fight(scripts, duels)
        #expect(verdicts.count == line.works(family).count)
        for (verdict, works) in zip(verdicts, line.works(family)) {
          #expect(verdict.agrees, "\(verdict)")
          #expect((verdict.observed == .works) == works, "\(verdict), measured: \(works)")
        }
      }
    }
  }

  static func duels(_ line: Line, _ row: Row, _ dialled: String, _ family: AddressFamily = .ipv4) -> [Duel] {
    let kinds: [(FTPSession.Encryption, FTPSession.DataMode)] =
      family == .ipv4
      ? [(.plain, .pasv), (.plain, .epsv), (.explicit, .pasv), (.explicit, .epsv), (.plain, .port)]
      : [(.plain, .epsv), (.explicit, .epsv), (.plain, .eprt)]
    func place(_ address: String) -> String { family == .ipv4 ? address : Row.ipv6(address) }
    return kinds.enumerated().map { index, kind in
      // One address stands for all clients where the first gateway translates, so the ports have to differ.
      var server = FTPServer(
        RowBench.server(row, place(Address.server)), passivePorts: [UInt16(50_001 + index)])
      server.announced = family == .ipv4 ? line.announced.map(BenchNetwork.ip) : nil
      server.announcedEncrypted = server.announced
      server.offersTLS = true
      let session = Session(
        client: RowBench.client(row, .client, 0, family), server: server, dialled: BenchNetwork.ip(place(dialled)),
        port: 21, kind.0, kind.1)
      return Duel(
        name: "\(line.name), \(kind.0.rawValue) \(kind.1.rawValue)\(family == .ipv4 ? "" : " over IPv6")",
        client: .client, serverAddresses: [place(Address.server)], model: session)
    }
  }
}
