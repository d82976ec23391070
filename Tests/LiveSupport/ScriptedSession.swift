import Foundation
import Synchronization

/// One FTP session of which the test plays both sides, word for word, so that it knows which of them gets stuck and
/// where.
///
/// Where the question is what the gateway does, no daemon is needed: sockets of the test's own process stand in the
/// namespaces of client and server.
package struct ScriptedSession: Sendable {
  package var client: LabHost
  package var clientAddress: String
  package var clientPorts: (control: UInt16, data: UInt16, listening: UInt16)
  package var dialled: String
  package var dialledPort: UInt16
  package var server: LabHost
  /// The addresses that are the server's; another server may stand on the same host.
  package var serverAddresses: [String]
  package var controlPort: UInt16
  package var encryption: Encryption
  package var mode: DataMode
  package var clearsControl = false
  /// The port that the server listens on in passive mode.
  package var passivePort: UInt16
  /// The address in 227 replies; `nil` for the server's own.
  package var announced: String?
  /// The 227 reply, in which `%` stands for the six numbers.
  package var wording = "227 Entering Passive Mode (%)"
  package var allowsPlain = true
  package var offersTLS = true
  package var isImplicit = false
  package var refusesActive = false
  package var checksPeer = true
  /// The source port of the server's data connections in active mode; `nil` for any.
  package var activePort: UInt16?

  package init(
    client: LabHost = .client, clientAddress: String,
    clientPorts: (control: UInt16, data: UInt16, listening: UInt16), dialled: String, dialledPort: UInt16 = 21,
    server: LabHost = .server, serverAddresses: [String] = [Address.server], controlPort: UInt16 = 21,
    _ encryption: Encryption, _ mode: DataMode,
    passivePort: UInt16
  ) {
    self.client = client
    self.clientAddress = clientAddress
    self.clientPorts = clientPorts
    self.dialled = dialled
    self.dialledPort = dialledPort
    self.server = server
    self.serverAddresses = serverAddresses
    self.controlPort = controlPort
    self.encryption = encryption
    self.mode = mode
    self.passivePort = passivePort
  }
}

/// How a scripted session ended.
package enum ScriptedEnding: Hashable, Sendable, CustomStringConvertible {
  case works
  /// The server did not want it.
  case refusedByServer
  /// The control connection did not come about.
  case control
  /// A command or reply did not arrive; with its first word.
  case command(String)
  /// The data connection did not come about.
  case data
  /// The server saw another peer than on the control connection, or was told of one.
  case peer
  /// The data connection was open and carried nothing.
  case content
  /// One side did not hear that the other had ended the data connection.
  case closing

  package var description: String {
    switch self {
    case .works: "works"
    case .refusedByServer: "refused by the server"
    case .control: "no control connection"
    case .command(let word): "`\(word)` does not arrive"
    case .data: "no data connection"
    case .peer: "the server refuses the peer"
    case .content: "nothing on the data connection"
    case .closing: "no end of the data connection"
    }
  }
}

/// The end of a scripted session, and what the other side read in the announcement.
package struct ScriptedResult: Hashable, Sendable {
  package var ending: ScriptedEnding
  /// `ADDRESS:PORT` where the data connection was dialled; `nil` before an announcement.
  package var target: String?
}

/// The control ports of the servers of one ruleset, which scripted sessions share.
package final class ScriptedServers: Sendable {
  private struct Key: Hashable {
    var host: LabHost
    var address: String
    var port: UInt16
  }

  private let lab: Lab
  private let state = Mutex<(listeners: [Key: CInt], waiting: [UInt16: (CInt, String)])>(([:], [:]))

  package init(_ lab: Lab) { self.lab = lab }

  /// Opens a control port on one address of a host.
  package func listen(on host: LabHost, address: String, port: UInt16) async throws {
    let key = Key(host: host, address: address, port: port)
    guard state.withLock({ $0.listeners[key] == nil }) else { return }
    let descriptor = try await lab.namespace(host).onThread { try Wire.listen(address, port) }
    state.withLock { $0.listeners[key] = descriptor }
  }

  /// Closes every port and what nobody took.
  package func close() {
    state.withLock { state in
      for (_, descriptor) in state.listeners { Wire.close(descriptor) }
      for (_, waiting) in state.waiting { Wire.close(waiting.0) }
      state = ([:], [:])
    }
  }

  /// The connection that came from a port, with the server's own address; `nil` when none comes in time.
  func accept(fromPort port: UInt16, within patience: Duration) -> (CInt, String)? {
    let deadline = ContinuousClock.now + patience
    repeat {
      let found = state.withLock { state -> (CInt, String)? in
        for (key, listener) in state.listeners {
          while let (descriptor, peer) = Wire.accept(listener) {
            state.waiting[peer.port] = (descriptor, key.address)
          }
        }
        return state.waiting.removeValue(forKey: port)
      }
      if let found { return found }
      usleep(4000)
    } while ContinuousClock.now < deadline
    return nil
  }

  /// Plays a session to its end.
  ///
  /// - Parameters:
  ///   - expected: How it is said to end. Only a step at which it would end like that counts as lost soon; all others
  ///     are waited for. `nil` where nobody can say.
  ///   - meeting: Where sessions wait for each other after their announcements.
  package func play(
    _ session: ScriptedSession, expecting expected: ScriptedEnding?, meeting: Meeting? = nil
  ) async throws -> ScriptedResult {
    let (client, server) = (lab.namespace(session.client), lab.namespace(session.server))
    return try await onFreshThread {
      var play = ScriptedPlay(session, self, client, server, expecting: expected, meeting)
      defer { play.close() }
      let ending = try play.run()
      return ScriptedResult(ending: ending, target: play.target)
    }
  }
}

/// A place where sessions wait until all of them are there.
package final class Meeting: Sendable {
  private let missing: Mutex<Int>

  package init(of count: Int) { missing = Mutex(count) }

  /// Comes, and waits for the others.
  func arrive() {
    missing.withLock { $0 -= 1 }
    let deadline = ContinuousClock.now + Patience.arrival
    while missing.withLock({ $0 > 0 }), ContinuousClock.now < deadline { usleep(4000) }
  }
}
