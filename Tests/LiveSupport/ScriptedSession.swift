import Foundation
import Synchronization

/// One FTP session of which the test plays both sides, word for word, so that it knows which of them gets stuck and where.
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

  package var description: String {
    switch self {
    case .works: "works"
    case .refusedByServer: "refused by the server"
    case .control: "no control connection"
    case .command(let word): "`\(word)` does not arrive"
    case .data: "no data connection"
    case .peer: "the server refuses the peer"
    case .content: "nothing on the data connection"
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
  fileprivate func accept(fromPort port: UInt16, within milliseconds: Int) -> (CInt, String)? {
    for _ in 0..<max(1, milliseconds / 4) {
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
    }
    return nil
  }

  /// Plays a session to its end.
  ///
  /// - Parameter patience: Milliseconds until a packet counts as lost. Connections get one repetition of their SYN, which
  ///   the kernel sends after a second.
  ///   - meeting: Where sessions wait for each other after their announcements.
  package func play(
    _ session: ScriptedSession, patience: Int = 600, meeting: Meeting? = nil
  ) async throws -> ScriptedResult {
    let (client, server) = (lab.namespace(session.client), lab.namespace(session.server))
    return try await onFreshThread {
      var play = ScriptedPlay(session, self, client, server, patience, meeting)
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

  /// Comes, and waits for the others, two seconds at most.
  fileprivate func arrive() {
    missing.withLock { $0 -= 1 }
    for _ in 0..<500 where missing.withLock({ $0 > 0 }) { usleep(4000) }
  }
}

/// The state of one scripted session, on a thread of its own.
private struct ScriptedPlay {
  private struct Stop: Error {
    var ending: ScriptedEnding
  }

  let session: ScriptedSession
  let servers: ScriptedServers
  let client: NetworkNamespace
  let server: NetworkNamespace
  let patience: Int
  let meeting: Meeting?
  var target: String?
  private var clientEnd: CInt = -1
  private var serverEnd: CInt = -1
  private var serverAddress = ""
  private var open: [CInt] = []
  private var isEncrypted = false

  init(
    _ session: ScriptedSession, _ servers: ScriptedServers, _ client: NetworkNamespace, _ server: NetworkNamespace,
    _ patience: Int, _ meeting: Meeting?
  ) {
    self.session = session
    self.servers = servers
    self.client = client
    self.server = server
    self.patience = patience
    self.meeting = meeting
  }

  mutating func close() {
    for descriptor in open { Wire.close(descriptor) }
    open = []
  }

  mutating func run() throws -> ScriptedEnding {
    do {
      try dialogue()
      return .works
    } catch let stop as Stop {
      return stop.ending
    }
  }

  private mutating func keep(_ descriptor: CInt) -> CInt {
    open.append(descriptor)
    return descriptor
  }

  private mutating func dialogue() throws {
    try NamespaceCalls.enter(client.path)
    guard
      let end = try Wire.connect(
        from: session.clientAddress, session.clientPorts.control, to: session.dialled, session.dialledPort)
    else { throw Stop(ending: .control) }
    clientEnd = keep(end)
    guard let (accepted, address) = servers.accept(fromPort: session.clientPorts.control, within: 1000) else {
      throw Stop(ending: .control)
    }
    serverEnd = keep(accepted)
    serverAddress = address
    guard session.serverAddresses.contains(where: { Wire.same($0, address) }) else { throw Stop(ending: .control) }
    try logIn()
    session.mode == .port || session.mode == .eprt ? try active() : try passive()
  }

  /// Sends a line from one end of the control connection to the other. Returns the line as it arrives.
  @discardableResult
  private func say(_ line: String, fromClient: Bool) throws -> String {
    let bytes = isEncrypted ? Wire.record(line) : Array((line + "\r\n").utf8)
    let (sender, receiver) = fromClient ? (clientEnd, serverEnd) : (serverEnd, clientEnd)
    let word = line.split(separator: " ").first.map(String.init) ?? line
    Wire.send(bytes, sender)
    guard let heard = Wire.receive(receiver, count: isEncrypted ? bytes.count : nil, patience) else {
      throw Stop(ending: .command(word))
    }
    return isEncrypted ? line : String(decoding: heard, as: UTF8.self).trimmingCharacters(in: .newlines)
  }

  private func exchange(_ command: String, _ reply: String) throws {
    try say(command, fromClient: true)
    try say(reply, fromClient: false)
  }

  private mutating func logIn() throws {
    guard session.isImplicit == (session.encryption == .implicit) else { throw Stop(ending: .refusedByServer) }
    if session.isImplicit { try handshake() }
    try say("220 ready", fromClient: false)
    if session.encryption == .explicit {
      guard session.offersTLS else {
        try exchange("AUTH TLS", "502 not implemented")
        throw Stop(ending: .refusedByServer)
      }
      try exchange("AUTH TLS", "234 proceed")
      try handshake()
    }
    if session.encryption == .plain, !session.allowsPlain {
      try exchange("USER sally", "530 TLS required")
      throw Stop(ending: .refusedByServer)
    }
    try exchange("USER sally", "331 password please")
    try exchange("PASS ...", "230 logged in")
    guard session.clearsControl, session.encryption != .plain else { return }
    try exchange("CCC", "200 clear")
    isEncrypted = false
    try exchange("TYPE I", "200 type is I")
  }

  private mutating func handshake() throws {
    isEncrypted = true
    try exchange("ClientHello", "ServerHello")
  }

  private var isIPv6: Bool { session.dialled.contains(":") }

  private mutating func passive() throws {
    guard session.mode == .epsv || !isIPv6 else { throw Stop(ending: .refusedByServer) }
    try NamespaceCalls.enter(server.path)
    let listener = keep(try Wire.listen(serverAddress, session.passivePort))
    try say(session.mode == .pasv ? "PASV" : "EPSV", fromClient: true)
    let place: (address: String, port: UInt16)
    if session.mode == .pasv {
      let numbers = Wire.numbers(session.announced ?? serverAddress, session.passivePort)
      let heard = try say(session.wording.replacing("%", with: numbers), fromClient: false)
      guard let found = Wire.place(in: heard) else { throw Stop(ending: .command("227")) }
      place = found
    } else {
      let heard = try say("229 Extended passive mode (|||\(session.passivePort)|)", fromClient: false)
      guard let port = heard.split(separator: "|").dropFirst().first.flatMap({ UInt16($0) }) else {
        throw Stop(ending: .command("229"))
      }
      place = (session.dialled, port)
    }
    target = "\(place.address):\(place.port)"
    meeting?.arrive()
    try NamespaceCalls.enter(client.path)
    guard
      let end = try Wire.connect(from: session.clientAddress, session.clientPorts.data, to: place.address, place.port)
    else { throw Stop(ending: .data) }
    let clientData = keep(end)
    guard let (accepted, peer) = Wire.accept(listener, within: 1000) else { throw Stop(ending: .data) }
    let serverData = keep(accepted)
    guard !session.checksPeer || peer.address == Wire.peer(serverEnd)?.address else {
      try say("425 wrong peer", fromClient: false)
      throw Stop(ending: .peer)
    }
    try exchange("LIST", "150 here it comes")
    try transfer(serverData, clientData)
  }

  private mutating func active() throws {
    guard session.mode == .eprt || !isIPv6 else { throw Stop(ending: .refusedByServer) }
    try NamespaceCalls.enter(client.path)
    let listener = keep(try Wire.listen(session.clientAddress, session.clientPorts.listening))
    let port = session.clientPorts.listening
    let command =
      session.mode == .port
      ? "PORT \(Wire.numbers(session.clientAddress, port))"
      : "EPRT |\(isIPv6 ? 2 : 1)|\(session.clientAddress)|\(port)|"
    let heard = try say(command, fromClient: true)
    guard !session.refusesActive else {
      try say("500 not allowed", fromClient: false)
      throw Stop(ending: .refusedByServer)
    }
    guard let place = session.mode == .port ? Wire.place(in: heard) : Wire.extendedPlace(in: heard) else {
      throw Stop(ending: .command(session.mode.rawValue.uppercased()))
    }
    target = "\(place.address):\(place.port)"
    guard !session.checksPeer || Wire.same(place.address, Wire.peer(serverEnd)?.address) else {
      try say("500 illegal", fromClient: false)
      throw Stop(ending: .peer)
    }
    try say("200 fine", fromClient: false)
    try say("LIST", fromClient: true)
    try NamespaceCalls.enter(server.path)
    guard let end = try Wire.connect(from: serverAddress, session.activePort ?? 0, to: place.address, place.port)
    else {
      throw Stop(ending: .data)
    }
    let serverData = keep(end)
    guard let (accepted, _) = Wire.accept(listener, within: 1000) else { throw Stop(ending: .data) }
    try say("150 here it comes", fromClient: false)
    try transfer(serverData, keep(accepted))
  }

  private func transfer(_ serverData: CInt, _ clientData: CInt) throws {
    for (sender, receiver) in [(serverData, clientData), (clientData, serverData)] {
      let content = Wire.record("some data")
      Wire.send(content, sender)
      guard Wire.receive(receiver, count: content.count, patience) == content else { throw Stop(ending: .content) }
    }
    try say("226 done", fromClient: false)
  }
}
