import LiveSupport
import Testing

@Suite("publications share an external address", .live, .everyFirewall)
struct SharedAddressTests {
  @Test("two servers, each with its range")
  func twoServers() async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(.pureFTPD, "files"))
        \(lab.server(.proFTPD, "drop", address: Address.server2))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
        }
        publish drop {
          server         drop
          external ip    203.0.113.10
          control port   2121 -> 21
          passive range  50400-50799
          tls            explicit required
          allow          198.51.100.0/24
        }
        """
      try await lab.apply(policy)
      let files = try await lab.serve(.pureFTPD, policy, "files", address: Address.server)
      let drop = try await lab.serve(.proFTPD, policy, "drop", address: Address.server2)
      try await lab.expectTransfers(files, Dial(encryption: .explicit))
      try await lab.expectTransfers(drop, Dial(port: 2121, encryption: .explicit))
      // What one publication says of clients does not touch the other.
      try await lab.expectTransfers(files, Dial(encryption: .explicit, host: .stranger), [.epsv])
      try await lab.expectRefused(Dial(port: 2121, host: .stranger))
      for (port, label) in [(UInt16(21), "files"), (2121, "drop")] {
        var session = CurlSession(Address.external, port: port, .explicit)
        session.path = "hello.txt"
        let outcome = try await lab.curl(session)
        #expect(String(decoding: outcome.body, as: UTF8.self) == Payload.greeting(of: label))
      }
    }
  }

  @Test("one server with explicit and implicit TLS over one range")
  func explicitAndImplicit() async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(.proFTPD))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
        }
        publish files-implicit {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            implicit
        }
        """
      let daemon = try await lab.enact(policy, .proFTPD, ports: [21, 990])
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      try await lab.expectTransfers(daemon, Dial(encryption: .implicit))
    }
  }

  @Test("two external addresses lead to one server")
  func twoAddresses() async throws {
    try await withLab { lab in
      let policy = """
        \(lab.server(.vsftpd))
        publish files {
          server         files
          external ip    203.0.113.10
          helper         on
        }
        publish second {
          server         files
          external ip    203.0.113.11
          helper         on
        }
        """
      let daemon = try await lab.enact(policy, .vsftpd)
      try await lab.expectTransfers(daemon, Dial())
      try await lab.expectTransfers(daemon, Dial(address: Address.external2))
    }
  }
}
