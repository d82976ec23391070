/// A reply of an FTP server.
package struct FTPReply: Sendable, Equatable {
  /// The three digits.
  package var code: Int
  /// All lines without their line ends.
  package var lines: [String]

  /// The last line, the one that begins with the code and a space.
  package var last: String { lines.last ?? "" }
  /// The announced address and port, when this is a 227 or a 229 reply.
  package var passive: PassiveReply? { PassiveReply(reply: last) }
}

/// A plain FTP control connection that stays open while a test looks at other things.
package actor ControlConnection {
  private let socket: LabSocket
  private var pending: [UInt8] = []

  /// The server's greeting.
  package private(set) var greeting = FTPReply(code: 0, lines: [])

  fileprivate init(_ socket: LabSocket) {
    self.socket = socket
  }

  fileprivate func readGreeting(within timeout: Duration = Patience.arrival) async throws {
    greeting = try await reply(within: timeout)
  }

  /// Waits for the greeting on an open connection; `nil` when none comes, as from a server that begins with TLS.
  package static func begin(on socket: LabSocket, within timeout: Duration) async throws -> ControlConnection? {
    let connection = ControlConnection(socket)
    do { try await connection.readGreeting(within: timeout) } catch { return nil }
    return connection
  }

  /// Sends one command and waits for its reply.
  @discardableResult
  package func send(_ line: String, within timeout: Duration = Patience.arrival) async throws -> FTPReply {
    try await socket.write(Array("\(line)\r\n".utf8))
    return try await reply(within: timeout)
  }

  /// Sends commands one after the other, each after the reply to the one before.
  @discardableResult
  package func send(all lines: [String]) async throws -> [FTPReply] {
    var replies: [FTPReply] = []
    for line in lines { replies.append(try await send(line)) }
    return replies
  }

  /// Logs in with the account that every server has. Throws unless the server answers 230.
  package func logIn() async throws {
    let replies = try await send(all: ["USER \(Lab.user)", "PASS \(Lab.password)"])
    guard let last = replies.last, last.code == 230 else {
      throw LabError("login refused: \(replies.flatMap(\.lines).joined(separator: " / "))")
    }
  }

  /// Sends PASV, or another command that is answered with 227 or 229, and returns what was announced.
  package func passive(_ command: String = "PASV") async throws -> PassiveReply {
    let reply = try await send(command)
    guard let passive = reply.passive else { throw LabError("\(command): \(reply.last)") }
    return passive
  }

  /// Waits for a reply that no command of its own asked for, such as the 226 after a transfer.
  package func reply(within timeout: Duration = Patience.arrival) async throws -> FTPReply {
    let first = try await line(within: timeout)
    guard let code = Int(first.prefix(3)) else { throw LabError("no FTP reply: `\(first)`") }
    var lines = [first]
    // Many lines begin with `220-` and end with the first that begins with `220 `.
    while let latest = lines.last, !(latest.hasPrefix("\(code) ") || latest == "\(code)") {
      lines.append(try await line(within: timeout))
    }
    return FTPReply(code: code, lines: lines)
  }

  /// Closes the connection without a farewell.
  package func close() { socket.close() }

  private func line(within timeout: Duration) async throws -> String {
    while true {
      if let end = pending.firstIndex(of: 0x0a) {
        let line = pending[..<end].filter { $0 != 0x0d }
        pending.removeSubrange(...end)
        return String(decoding: line, as: UTF8.self)
      }
      let more = try await socket.read(within: timeout)
      guard !more.isEmpty else { throw LabError("the server closed the control connection") }
      pending += more
    }
  }
}

extension Lab {
  /// Opens a control connection and waits for the greeting.
  package func control(
    from host: LabHost = .client, to address: String, port: UInt16 = 21, local: String? = nil
  ) async throws -> ControlConnection {
    let socket = try await openSocket(from: host, to: address, port: port, local: local)
    let connection = ControlConnection(socket)
    try await connection.readGreeting()
    return connection
  }
}
