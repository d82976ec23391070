import Addressing
import FTPSession
import Testing

/// What the kernel's helper makes of a segment: inputs and outcomes that were measured on Linux 6.18 after dnat.
@Suite struct HelperTests {
  private static let client = BenchNetwork.ip("198.51.100.10")
  private static let server = BenchNetwork.ip("10.0.0.2")

  private static func reading(_ text: String, _ family: AddressFamily = .ipv4, isReply: Bool) -> String {
    switch SegmentReader(text, family).read(isReply: isReply) {
    case .nothing: "same"
    case .partial: "stall"
    case .announcement(let address, let port, _, _): "\(address.map { "\($0)" } ?? "-") \(port)"
    }
  }

  @Test(arguments: [
    ("PORT 198,51,100,10,200,1\r\n", "198.51.100.10 51201"), ("port 198,51,100,10,200,1\r\n", "198.51.100.10 51201"),
    ("PORT 198,51,100,10,200,1\n", "stall"), ("PORT 198,51,100,10,200,1 \r\n", "stall"),
    ("PORT  198,51,100,10,200,1\r\n", "stall"), ("PORT 198,51,100,10,200\r\n", "stall"),
    ("PORT 198,51,100,10,200,1,\r\n", "stall"), ("PORT\r\n", "stall"), ("PORT", "stall"), ("P", "stall"),
    ("PORTX 198,51,100,10,200,1\r\n", "198.51.100.10 51201"), (" PORT 198,51,100,10,200,1\r\n", "same"),
    ("PORT 198,51,100,300,200,1\r\n", "198.51.100.44 51201"), ("PORT 198,51,100,10,300,1\r\n", "198.51.100.10 11265"),
    ("PORT 198,051,100,010,200,001\r\n", "198.51.100.10 51201"), ("NOOP\r\nPORT 198,51,100,10,200,1\r\n", "same"),
    ("PORT 198,51,100,10,200,1\r\nLIST\r\n", "198.51.100.10 51201"), ("PORT 198,51,100,10,200,1", "stall"),
    ("EPRT |1|198.51.100.10|51201|\r\n", "198.51.100.10 51201"),
    ("EPRT !1!198.51.100.10!51201!\r\n", "198.51.100.10 51201"),
    ("EPRT |2|198.51.100.10|51201|\r\n", "stall"), ("EPRT |1|198.51.100.10|51201\r\n", "stall"),
    ("EPRT |1|198.51.100.10|0|\r\n", "stall"), ("EPRT |1|198.51.100.10|70000|\r\n", "198.51.100.10 4464"),
    ("PASV\r\n", "same"), ("EPSV ALL\r\n", "same"), ("X", "same"), ("USER a\r\n", "same"),
  ])
  func commands(text: String, outcome: String) {
    #expect(Self.reading(text, isReply: false) == outcome)
  }

  @Test(arguments: [
    ("EPRT |2|2001:db8:ff::10|51201|\r\n", "2001:db8:ff::10 51201"), ("EPRT |1|198.51.100.10|51201|\r\n", "stall"),
    ("EPRT |2|fe80::1%eth0|51201|\r\n", "stall"),
  ])
  func commandsOverIPv6(text: String, outcome: String) {
    #expect(Self.reading(text, .ipv6, isReply: false) == outcome)
  }

  @Test(arguments: [
    ("227 Entering Passive Mode (10,0,0,2,195,80).\r\n", "10.0.0.2 50000"),
    ("227 Entering Passive Mode 10,0,0,2,195,80\r\n", "10.0.0.2 50000"),
    ("227 Entering Passive Mode (10,0,0,2,195,80\r\n", "10.0.0.2 50000"),
    ("227 =10,0,0,2,195,80\r\n", "10.0.0.2 50000"),
    ("227 Entering Passive Mode (10,0,0,2,195,80).\n", "10.0.0.2 50000"),
    ("227 Entering Passive Mode 10,0,0,2,195,80", "stall"), ("227 Entering (10, 0, 0, 2, 195, 80)\r\n", "stall"),
    ("227 Mode 2 (10,0,0,2,195,80)\r\n", "stall"), ("227 Logout.\r\n", "stall"),
    ("227 (10,0,0,2,300,5)\r\n", "10.0.0.2 11269"), ("227 (10,0,0,2,195,80,)\r\n", "stall"),
    ("227-note\r\n", "same"), ("200 ok\r\n227 Entering Passive Mode (10,0,0,2,195,80).\r\n", "same"),
    ("227 Entering Passive Mode (10,0,0,2,195,80).\r\n150 x\r\n", "10.0.0.2 50000"), ("22", "stall"),
    ("227 ", "stall"),
    ("229 Entering Extended Passive Mode (|||50000|)\r\n", "- 50000"), ("229 Mode (!!!50000!)\r\n", "- 50000"),
    ("229 Mode |||50000|\r\n", "stall"), ("229 Mode (x) (|||50000|)\r\n", "stall"),
    ("229 Mode (|1|10.0.0.2|50000|)\r\n", "stall"), ("229 Mode (|||0|)\r\n", "stall"),
    ("229 Mode ( |||50000|)\r\n", "stall"), ("220 hi\r\n", "same"),
  ])
  func replies(text: String, outcome: String) {
    #expect(Self.reading(text, isReply: true) == outcome)
  }

  /// Announcements of other machines pass unchanged unless the module is loose.
  @Test(arguments: [false, true]) func announcementsOfOthers(isLoose: Bool) {
    var kernel = KernelTraits()
    kernel.isLoose = isLoose
    var server = FTPServer(BenchNetwork.server(["10.10.20.200"]), passivePorts: [50_000])
    server.announced = BenchNetwork.ip("10.10.20.201")
    let theatre = Theatre(Program(BenchRules.helper), BenchNetwork.network, kernel)
    let performance = theatre.perform(
      Session(
        client: BenchNetwork.client(.client, "198.51.100.10"), server: server,
        dialled: BenchNetwork.ip("203.0.113.10"), port: 21, .plain, .pasv))
    let events = performance.steps.flatMap(\.events)
    #expect(events.contains { if case .announcementIgnored = $0 { true } else { false } } != isLoose)
    #expect(events.contains { if case .expectationMade = $0 { true } else { false } } == isLoose)
  }

  /// The helper looks at a segment only after one that ended a line: after CCC the first clear reply passes unseen.
  @Test func encryptedSegmentsHideTheNext() {
    var server = FTPServer(BenchNetwork.server(["10.10.20.200"]), passivePorts: [50_000])
    server.offersTLS = true
    server.allowsClearControl = true
    var session = Session(
      client: BenchNetwork.client(.client, "198.51.100.10"), server: server, dialled: BenchNetwork.ip("203.0.113.10"),
      port: 21, .explicit, .pasv)
    let theatre = Theatre(Program(BenchRules.helper), BenchNetwork.network)
    #expect(theatre.perform(session).ending != .works)
    session.clearsControl = true
    #expect(theatre.perform(session).ending == .works)
  }
}
