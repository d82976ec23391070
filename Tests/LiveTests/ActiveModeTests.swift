import LiveSupport
import Testing

@Suite("active mode", .live, .everyFirewall)
struct ActiveModeTests {
  private func policy(_ lab: Lab, _ kind: DaemonKind, port: UInt16, _ statements: String) -> String {
    """
    \(Lab.gatewayBlock)
    \(lab.server(kind, address: "\(Address.server), \(Address.server6)"))
    publish files {
      server         files
      external ip    203.0.113.10, 2001:db8:113::10
      control port   \(port)
      \(statements)
    }
    """
  }

  @Test("on, with the helper", arguments: DaemonKind.allCases)
  func helper(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = policy(lab, kind, port: 2121, "helper on; active on")
      let daemon = try await lab.enact(policy, kind, ports: [2121])
      try await lab.expectTransfers(daemon, Dial(port: 2121), [.port, .eprt, .pasv])
      try await lab.expectTransfers(daemon, Dial(address: Address.external6, port: 2121), [.eprt])

      let control = try await lab.logIn(Dial(port: 2121))
      let peer = try await lab.activePeer(control, client: Address.client)
      #expect(peer.remoteAddress == Address.external)
      await control.close()
    }
  }

  /// The server's own data port, by which the gateway knows its data connections.
  private func dataPort(_ kind: DaemonKind, control: UInt16) -> UInt16 {
    kind == .proFTPD ? control - 1 : 20
  }

  @Test("on, without helper: TLS and clear text", arguments: [DaemonKind.pureFTPD, .proFTPD])
  func tls(_ kind: DaemonKind) async throws {
    try await withLab { lab in
      let policy = policy(
        lab, kind, port: 2121, "passive range 50000-50399; tls explicit optional; active on")
      let daemon = try await lab.enact(policy, kind, ports: [2121])
      try await expectActive(lab, daemon, dataPort(kind, control: 2121))
    }
  }

  @Test("on, without helper, for vsftpd")
  func tlsVsftpd() async throws {
    try await withLab { lab in
      let policy = policy(
        lab, .vsftpd, port: 2121, "passive range 50000-50399; tls explicit optional; active on")
      try await lab.apply(policy)
      let settings = try await sallyport.settings(of: policy, server: "files")
      try #require(settings.count == 2)
      let four = try await lab.start(
        .vsftpd, configuration: settings[0].text, address: Address.server, ports: [2121])
      try await expectActive(lab, four, 20, over6: false)
      let six = try await lab.start(
        .vsftpd, configuration: settings[1].text, address: Address.server6, ports: [2121])
      try await lab.expectTransfers(
        six, Dial(address: Address.external6, port: 2121, encryption: .explicit), [.eprt])
    }
  }

  private func expectActive(
    _ lab: Lab, _ daemon: RunningDaemon, _ port: UInt16, over6: Bool = true
  ) async throws {
    try await lab.expectTransfers(daemon, Dial(port: 2121), [.port, .eprt])
    try await lab.expectTransfers(daemon, Dial(port: 2121, encryption: .explicit), [.port, .pasv])
    if over6 {
      let dial = Dial(address: Address.external6, port: 2121, encryption: .explicit)
      try await lab.expectTransfers(daemon, dial, [.eprt, .epsv])
    }
    let control = try await lab.logIn(Dial(port: 2121))
    let peer = try await lab.activePeer(control, client: Address.client)
    #expect(peer.remoteAddress == Address.external && peer.remotePort == port, "\(peer)")
    await control.close()
  }

  @Test("off is off", arguments: DaemonKind.allCases, ["helper on", "passive range 50000-50399"])
  func off(_ kind: DaemonKind, path: String) async throws {
    try await withLab { lab in
      let policy = """
        \(lab.server(kind))
        publish files {
          server       files
          external ip  203.0.113.10
          \(path)
        }
        """
      let daemon = try await lab.enact(policy, kind)
      try await lab.expectTransfers(daemon, Dial(), [.epsv])
      for mode in [DataMode.port, .eprt] {
        let listener = try await lab.listen(on: .client)
        let port =
          mode == .port
          ? "PORT 198,51,100,10,\(listener.port / 256),\(listener.port % 256)"
          : "EPRT |1|\(Address.client)|\(listener.port)|"
        let control = try await lab.logIn()
        let reply = try await control.send(port)
        if kind == .pureFTPD {
          // It has no switch against active mode: the gateway drops what it opens.
          #expect(reply.code == 200)
          await #expect(throws: LabError.self) { try await control.send("LIST", within: Patience.absence) }
        } else {
          #expect([501, 550].contains(reply.code), "\(reply)")
        }
        await control.close()
        await #expect(throws: LabError.self) { try await listener.accept(within: .zero) }
      }
      if kind == .pureFTPD {
        #expect(try await lab.rulesThatDropped() > 0)
      }
    }
  }

  @Test("off, where no translation would be in the way", arguments: [Address.routedServer, "local"])
  func offWithoutTranslation(_ address: String) async throws {
    try await withLab { lab in
      let external = address == "local" ? Address.external : address
      let policy = """
        \(lab.server(.pureFTPD, address: address))
        publish files {
          server         files
          external ip    \(external)
          passive range  50000-50399
          tls            explicit optional
        }
        """
      let daemon = try await lab.serve(.pureFTPD, policy, on: address == "local" ? .gateway : .server)
      try await lab.expectTransfers(daemon, Dial(address: external), [.port])
      try await lab.apply(policy)
      let control = try await lab.logIn(Dial(address: external))
      let listener = try await lab.listen(on: .client)
      #expect(try await control.send("EPRT |1|\(Address.client)|\(listener.port)|").code == 200)
      await #expect(throws: LabError.self) { try await control.send("LIST", within: Patience.absence) }
      await #expect(throws: LabError.self) { try await listener.accept(within: .zero) }
      await control.close()
    }
  }
}

extension Lab {
  /// Lists over a data connection that the server opens, and returns that connection as the client sees it.
  fileprivate func activePeer(_ control: ControlConnection, client: String) async throws -> SocketEntry {
    let listener = try await listen(on: .client)
    defer { listener.close() }
    let reply = try await control.send("EPRT |1|\(client)|\(listener.port)|")
    #expect(reply.code == 200)
    async let first = control.send("LIST")
    let data = try await listener.accept()
    let entry = try await sockets(on: .client).first { $0.localPort == listener.port && !$0.isListening }
    let listing = try await String(decoding: data.readAll(), as: UTF8.self)
    #expect(listing.contains("payload.bin"))
    // Whoever reads first gets the first reply, so the second is not asked for before.
    let opening = try await first
    let last = try await control.reply()
    #expect(opening.code == 150 && last.code == 226)
    return try #require(entry)
  }
}
