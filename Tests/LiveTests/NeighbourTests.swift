import LiveSupport
import Testing

@Suite("what is not published is left alone", .live)
struct NeighbourTests {
  /// Every statement that looks at packets.
  private func policy(_ lab: Lab) -> String {
    """
    \(lab.server(.pureFTPD))
    publish files {
      server         files
      external ip    203.0.113.10
      passive range  50000-50399
      tls            explicit optional
      helper         on
      allow          198.51.100.0/24
      limit          1 sessions per client
      log            denied
    }
    """
  }

  /// Publishes another FTP server by hand, with the helper, and lets nothing else through.
  private static let foreign = """
    table inet foreign {
      ct helper foreign-ftp {
        type "ftp" protocol tcp
      }
      chain helper {
        type filter hook prerouting priority -160; policy accept;
        ip daddr 203.0.113.11 tcp dport 21 ct helper set "foreign-ftp"
      }
      chain nat {
        type nat hook prerouting priority dstnat + 5; policy accept;
        ip daddr 203.0.113.11 tcp dport 21 dnat ip to 10.10.20.201
      }
      chain forward {
        type filter hook forward priority filter + 5; policy drop;
        ct state established,related accept
        ct status dnat accept
      }
    }
    """

  @Test("services that no statement names")
  func services() async throws {
    try await withLab(Lab.Options(routesServerIPv4: true, routesServerIPv6: true)) { lab in
      let listeners = [
        try await lab.listen(on: .server, port: 8080), try await lab.listen(on: .gateway, port: 8081),
        try await lab.listen(on: .client, port: 8082),
      ]
      let before = try await lab.survey()
      #expect(before.contains(.open) && before.contains(.refused))
      try await lab.apply(policy(lab))
      #expect(try await lab.survey() == before)
      // A stranger, whom the publication denies, still has everything else.
      #expect(try await lab.tcpConnect(from: .stranger, to: Address.external, port: 8081) == .open)
      for listener in listeners { listener.close() }
    }
  }

  @Test("another FTP server with a helper and a table of its own")
  func foreignHelper() async throws {
    try await withLab { lab in
      try await lab.load(ruleset: Self.foreign)
      let other = try await lab.start(
        .vsftpd, configuration: "listen=YES\nlisten_address=\(Address.server2)", address: Address.server2)
      let dial = Dial(address: Address.external2)
      let modes: [DataMode] = [.pasv, .epsv, .port, .eprt]
      try await lab.expectTransfers(other, dial, modes)

      let foreign = try await lab.nft(["list", "table", "inet", "foreign"]).text
      let policy = policy(lab)
      try await lab.apply(policy)
      try await lab.apply(policy)
      #expect(try await lab.nft(["list", "table", "inet", "foreign"]).text == foreign)
      try await lab.expectTransfers(other, dial, modes)
      // Two sessions at once: the limit of the publication is not this server's.
      let both = [try await lab.logIn(dial), try await lab.logIn(dial)]
      for control in both { await control.close() }

      // And ours works beside a table that lets through no more than it has to.
      let files = try await lab.serve(.pureFTPD, policy, address: Address.server)
      try await lab.expectTransfers(files, Dial(encryption: .explicit))
      try await lab.expectTransfers(files, Dial())
      #expect(try await lab.nft(["list", "table", "inet", "foreign"]).text == foreign)
    }
  }

  @Test("a published server as a client of a foreign server")
  func serverAsClient() async throws {
    try await withLab { lab in
      let outside = try await lab.start(.vsftpd, configuration: "listen=YES", on: .client)
      let dial = Dial(address: Address.client, host: .server)
      try await lab.load(
        ruleset: """
          table inet foreign {
            ct helper foreign-ftp {
              type "ftp" protocol tcp
            }
            chain helper {
              type filter hook prerouting priority -160; policy accept;
              ip saddr 10.10.20.200 tcp dport 21 ct helper set "foreign-ftp"
            }
            chain nat {
              type nat hook postrouting priority srcnat + 5; policy accept;
              oifname "eth0" masquerade
            }
          }
          """)
      let modes: [DataMode] = [.pasv, .epsv, .port, .eprt]
      try await lab.expectTransfers(outside, dial, modes)
      try await lab.apply(policy(lab))
      try await lab.expectTransfers(outside, dial, modes)
    }
  }
}

extension Lab {
  /// What clients find at addresses and ports that no publication names.
  fileprivate func survey() async throws -> [Reachability] {
    let targets: [(LabHost, String, UInt16)] = [
      (.client, Address.server, 8080), (.client, Address.server6, 8080), (.client, Address.server, 8088),
      (.client, Address.external, 8081), (.client, Address.external, 8080), (.client, Address.external6, 21),
      (.client, Address.external, 49999), (.client, Address.external2, 21),
      (.stranger, Address.gateway, 8081),
      (.stranger, Address.server, 8080), (.inside, Address.gatewayInside, 8081),
      (.inside, Address.client, 8082), (.server, Address.client, 8082), (.gateway, Address.server, 8080),
    ]
    var found: [Reachability] = []
    for (host, address, port) in targets {
      found.append(try await tcpConnect(from: host, to: address, port: port))
    }
    return found
  }
}
