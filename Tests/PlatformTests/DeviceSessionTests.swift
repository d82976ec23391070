import Compilation
import FTPSession
import Platforms
import Policy
import Testing

/// Sessions through firewalls that are not Linux, by what their helpers are documented to do.
@Suite struct DeviceSessionTests {
  /// The outcomes of an allowed client over IPv4, as `tls mode`.
  private func outcomes(_ gateway: String, _ statements: String, server: String = "other") -> [String: SessionCell] {
    let compilation = compile(
      """
      gateway edge { \(gateway) }
      publish files { server 10.10.20.200 \(server); external ip 203.0.113.10; allow 198.51.100.0/24; \(statements) }
      """)
    guard let publication = compilation.policy.publications.first else { return [:] }
    let cells = compilation.sessions(of: publication).cells.filter { $0.place == .allowed && $0.family == .ipv4 }
    return Dictionary(
      cells.map { ("\($0.encryption.rawValue) \($0.mode.rawValue)", $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The gateways that a policy may name, with what each has to be told.
  static let devices = [
    "platform routeros; outside ether1; inside ether2",
    "platform asa; outside \"outside\"; inside \"inside\"; access list \"acl\"",
    "platform srx; outside untrust; inside trust",
    "platform screenos; outside \"Untrust\"; inside \"Trust\"; numbers 9000-9020; unit inside \"ethernet0/1\"",
    "platform isa; outside \"External\"; inside \"Internal\"",
    "platform tmg; outside \"External\"; inside \"Internal\"",
    "platform fortigate; outside wan1; inside dmz; numbers 9001-9010",
  ]

  @Test("a passive range carries TLS through each of them, as documented", arguments: devices)
  func range(gateway: String) throws {
    let found = outcomes(gateway, "passive range 50000-50099; tls explicit required")
    for mode in ["pasv", "epsv"] {
      let cell = try #require(found["explicit \(mode)"])
      #expect(cell.outcome == .works && cell.certainty == .documented, "\(gateway): \(cell.reason)")
    }
    #expect(found["plain pasv"]?.outcome == .refused)
  }

  @Test("AUTH is answered by the filter of ISA, twice, and ends the session")
  func answered() throws {
    for name in ["isa", "tmg"] {
      let gateway = "platform \(name); outside \"External\"; inside \"Internal\""
      let cell = try #require(
        outcomes(gateway, "helper on; passive range 50000-50099; tls explicit optional")["explicit pasv"])
      #expect(cell.outcome == .broken)
      let steps = try #require(cell.performance).steps
      #expect(steps.filter { $0.from == .client && $0.loss != nil }.map(\.text) == ["AUTH TLS", "AUTH SSL"])
      #expect(
        steps.filter { $0.from == .gateway }.map(\.text) == ["550 Access is denied", "550 Access is denied", "FIN"])
      #expect(!steps.contains { $0.from == .server && $0.text.hasPrefix("234") })
    }
  }

  /// What no document tells is neither fine nor broken.
  @Test(arguments: [
    (
      "platform srx 15.1; outside untrust; inside trust",
      "helper on; passive range 50000-50099; tls explicit optional"
    ),
    (
      "platform fortigate; outside wan1; inside dmz; numbers 9001-9010",
      "helper on; passive range 50000-50099; tls explicit optional"
    ),
    ("platform windows", "helper on; passive range 50000-50099; tls explicit optional"),
  ])
  func undecided(gateway: String, statements: String) {
    let cell = outcomes(gateway, statements)["explicit pasv"]
    #expect(cell?.outcome == .undecided && cell?.certainty == .unverified, "\(cell?.reason ?? "none")")
  }

  @Test("clear sessions live on the helper where the server announces itself")
  func helped() {
    for gateway in [
      "platform routeros; outside ether1; inside ether2; helper scope device", Self.devices[1], Self.devices[2],
    ] {
      let found = outcomes(gateway, "helper on; tls off")
      #expect(found["plain pasv"]?.outcome == .works, "\(gateway): \(found["plain pasv"]?.reason ?? "")")
      #expect(found["plain epsv"]?.outcome == .works, "\(gateway): \(found["plain epsv"]?.reason ?? "")")
    }
  }

  @Test("an ASA inspects by itself, and what it makes of an external address in a reply is not known")
  func inspectedByItself() {
    let found = outcomes(Self.devices[1], "passive range 50000-50099; tls explicit optional")
    #expect(found["plain pasv"]?.outcome == .undecided)
    #expect(found["plain epsv"]?.outcome == .works)
    #expect(found["explicit pasv"]?.outcome == .works)
    let out = outcomes(Self.devices[1] + "; helper scope device", "passive range 50000-50099; tls explicit optional")
    #expect(out["plain pasv"]?.outcome == .works)
  }

  @Test("strangers get no further than the device") func strangers() {
    let compilation = compile(workedCase(Self.devices[2]))
    let cells = compilation.policy.publications.flatMap { compilation.sessions(of: $0).cells }
    #expect(cells.contains { $0.place == .stranger })
    #expect(cells.allSatisfy { $0.place != .stranger || $0.outcome == .refused && !$0.isIntrusion })
  }
}
