import Foundation

/// The state of one scripted session, on a thread of its own.
struct ScriptedPlay {
  private struct Stop: Error {
    var ending: ScriptedEnding
  }

  let session: ScriptedSession
  let servers: ScriptedServers
  let client: NetworkNamespace
  let server: NetworkNamespace
  /// Where the session is expected to get stuck; `nil` for anywhere.
  let expected: ScriptedEnding?
  let meeting: Meeting?
  var target: String?
  private var clientEnd: CInt = -1
  private var serverEnd: CInt = -1
  private var serverAddress = ""
  private var open: [CInt] = []
  private var isEncrypted = false

  init(
    _ session: ScriptedSession, _ servers: ScriptedServers, _ client: NetworkNamespace, _ server: NetworkNamespace,
    expecting expected: ScriptedEnding?, _ meeting: Meeting?
  ) {
    self.session = session
    self.servers = servers
    self.client = client
    self.server = server
    self.expected = expected
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

  /// How long a step is waited for at which the session would end like that.
  private func patience(_ ending: ScriptedEnding) -> Duration {
    expected == nil || expected == ending ? Patience.absence : Patience.arrival
  }

  private mutating func keep(_ descriptor: CInt) -> CInt {
    open.append(descriptor)
    return descriptor
  }

  private mutating func dialogue() throws {
    try NamespaceCalls.enter(client.path)
    guard
      let end = try Wire.connect(
        from: session.clientAddress, session.clientPorts.control, to: session.dialled, session.dialledPort,
        within: patience(.control))
    else { throw Stop(ending: .control) }
    clientEnd = keep(end)
    guard let (accepted, address) = servers.accept(fromPort: session.clientPorts.control, within: patience(.control))
    else {
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
    guard let heard = Wire.receive(receiver, count: isEncrypted ? bytes.count : nil, within: patience(.command(word)))
    else {
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
      let end = try Wire.connect(
        from: session.clientAddress, session.clientPorts.data, to: place.address, place.port,
        within: patience(.data))
    else { throw Stop(ending: .data) }
    let clientData = keep(end)
    guard let (accepted, peer) = Wire.accept(listener, within: patience(.data)) else { throw Stop(ending: .data) }
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
    guard
      let end = try Wire.connect(
        from: serverAddress, session.activePort ?? 0, to: place.address, place.port, within: patience(.data))
    else {
      throw Stop(ending: .data)
    }
    let serverData = keep(end)
    guard let (accepted, _) = Wire.accept(listener, within: patience(.data)) else { throw Stop(ending: .data) }
    try say("150 here it comes", fromClient: false)
    try transfer(serverData, keep(accepted))
  }

  private func transfer(_ serverData: CInt, _ clientData: CInt) throws {
    for (sender, receiver) in [(serverData, clientData), (clientData, serverData)] {
      let content = Wire.record("some data")
      Wire.send(content, sender)
      guard Wire.receive(receiver, count: content.count, within: patience(.content)) == content else {
        throw Stop(ending: .content)
      }
    }
    for (sender, receiver) in [(serverData, clientData), (clientData, serverData)] {
      guard Wire.end(sender, heardBy: receiver, within: patience(.closing)) else { throw Stop(ending: .closing) }
    }
    try say("226 done", fromClient: false)
  }
}
