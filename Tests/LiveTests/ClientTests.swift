import LiveSupport
import Testing

@Suite("allow and deny", .live, .everyFirewall)
struct ClientTests {
  /// Among many publications, prefixes of lengths that they have in common are in other sets, and so is the passive
  /// range.
  @Test("deny wins, lists may be nested, both families", arguments: [false, true])
  func lists(amongMany: Bool) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(.proFTPD, address: "\(Address.server), \(Address.server6)"))
        clients office = 198.51.100.8/29, 2001:db8:51::/64
        clients visitors = 198.51.100.11, 2001:db8:51::b
        clients everybody = office, contractors, 192.0.2.1
        clients contractors = 198.51.100.64/29
        publish files {
          server         files
          external ip    203.0.113.10, 2001:db8:113::10
          passive range  50000-50399
          tls            explicit optional
          allow          everybody
          allow          198.51.100.200
          deny           visitors, 198.51.100.66
        }

        """
        + (amongMany ? Crowd.text(range: "50000-50399", clients: "10.0.0.0/30, 10.0.0.8/31, 10.0.0.16") : "")
      let daemon = try await lab.enact(policy, .proFTPD)
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      try await lab.expectTransfers(daemon, Dial(address: Address.external6, encryption: .explicit), [.epsv])

      let admitted = ["198.51.100.10", "198.51.100.15", "198.51.100.64", "198.51.100.71", "198.51.100.200"]
      let denied = ["198.51.100.7", "198.51.100.11", "198.51.100.16", "198.51.100.66", "198.51.100.201"]
      try await lab.expectAdmission(Address.external, admitted: admitted, denied: denied)
      try await lab.expectAdmission(
        Address.external6, admitted: ["2001:db8:51::10", "2001:db8:51::c"], denied: ["2001:db8:51::b"])
      try await lab.expectRefused(Dial(host: .stranger))
      try await lab.expectRefused(Dial(address: Address.external6, host: .stranger))
    }
  }

  @Test("deny alone leaves everybody else")
  func denyAlone() async throws {
    try await withLab { lab in
      let policy = """
        \(lab.server(.vsftpd))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          deny           198.51.100.0/25
        }
        """
      let daemon = try await lab.enact(policy, .vsftpd)
      try await lab.expectRefused(Dial())
      try await lab.expectRefused(Dial(port: 50000))
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit, host: .stranger))
      try await lab.expectAdmission(
        Address.external, admitted: ["198.51.100.128"], denied: ["198.51.100.127"])
    }
  }

  @Test("a family that no list names stays closed")
  func familyWithoutClients() async throws {
    try await withLab { lab in
      let policy = """
        \(lab.server(.proFTPD, address: "\(Address.server), \(Address.server6)"))
        publish files {
          server         files
          external ip    203.0.113.10, 2001:db8:113::10
          passive range  50000-50399
          tls            explicit required
          allow          198.51.100.0/24
        }
        """
      let daemon = try await lab.enact(policy, .proFTPD)
      try await lab.expectTransfers(daemon, Dial(encryption: .explicit))
      try await lab.expectRefused(Dial(address: Address.external6))
    }
  }
}

extension Lab {
  /// Expects which of the client's addresses get a control connection. Gives them to it first.
  fileprivate func expectAdmission(
    _ address: String, admitted: [String], denied: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let length = address.contains(":") ? "64" : "24"
    for local in admitted + denied where ![Address.client, Address.client6].contains(local) {
      let options = address.contains(":") ? ["nodad"] : []
      let added = try await run(
        ["ip", "address", "add", "\(local)/\(length)", "dev", "eth0"] + options, on: .client)
      #expect(added.succeeded, "\(added.errorText)")
    }
    for local in admitted {
      let found = try await tcpConnect(from: .client, to: address, port: 21, local: local)
      #expect(found == .open, "\(local)", sourceLocation: sourceLocation)
    }
    // All at once: each takes its time.
    let refused = try await withThrowingTaskGroup(of: Reachability.self) { group in
      for local in denied {
        group.addTask {
          try await self.tcpConnect(from: .client, to: address, port: 21, local: local, within: Patience.absence)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(refused.allSatisfy { $0 == .timedOut }, "\(denied): \(refused)", sourceLocation: sourceLocation)
  }
}
