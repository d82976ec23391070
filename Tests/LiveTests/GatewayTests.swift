import LiveSupport
import Testing

@Suite("a gateway's interfaces decide who is looked at", .live, .everyFirewall)
struct GatewayTests {
  private static let publication = """
    publish files {
      server         files
      external ip    203.0.113.10
      passive range  50000-50399
      tls            explicit required
    }
    """

  @Test("with interfaces, connections from inside are left alone")
  func withInterfaces() async throws {
    try await withLab { lab in
      let policy = "\(Lab.gatewayBlock)\n\(lab.server(.vsftpd))\n\(Self.publication)"
      let daemon = try await lab.enact(policy, .vsftpd)
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      // The external address is the gateway's own there, with nothing on port 21.
      try await lab.expectRefused(Dial(host: .inside), .refused)
      let own = try await lab.listen(on: .gateway, port: 50000)
      #expect(try await lab.tcpConnect(from: .inside, to: Address.external, port: 50000) == .open)
      own.close()
    }
  }

  @Test("without a gateway, addresses alone decide")
  func withoutInterfaces() async throws {
    try await withLab { lab in
      let policy = "\(lab.server(.vsftpd))\n\(Self.publication)"
      let daemon = try await lab.enact(policy, .vsftpd)
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      // The connection is translated, and the server's direct answer then fits no connection of the client.
      try await lab.expectRefused(Dial(host: .inside))
    }
  }

  @Test("each of several gateways has its own publications")
  func severalGateways() async throws {
    try await withLab { lab in
      let policy = """
        gateway edge { outside eth0; inside eth1; }
        gateway branch { outside ppp0, eth0; external ip 203.0.113.11; }
        \(lab.server(.vsftpd))
        publish files {
          gateway        edge
          server         files
          external ip    203.0.113.10
          helper         on
        }
        publish branch-files {
          gateway        branch
          server         files
          helper         on
        }
        """
      let undecided = try await sallyport.run(["compile", "-"], policy: policy)
      #expect(undecided.status == 64 && undecided.output.isEmpty, "\(undecided.errorText)")
      #expect(undecided.errorText.contains("branch") && undecided.errorText.contains("edge"))

      let daemon = try await lab.serve(.vsftpd, policy)
      for (gateway, open, closed) in [
        ("edge", Address.external, Address.external2), ("branch", Address.external2, Address.external),
      ] {
        try await lab.apply(policy, gateway: gateway)
        try await lab.expectTransfers(daemon, Dial(address: open))
        try await lab.expectRefused(Dial(address: closed), .refused)
      }
    }
  }
}
