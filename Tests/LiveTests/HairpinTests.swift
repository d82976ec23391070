import LiveSupport
import Testing

@Suite("hairpin: clients behind the gateway use the external address", .live, .everyFirewall)
struct HairpinTests {
  private func policy(_ lab: Lab, _ kind: DaemonKind, _ statements: String) -> String {
    """
    \(Lab.gatewayBlock)
    \(lab.server(kind, address: "\(Address.server), \(Address.server6)"))
    publish files {
      server         files
      external ip    203.0.113.10, 2001:db8:113::10
      hairpin        on
      \(statements)
    }
    """
  }

  @Test(arguments: [DaemonKind.pureFTPD, .proFTPD])
  func range(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = policy(lab, kind, "passive range 50000-50399; tls explicit required")
      let daemon = try await lab.enact(policy, kind)
      for host in [LabHost.inside, .server, .client] {
        try await lab.expectTransfers(daemon, Dial(encryption: .explicit, host: host))
      }
      try await lab.expectTransfers(
        daemon, Dial(address: Address.external6, encryption: .explicit, host: .inside), [.epsv])
    }
  }

  @Test("control and data come from the gateway, with the helper too", arguments: [true, false])
  func peers(usesHelper: Bool) async throws {
    try await withLab { lab in
      let path = usesHelper ? "helper on; active on" : "passive range 50000-50399"
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(.pureFTPD))
        publish files {
          server         files
          external ip    203.0.113.10
          control port   2121 -> 21
          hairpin        on
          \(path)
        }
        """
      let daemon = try await lab.enact(policy, .pureFTPD)
      let control = try await lab.logIn(Dial(port: 2121, host: .inside))
      let passive = try await control.passive()
      #expect(passive.address == Address.external)
      let data = try await lab.openSocket(from: .inside, to: Address.external, port: passive.port)
      #expect(try await lab.peers(ofPort: 21) == [Address.gatewayInside])
      #expect(try await lab.peers(ofPort: passive.port) == [Address.gatewayInside])
      try await control.expectListing(over: data)

      let modes: [DataMode] = usesHelper ? [.pasv, .epsv, .port, .eprt] : [.pasv, .epsv]
      try await lab.expectTransfers(daemon, Dial(port: 2121, host: .inside), modes)
      try await lab.expectTransfers(daemon, Dial(port: 2121), modes)
      // Other clients keep their address.
      let other = try await lab.logIn(Dial(port: 2121))
      #expect(try await lab.peers(ofPort: 21).contains(Address.client))
      await other.close()
      await control.close()
    }
  }

  @Test("`allow` is about the outside")
  func allow() async throws {
    try await withLab { lab in
      let policy = policy(
        lab, .pureFTPD, "passive range 50000-50399; tls explicit required; allow 198.51.100.0/24, 2001:db8:51::/64")
      let daemon = try await lab.enact(policy, .pureFTPD)
      for host in [LabHost.inside, .client] {
        try await lab.expectTransfers(daemon, Dial(encryption: .explicit, host: host))
      }
      try await lab.expectTransfers(
        daemon, Dial(address: Address.external6, encryption: .explicit, host: .inside), [.epsv])
      try await lab.expectRefused(Dial(host: .stranger))
    }
  }

  @Test("who may not come in from outside may not from inside")
  func clients() async throws {
    try await withLab { lab in
      let policy = policy(
        lab, .vsftpd, "passive range 50000-50399; tls explicit required; deny 10.10.20.50, 2001:db8:20::/64")
      try await lab.apply(policy)
      try await lab.expectRefused(Dial(host: .inside))
      try await lab.expectRefused(Dial(address: Address.external6, host: .inside))
      try await lab.expectRefused(Dial(port: 50000, host: .inside))
      // Nothing listens, but the answer comes from the server.
      try await lab.expectRefused(Dial(host: .client), .refused)
    }
  }
}
