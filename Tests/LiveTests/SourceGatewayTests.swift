import LiveSupport
import Testing

@Suite("source gateway: the server sees the gateway", .live, .everyFirewall)
struct SourceGatewayTests {
  @Test("on control and data alike, with a range", arguments: DaemonKind.allCases, [true, false])
  func range(_ kind: DaemonKind, namesInterfaces: Bool) async throws {
    try await withLab { lab in
      let policy = """
        \(namesInterfaces ? Lab.gatewayBlock : "")
        \(lab.server(kind))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit optional
          source         gateway
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      try await lab.expectPeers(Dial())
    }
  }

  @Test("with the helper and active mode", arguments: DaemonKind.allCases)
  func helper(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(kind))
        publish files {
          server         files
          external ip    203.0.113.10
          helper         on
          active         on
          source         gateway
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(), [.pasv, .epsv, .port, .eprt])
      try await lab.expectPeers(Dial())
    }
  }

  @Test("over IPv6 and for a routed server")
  func routed() async throws {
    try await withLab(Lab.Options(routesServerIPv6: true)) { lab in
      let policy = """
        \(lab.server(.proFTPD, address: "\(Address.routedServer), \(Address.server6)"))
        publish files {
          server         files
          external ip    203.0.113.130, 2001:db8:20::200
          passive range  50000-50399
          tls            explicit optional
          source         gateway
        }
        """
      let daemon = try await lab.enact(policy, .proFTPD)
      try await lab.expectTransfers(daemon, Dial(address: Address.routedServer, encryption: .explicit))
      try await lab.expectTransfers(
        daemon, Dial(address: Address.server6, encryption: .explicit), [.epsv])
      try await lab.expectPeers(Dial(address: Address.routedServer), "203.0.113.129")
      try await lab.expectPeers(Dial(address: Address.server6), Address.gatewayInside6)
    }
  }
}

extension Lab {
  /// Expects that the server sees one address on the control and on a passive data connection.
  fileprivate func expectPeers(
    _ dial: Dial, _ address: String = Address.gatewayInside,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let control = try await logIn(dial)
    let passive = try await control.passive("EPSV")
    let data = try await openSocket(from: dial.host, to: dial.address, port: passive.port)
    // ProFTPD may still be about to end the sessions before.
    #expect(try await peers(ofPort: 21) == [address], sourceLocation: sourceLocation)
    #expect(try await peers(ofPort: passive.port) == [address], sourceLocation: sourceLocation)
    try await control.expectListing(over: data, sourceLocation: sourceLocation)
    await control.close()
  }
}
