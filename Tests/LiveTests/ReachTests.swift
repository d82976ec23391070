import LiveSupport
import Testing

/// Users behind a gateway at somebody else's server. The sides of the bench are swapped: its client and stranger are
/// the users, and its server is beyond the gateway.
@Suite("reach: users behind the gateway", .live)
struct ReachTests {
  /// The settings of the server, which nobody of us publishes.
  private func theirs(_ lab: Lab, _ kind: DaemonKind, addresses: String, _ statements: String) -> String {
    """
    \(lab.server(kind, address: addresses))
    publish files {
      server         files
      external ip    \(addresses)
      \(statements)
    }
    """
  }

  private static let gateway =
    "gateway branch { outside eth1; inside eth0; external ip 203.0.113.129, \(Address.gatewayInside6) }"

  @Test("with TLS, a range and `source gateway`, over both families", arguments: [DaemonKind.proFTPD, .vsftpd])
  func range(_ kind: DaemonKind) async throws {
    try await withLab(Lab.Options(routesServerIPv6: true)) { lab in
      let addresses = "\(Address.routedServer), \(Address.server6)"
      let server = theirs(lab, kind, addresses: addresses, "passive range 50000-50399; tls explicit required")
      let daemon = try await lab.serve(kind, server)
      try await lab.apply(
        """
        \(Self.gateway)
        reach bank {
          server         \(addresses)
          passive range  50000-50399
          tls            explicit required
          allow          198.51.100.0/24, 2001:db8:51::/64
          source         gateway
        }
        """)
      for (address, modes, seen) in [
        (Address.routedServer, [DataMode.pasv, .epsv], "203.0.113.129"),
        (Address.server6, [.epsv], Address.gatewayInside6),
      ] {
        let dial = Dial(address: address, encryption: .explicit)
        try await lab.expectTransfers(daemon, dial, modes)
        let socket = try await lab.openSocket(from: .client, to: address, port: 21)
        #expect(try await lab.peers(ofPort: 21).contains(seen), "\(address)")
        socket.close()
        // Whoever is not allowed gets no connection.
        await #expect(throws: (any Error).self) {
          _ = try await lab.openSocket(from: .stranger, to: address, port: 21)
        }
      }
    }
  }

  @Test("in clear text through the helper, where nothing else lets data connections through")
  func helper() async throws {
    try await withLab { lab in
      let server = theirs(
        lab, .proFTPD, addresses: Address.routedServer, "passive range 50000-50399; tls off; active on")
      let daemon = try await lab.serve(.proFTPD, server)
      try await lab.apply(
        """
        \(Self.gateway)
        reach old {
          server  \(Address.routedServer)
          helper  on
          active  on
          allow   198.51.100.0/24
          source  gateway
        }
        """)
      let neighbour = """
        table inet neighbour {
          chain forward {
            type filter hook forward priority 0; policy drop;
            ct state established,related accept
            iifname "eth0" tcp dport 21 accept
          }
        }
        """
      let loaded = try await lab.run(["nft", "-f", "-"], on: .gateway, input: neighbour)
      #expect(loaded.succeeded, "\(loaded.errorText)")
      try await lab.expectTransfers(daemon, Dial(address: Address.routedServer), [.pasv, .epsv, .port, .eprt])
    }
  }
}
