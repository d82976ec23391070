import LiveSupport
import Testing

/// A cloud's 1:1 NAT: the stranger of the bench is the box between client and gateway. Clients dial `dialled`, which
/// only the box has, and packets arrive at the gateway for `arrival`; the box knows nothing of FTP.
@Suite("C2: `external ip A at B`: a box before the gateway translates", .live, .everyFirewall)
struct TranslationBeforeTests {
  private static let dialled = Address.external
  private static let arrival = "10.0.1.4"
  /// Another address of the client, which the box passes on as well.
  private static let neighbour = "198.51.100.99"

  private func policy(_ lab: Lab, _ kind: DaemonKind, server: String, _ statements: String) -> String {
    """
    \(Lab.gatewayBlock)
    publish files {
      server         \(server) \(kind.rawValue) { certificate "\(lab.certificate.path)" key "\(lab.certificate.keyPath)" }
      external ip    \(Self.dialled) at \(Self.arrival)
      \(statements)
    }
    """
  }

  private static func putBoxBetween(_ lab: Lab) async throws {
    func run(_ words: String, on host: LabHost, input: String = "") async throws {
      let result = try await lab.run(words.split(separator: " ").map(String.init), on: host, input: input)
      #expect(result.succeeded, "\(words): \(result.errorText)")
    }
    try await run("sysctl -qw net.ipv4.ip_forward=1", on: .stranger)
    // Else the box would tell both ends that they reach each other without it.
    for name in ["all", "eth0"] { try await run("sysctl -qw net.ipv4.conf.\(name).send_redirects=0", on: .stranger) }
    try await run("ip route del unreachable 10.0.0.0/8", on: .stranger)
    try await run("ip route add \(arrival)/32 via 192.0.2.1", on: .stranger)
    try await run("ip address add \(neighbour)/24 dev eth0", on: .client)
    for address in [Address.client, neighbour] {
      try await run("ip route add \(address)/32 dev eth0", on: .stranger)
      try await run("ip route add \(address)/32 via \(Address.stranger)", on: .gateway)
    }
    try await run("ip address add \(arrival)/32 dev eth0", on: .gateway)
    try await run("ip address del \(dialled)/25 dev eth0", on: .gateway)
    try await run("ip route add \(dialled)/32 via \(Address.stranger) dev eth0 onlink", on: .client)
    try await run(
      "nft -f -", on: .stranger,
      input: """
        table ip box {
          chain in { type nat hook prerouting priority -100; ip daddr \(dialled) dnat to \(arrival); }
          chain out { type nat hook postrouting priority 100; ip saddr \(arrival) snat to \(dialled); }
        }
        """)
  }

  @Test("a server behind the gateway, with a range, with TLS and without", arguments: [DaemonKind.proFTPD, .vsftpd])
  func behind(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      try await Self.putBoxBetween(lab)
      let policy = policy(
        lab, kind, server: Address.server,
        "passive range 50000-50399; tls explicit optional; helper on; active on; allow 198.51.100.0/24")
      let daemon = try await lab.enact(policy, kind)
      let all: [DataMode] = [.pasv, .epsv, .port, .eprt]
      try await lab.expectTransfers(daemon, Dial(address: Self.dialled), all)
      try await lab.expectTransfers(daemon, Dial(address: Self.dialled, encryption: .explicit), all)
    }
  }

  @Test("a server on the gateway itself listens on its own address and announces the other")
  func local() async throws {
    try await withLab { lab in
      try await Self.putBoxBetween(lab)
      let policy = policy(
        lab, .pureFTPD, server: "local", "passive range 50000-50399; tls explicit required; allow 198.51.100.0/24")
      let daemon = try await lab.enact(policy, .pureFTPD, on: .gateway)
      try await lab.expectTransfers(daemon, Dial(address: Self.dialled, encryption: .explicit), [.pasv, .epsv])
    }
  }

  @Test("a stranger never gets in, to the control port or to the range, by either address", arguments: [false, true])
  func stranger(_ isLocal: Bool) async throws {
    for admitsBoth in [true, false] {
      try await withLab { lab in
        try await Self.putBoxBetween(lab)
        let allowed = admitsBoth ? "198.51.100.0/24" : Address.client
        let policy = policy(
          lab, .pureFTPD, server: isLocal ? "local" : Address.server,
          "passive range 50000-50399; tls explicit required; allow \(allowed)")
        let daemon = try await lab.enact(policy, .pureFTPD, on: isLocal ? .gateway : .server)
        func reach(_ port: UInt16) async throws -> Reachability {
          try await lab.tcpConnect(
            from: .client, to: Self.dialled, port: port, local: Self.neighbour, within: Patience.absence)
        }
        // Who is admitted gets through the box to the range, where nobody listens now.
        #expect(try await reach(21) == (admitsBoth ? .open : .timedOut))
        #expect(try await reach(50_000) == (admitsBoth ? .refused : .timedOut))
        #expect(try await reach(50_399) == (admitsBoth ? .refused : .timedOut))
        // The box itself is a stranger to the gateway.
        for port in [21, 50_000, 50_399] as [UInt16] {
          try await lab.expectRefused(Dial(address: Self.arrival, port: port, host: .stranger))
        }
        try await lab.expectTransfers(daemon, Dial(address: Self.dialled, encryption: .explicit), [.pasv, .epsv])
      }
    }
  }

  @Test("clients inside dial the same address, which nobody translates for them")
  func hairpin() async throws {
    try await withLab { lab in
      try await Self.putBoxBetween(lab)
      let policy = policy(
        lab, .proFTPD, server: Address.server, "passive range 50000-50399; tls explicit required; hairpin on")
      let daemon = try await lab.enact(policy, .proFTPD)
      for host in [LabHost.client, .inside] {
        try await lab.expectTransfers(
          daemon, Dial(address: Self.dialled, encryption: .explicit, host: host), [.pasv, .epsv])
      }
    }
  }
}
