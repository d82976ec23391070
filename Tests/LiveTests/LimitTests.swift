import LiveSupport
import Testing

@Suite("limits count control connections", .live, .everyFirewall)
struct LimitTests {
  private func policy(_ lab: Lab, _ limits: String) -> String {
    """
    \(Lab.gatewayBlock)
    \(lab.server(.pureFTPD, address: "\(Address.server), \(Address.server6)"))
    publish files {
      server         files
      external ip    203.0.113.10, 2001:db8:113::10
      passive range  50000-50399
      tls            explicit optional
      \(limits)
    }
    """
  }

  private let six = Dial(address: Address.external6)

  @Test("sessions per client")
  func sessionsPerClient() async throws {
    try await withLab { lab in
      let daemon = try await lab.enact(policy(lab, "limit 2 sessions per client"), .pureFTPD)
      let first = try await lab.logIn()
      let second = try await lab.logIn()
      try await lab.expectRefused(Dial())
      // Data connections are none of the two, and others have their own two.
      try await second.expectListing(to: Address.external, second.passive().port, lab)
      let other = try await lab.logIn(Dial(host: .stranger))
      let sixth = try await lab.logIn(six)
      await first.close()
      await second.close()
      // A session that has ended makes room.
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      await other.close()
      await sixth.close()
    }
  }

  @Test("sessions in total, over both families")
  func sessions() async throws {
    // Rules of iptables count each family by itself, so the policy is refused there.
    guard Firewall.current == .nftables else { return }
    try await withLab { lab in
      _ = try await lab.enact(policy(lab, "limit 3 sessions"), .pureFTPD)
      let open = [
        try await lab.logIn(), try await lab.logIn(six), try await lab.logIn(Dial(host: .stranger)),
      ]
      try await lab.expectRefused(Dial())
      try await lab.expectRefused(six)
      try await lab.expectRefused(Dial(address: Address.external6, host: .stranger))
      try await open[0].expectListing(to: Address.external, open[0].passive().port, lab)
      await open[1].close()
      let next = try await lab.logIn(Dial(host: .stranger))
      try await lab.expectRefused(Dial())
      await next.close()
      for control in open { await control.close() }
    }
  }

  @Test("new connections per minute and client")
  func newPerMinute() async throws {
    try await withLab { lab in
      _ = try await lab.enact(policy(lab, "limit 3 new per minute per client"), .pureFTPD)
      for _ in 0..<3 {
        #expect(try await lab.tcpConnect(from: .client, to: Address.external, port: 21) == .open)
      }
      try await lab.expectRefused(Dial())
      #expect(try await lab.tcpConnect(from: .stranger, to: Address.external, port: 21) == .open)
      #expect(try await lab.tcpConnect(from: .client, to: Address.external6, port: 21) == .open)
      // Nothing listens in the range, but it is not limited.
      try await lab.expectRefused(Dial(port: 50000), .refused)
    }
  }

  @Test("all forms in one publication, the tightest wins")
  func together() async throws {
    try await withLab { lab in
      let limits = "limit 2 sessions per client; limit 3 sessions; limit 20 new per minute per client"
      let both = policy(lab, "\(limits); log all")
      let four = both.replacing(", 2001:db8:113::10", with: "")
      _ = try await lab.enact(Firewall.current == .nftables ? both : four, .pureFTPD)
      let mine = [try await lab.logIn(), try await lab.logIn()]
      try await lab.expectRefused(Dial())
      let other = try await lab.logIn(Dial(host: .stranger))
      try await lab.expectRefused(Dial(host: .stranger))
      for control in mine + [other] { await control.close() }
    }
  }
}
