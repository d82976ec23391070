import LiveSupport
import Testing

@Suite("the helper opens the one port that a reply names", .live, .everyFirewall)
struct HelperTests {
  @Test(arguments: DaemonKind.allCases)
  func withoutRange(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(kind))
        publish files {
          server         files
          external ip    203.0.113.10
          control port   2121 -> 21
          helper         on
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(port: 2121))

      let control = try await lab.logIn(Dial(port: 2121))
      for command in ["PASV", "EPSV"] {
        let passive = try await control.passive(command)
        #expect(passive.address == (command == "PASV" ? Address.external : nil))
        #expect(try await lab.isListening(passive.port, on: .server))
        let other = try await lab.listen(on: .server)
        try await lab.expectRefused(Dial(port: other.port), .refused)
        other.close()
        try await lab.expectRefused(Dial(port: passive.port, host: .stranger), .refused)
        try await control.expectListing(to: Address.external, passive.port, lab)
      }
    }
  }

  @Test(arguments: DaemonKind.allCases)
  func withRange(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(lab.server(kind))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit optional
          helper         on
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial())
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
    }
  }

  @Test("a client that returns to clear text after login", arguments: [DaemonKind.pureFTPD, .proFTPD])
  func clearControl(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(kind))
        publish files {
          server       files
          external ip  203.0.113.10
          tls          explicit required clear-control
          helper       on
        }
        """
      _ = try await lab.enact(policy, kind)
      for mode in [DataMode.pasv, .epsv] {
        var session = CurlSession(Address.external, .explicit, mode)
        // By itself curl lets the server end TLS first, and waits for Pure-FTPd in vain.
        session.extra = ["--ftp-ssl-ccc", "--ftp-ssl-ccc-mode", "active"]
        let outcome = try await lab.curl(session)
        let isWhole = outcome.bringsPayload
        #expect(isWhole, "\(outcome.dialogue)")
        // A session that stays encrypted has no data path.
        session.extra = []
        let stuck = try await lab.curl(session) { ($0.pasv ?? $0.epsv) != nil }
        #expect(stuck.status != 0, "\(stuck.dialogue)")
      }
    }
  }

  @Test("a server that leaves the range stays unreachable")
  func outsideRange() async throws {
    try await withLab { lab in
      let policy = """
        \(lab.server(.vsftpd))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          helper         on
        }
        """
      try await lab.apply(policy)
      try await lab.start(.vsftpd, configuration: "listen=YES\nport_enable=YES")
      let control = try await lab.logIn()
      // The server takes any free port: by chance one of the range, too.
      var passive = try await control.passive("EPSV")
      while (50000...50399).contains(passive.port) { passive = try await control.passive("EPSV") }
      // The first packet is dropped and uses up what the helper expects, so that the client's second one, a second
      // later, is for the gateway itself, where nobody listens.
      try await lab.expectRefused(Dial(port: passive.port), .refused)

      // Nor may it open connections itself: nobody asked for active mode.
      let listener = try await lab.listen(on: .client)
      let reply = try await control.send("EPRT |1|\(Address.client)|\(listener.port)|")
      #expect(reply.code == 200)
      await #expect(throws: LabError.self) { try await control.send("LIST", within: Patience.absence) }
      await #expect(throws: LabError.self) { try await listener.accept(within: .zero) }
      #expect(try await lab.rulesThatDropped() == 2)
    }
  }
}
