import LiveSupport
import Testing

/// `mark`: somebody else's firewall on the gateway drops everything but what bears one bit of the connection mark.
@Suite("mark: one rule in somebody else's firewall", .live) struct MarkTests {
  private func policy(_ lab: Lab, _ kind: DaemonKind, _ statements: String) -> String {
    """
    \(Lab.gatewayBlock.replacing("{", with: "{ mark 0x20000;", maxReplacements: 1))
    publish files {
      server         \(Address.server) \(kind.rawValue) { certificate "\(lab.certificate.path)" key "\(lab.certificate.keyPath)" }
      external ip    \(Address.external)
      \(statements)
    }
    """
  }

  /// The other firewall; it sets another bit of the mark, which has to stay.
  private func dropOthers(_ lab: Lab, besides bit: String?) async throws {
    let permit = bit.map { "ct mark and \($0) == \($0) ct mark and 0x7 == 0x5 accept" } ?? ""
    let rules = """
      table inet other
      delete table inet other
      table inet other {
        chain first { type filter hook prerouting priority -160; ct state new ct mark set 0x5; }
        chain forward {
          type filter hook forward priority 0; policy drop;
          \(permit)
        }
      }
      """
    let result = try await lab.run(["nft", "-f", "-"], on: .gateway, input: rules)
    #expect(result.succeeded, "\(result.errorText)")
  }

  @Test("control, passive and active data pass by it, with the helper and without, and other bits stay")
  func passes() async throws {
    try await withLab { lab in
      let text = policy(
        lab, .proFTPD, "passive range 50000-50399; tls explicit optional; helper on; active on; allow 198.51.100.0/24"
      )
      let daemon = try await lab.enact(text, .proFTPD)
      try await dropOthers(lab, besides: "0x20000")
      let all: [DataMode] = [.pasv, .epsv, .port, .eprt]
      try await lab.expectTransfers(daemon, Dial(address: Address.external), all)
      try await lab.expectTransfers(daemon, Dial(address: Address.external, encryption: .explicit), all)
    }
  }

  @Test("what the policy does not admit does not bear it, and what it admits bears no other bit")
  func others() async throws {
    try await withLab { lab in
      let text = policy(
        lab, .proFTPD, "passive range 50000-50399; tls explicit optional; allow 198.51.100.0/24")
      let daemon = try await lab.enact(text, .proFTPD)
      // A connection that has nothing to do with FTP, to a port where nobody listens.
      let unrelated = Dial(address: Address.routedServer, port: 9)
      try await lab.expectRefused(unrelated, .refused)
      try await dropOthers(lab, besides: "0x20000")
      try await lab.expectTransfers(daemon, Dial(), [.pasv])
      try await lab.expectRefused(unrelated)
      try await lab.expectRefused(Dial(host: .stranger))
      try await dropOthers(lab, besides: "0x40000")
      try await lab.expectRefused(Dial())
      try await lab.expectRefused(Dial(port: 50_000))
    }
  }
}
