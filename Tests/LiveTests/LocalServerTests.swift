import LiveSupport
import Testing

@Suite("a server on the firewall host", .live, .everyFirewall)
struct LocalServerTests {
  private func policy(_ lab: Lab, _ kind: DaemonKind, external: String, _ statements: String) -> String {
    """
    \(Lab.gatewayBlock)
    \(lab.server(kind, address: "local"))
    publish files {
      server         files
      external ip    \(external)
      \(statements)
    }
    """
  }

  @Test(arguments: DaemonKind.allCases)
  func range(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = policy(
        lab, kind, external: Address.external,
        "passive range 50000-50399; tls explicit required; deny 192.0.2.0/24")
      let daemon = try await lab.enact(policy, kind, on: .gateway)
      try await lab.load(ruleset: Lab.strictNeighbour)
      for host in [LabHost.client, .gateway] {
        try await lab.expectTransfers(daemon, Dial(encryption: .explicit, host: host))
      }
      try await lab.expectRefused(Dial(host: .stranger))
      try await lab.expectRefused(Dial(port: 50000, host: .stranger))
    }
  }

  @Test("with the helper, also for the host itself", arguments: DaemonKind.allCases)
  func helper(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = policy(lab, kind, external: Address.external, "helper on; active on")
      let daemon = try await lab.enact(policy, kind, on: .gateway)
      try await lab.load(ruleset: Lab.strictNeighbour)
      for host in [LabHost.client, .gateway] {
        try await lab.expectTransfers(daemon, Dial(host: host), [.pasv, .epsv, .port, .eprt])
      }
    }
  }

  @Test("over IPv6, with the helper", arguments: [DaemonKind.proFTPD, .vsftpd])
  func helper6(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = policy(lab, kind, external: Address.external6, "helper on; active on")
      let daemon = try await lab.enact(policy, kind, on: .gateway)
      try await lab.load(ruleset: Lab.strictNeighbour)
      for host in [LabHost.client, .gateway] {
        try await lab.expectTransfers(daemon, Dial(address: Address.external6, host: host), [.epsv, .eprt])
      }
    }
  }

  @Test("another control port is redirected to the server's")
  func controlPort() async throws {
    try await withLab { lab in
      let policy = policy(
        lab, .vsftpd, external: Address.external,
        "control port 2121 -> 21; passive range 50000-50399; tls explicit required")
      let daemon = try await lab.enact(policy, .vsftpd, on: .gateway)
      try await lab.expectTransfers(daemon, Dial(port: 2121, encryption: .explicit))
    }
  }
}
