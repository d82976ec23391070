import LiveSupport
import Testing

@Suite("a passive range is open to admitted clients, as it is announced", .live, .everyFirewall)
struct PassiveRangeTests {
  @Test(arguments: DaemonKind.allCases)
  func tlsRequired(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(lab.server(kind))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          allow          198.51.100.0/24
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))

      let plain = try await lab.curl(CurlSession(Address.external))
      #expect(plain.status != 0 && plain.body.isEmpty, "a login in clear text: \(plain.dialogue)")
      let refusals = ["421 ", "530 ", "550 "]
      let isRefused = plain.replies.contains { reply in refusals.contains { reply.hasPrefix($0) } }
      #expect(isRefused, "\(plain.dialogue)")

      let beside = try await lab.listen(on: .server, port: 50400)
      try await lab.expectRefused(Dial(port: 50400), .refused)
      beside.close()
      // Whatever listens there; a client that is not admitted learns nothing of it.
      let inRange = try await lab.listen(on: .server, port: 50399)
      #expect(try await lab.tcpConnect(from: .client, to: Address.external, port: 50399) == .open)
      try await lab.expectRefused(Dial(host: .stranger))
      try await lab.expectRefused(Dial(port: 50399, host: .stranger))
      inRange.close()
    }
  }

  @Test(arguments: DaemonKind.allCases)
  func tlsOptional(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(kind))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit optional
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      try await lab.expectTransfers(daemon, Dial(encryption: .plain))
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit, host: .stranger), [.pasv])
    }
  }

  @Test(arguments: [DaemonKind.proFTPD, .vsftpd])
  func tlsImplicit(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(kind))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            implicit
        }
        """
      let daemon = try await lab.enact(policy, kind, ports: [990])
      try await lab.expectTransfers(daemon, Dial(encryption: .implicit))
      try await lab.expectRefused(Dial(port: 21), .refused)
      let outcome = try await lab.curl(CurlSession(Address.external, port: 990)) { $0.log.contains("* Connected to") }
      #expect(outcome.status != 0 && outcome.replies.isEmpty, "\(outcome.dialogue)")
    }
  }

  @Test(arguments: DaemonKind.allCases)
  func anotherControlPort(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(kind))
        publish files {
          server         files
          external ip    203.0.113.10
          control port   2121 -> 21
          passive range  50000-50399
          tls            explicit required
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(port: 2121, encryption: .explicit))
      try await lab.expectRefused(Dial(port: 21), .refused)
    }
  }
}
