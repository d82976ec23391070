import Foundation
import LiveSupport
import Testing

/// Where the clients of a check dial.
struct Dial {
  var address = Address.external
  var port: UInt16?
  var encryption = Encryption.plain
  var host = LabHost.client

  /// Sessions that a client may have there with these modes.
  func session(_ mode: DataMode) -> CurlSession { CurlSession(address, port: port, encryption, mode) }
}

extension Lab {
  /// Expects that whole files travel both ways in every one of the modes.
  func expectTransfers(
    _ daemon: RunningDaemon, _ dial: Dial = Dial(), _ modes: [DataMode] = [.pasv, .epsv],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for mode in modes {
      let isActive = mode == .port || mode == .eprt
      // curl 7.88 does not take up TLS on a data connection that it has accepted.
      if isActive, dial.encryption != .plain {
        try await expectActiveTLS(daemon, dial, mode, sourceLocation: sourceLocation)
      } else {
        try await expectCurl(daemon, dial, mode, sourceLocation: sourceLocation)
      }
    }
  }

  private func expectCurl(
    _ daemon: RunningDaemon, _ dial: Dial, _ mode: DataMode, sourceLocation: SourceLocation
  ) async throws {
    let down = try await curl(dial.session(mode), from: dial.host)
    let isDown = down.bringsPayload
    #expect(isDown, "down \(mode): \(down.dialogue)", sourceLocation: sourceLocation)
    if mode == .pasv {
      #expect(down.pasv?.address == dial.address, "\(down.replies)", sourceLocation: sourceLocation)
    }
    var session = dial.session(mode)
    session.path = "up-\(mode)-\(dial.host)-\(dial.encryption).bin"
    session.upload = Payload.bytes
    // curl 7.88 closes the data connection without reading the tickets that a server sends after the handshake of
    // TLS 1.3. The kernel then resets the connection, and vsftpd may lose what it had not read yet (measured).
    if dial.encryption != .plain { session.extra = ["--tls-max", "1.2"] }
    let up = try await curl(session, from: dial.host)
    let isUp = up.works && daemon.servedFile(session.path) == Payload.bytes
    #expect(isUp, "up \(mode): \(up.dialogue)", sourceLocation: sourceLocation)
  }

  private func expectActiveTLS(
    _ daemon: RunningDaemon, _ dial: Dial, _ mode: DataMode, sourceLocation: SourceLocation
  ) async throws {
    let name = "up-\(mode)-\(dial.host)-tls.bin"
    let file = "\(folder)/payload.bin"
    try Data(Payload.bytes).write(to: URL(fileURLWithPath: file))
    let session = LftpSession(
      dial.address, port: dial.port, dial.encryption, mode,
      commands: ["cat payload.bin", "put \(file) -o \(name)"])
    let outcome = try await lftp(session, from: dial.host)
    let isDown = outcome.output == Payload.bytes
    #expect(isDown, "down \(mode): \(outcome.errorText)", sourceLocation: sourceLocation)
    let isUp = daemon.servedFile(name) == Payload.bytes
    #expect(isUp, "up \(mode): \(outcome.errorText)", sourceLocation: sourceLocation)
  }

  /// Expects that a client gets no control connection at all.
  func expectRefused(
    _ dial: Dial, _ outcome: Reachability = .timedOut, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let found = try await tcpConnect(
      from: dial.host, to: dial.address, port: dial.port ?? 21,
      within: outcome == .timedOut ? Patience.absence : Patience.arrival)
    #expect(found == outcome, "\(dial)", sourceLocation: sourceLocation)
  }

  /// Opens a control connection and logs in.
  func logIn(_ dial: Dial = Dial(), local: String? = nil) async throws -> ControlConnection {
    let control = try await control(
      from: dial.host, to: dial.address, port: dial.port ?? 21, local: local)
    try await control.logIn()
    return control
  }
}

extension ControlConnection {
  /// Expects a listing over the data port that the server has announced.
  func expectListing(
    to address: String, _ port: UInt16, from host: LabHost = .client, _ lab: Lab,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let data = try await lab.openSocket(from: host, to: address, port: port)
    try await expectListing(over: data, sourceLocation: sourceLocation)
  }

  /// Expects a listing over an open data connection.
  func expectListing(
    over data: LabSocket, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let first = try await send("LIST")
    let listing = try await String(decoding: data.readAll(), as: UTF8.self)
    let last = try await reply()
    #expect(first.code == 150 && last.code == 226, "\(first) \(last)", sourceLocation: sourceLocation)
    #expect(listing.contains("payload.bin"), "\(listing)", sourceLocation: sourceLocation)
  }
}

extension CurlOutcome {
  /// What the client and the server said, and curl's last words.
  var dialogue: String {
    log.split(whereSeparator: \.isNewline).filter { line in
      ["> ", "< ", "curl: ", "* Connect", "*   Trying"].contains { line.hasPrefix($0) }
    }.joined(separator: "\n")
  }
}
