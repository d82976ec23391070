import LiveSupport
import Testing

@Suite("both families, translated and routed", .live, .everyFirewall)
struct FamilyTests {
  @Test("IPv6 alone, translated", arguments: DaemonKind.allCases)
  func translated6(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(kind, address: Address.server6))
        publish files {
          server         files
          external ip    2001:db8:113::10
          control port   2121 -> 21
          passive range  50000-50399
          tls            explicit required
          allow          2001:db8:51::/64
        }
        """
      let daemon = try await lab.enact(policy, kind)
      let dial = Dial(address: Address.external6, port: 2121, encryption: .explicit)
      try await lab.expectTransfers(daemon, dial, [.epsv])
      try await lab.expectRefused(Dial(address: Address.external6, port: 2121, host: .stranger))
      try await lab.expectRefused(Dial(address: Address.external6, port: 50000, host: .stranger))
      try await lab.expectRefused(Dial(address: Address.external6, port: 50400), .refused)
    }
  }

  @Test("IPv6 with the helper", arguments: DaemonKind.allCases)
  func helper6(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(lab.server(kind, address: Address.server6))
        publish files {
          server       files
          external ip  2001:db8:113::10
          helper       on
          active       on
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(address: Address.external6), [.epsv, .eprt])
    }
  }

  @Test("one publication in both families", arguments: [DaemonKind.pureFTPD, .proFTPD])
  func dual(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(kind, address: "\(Address.server), \(Address.server6)"))
        publish files {
          server         files
          external ip    203.0.113.10, 2001:db8:113::10
          passive range  50000-50399
          tls            explicit required
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      try await lab.expectTransfers(daemon, Dial(address: Address.external6, encryption: .explicit), [.epsv])
    }
  }

  @Test("vsftpd announces an address only as two processes")
  func dualProcesses() async throws {
    try await withLab { lab in
      let policy = """
        \(lab.server(.vsftpd, address: "\(Address.server), \(Address.server6)"))
        publish files {
          server         files
          external ip    203.0.113.10, 2001:db8:113::10
          passive range  50000-50399
          tls            explicit required
        }
        """
      try await lab.apply(policy)
      let settings = try await sallyport.settings(of: policy, server: "files")
      try #require(settings.count == 2, "\(settings.map(\.name))")
      let four = try await lab.start(.vsftpd, configuration: settings[0].text, address: Address.server)
      let six = try await lab.start(.vsftpd, configuration: settings[1].text, address: Address.server6)
      try await lab.expectTransfers(four, Dial(encryption: .explicit))
      try await lab.expectTransfers(six, Dial(address: Address.external6, encryption: .explicit), [.epsv])
    }
  }

  @Test("routed, without translation", arguments: DaemonKind.allCases)
  func routed(_ kind: DaemonKind) async throws {
    try await withLab(Lab.Options(routesServerIPv6: true)) { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(kind, address: "\(Address.routedServer), \(Address.server6)"))
        publish files {
          server         files
          external ip    203.0.113.130, 2001:db8:20::200
          passive range  50000-50399
          tls            explicit optional
          deny           192.0.2.0/24, 2001:db8:66::/64
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(address: Address.routedServer, encryption: .explicit))
      try await lab.expectTransfers(daemon, Dial(address: Address.server6, encryption: .explicit), [.epsv])
      for address in [Address.routedServer, Address.server6] {
        try await lab.expectRefused(Dial(address: address, host: .stranger))
        try await lab.expectRefused(Dial(address: address, port: 50000, host: .stranger))
      }
      // The server sees its clients, and nothing was translated.
      let control = try await lab.logIn(Dial(address: Address.routedServer))
      #expect(try await lab.peers(ofPort: 21).contains(Address.client))
      await control.close()
    }
  }

  @Test("routed, with helper and active mode", arguments: DaemonKind.allCases)
  func routedHelper(_ kind: DaemonKind) async throws {
    try await withLab(Lab.Options(routesServerIPv6: true)) { lab in
      let policy = """
        \(lab.server(kind, address: "\(Address.routedServer), \(Address.server6)"))
        publish files {
          server       files
          external ip  203.0.113.130, 2001:db8:20::200
          helper       on
          active       on
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.load(ruleset: Lab.strictNeighbour)
      try await lab.expectTransfers(
        daemon, Dial(address: Address.routedServer), [.pasv, .epsv, .port, .eprt])
      try await lab.expectTransfers(daemon, Dial(address: Address.server6), [.epsv, .eprt])
    }
  }
}
