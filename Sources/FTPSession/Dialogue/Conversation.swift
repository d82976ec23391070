import Addressing

/// Where sessions happen: a ruleset, and what surrounds the gateway; or several of them on one path.
package struct Theatre: Sendable {
  private let gateways: Gateways
  private let keepsSteps: Bool

  /// One gateway.
  ///
  /// - Parameter keepsSteps: Whether performances have steps; those of which only the end counts need none.
  package init(
    _ program: Program, _ network: Network, _ kernel: KernelTraits = KernelTraits(), keepsSteps: Bool = true
  ) {
    gateways = Gateways(program, network, kernel)
    self.keepsSteps = keepsSteps
  }

  /// All gateways of a path. Of hosts `Host.hop` tells behind which they are.
  package init(_ path: GatewayPath, keepsSteps: Bool = true) {
    gateways = Gateways(path)
    self.keepsSteps = keepsSteps
  }

  /// Plays one session on a gateway without any other connection. Limits count as not reached.
  package func perform(_ session: Session) -> Performance { perform(session, after: logIn(session)) }

  /// Plays the beginning of a session, which does not depend on the mode: up to the end of the login.
  package func logIn(_ session: Session) -> Login {
    var conversation = Conversation(session, gateways, keepsSteps: keepsSteps)
    conversation.start()
    return Login(conversation: conversation)
  }

  /// Goes on with a session that differs from the one that was begun in its mode and its passive port alone.
  package func perform(_ session: Session, after login: Login) -> Performance {
    var conversation = login.conversation
    conversation.session = session
    conversation.stage.session = session
    let ending = conversation.run()
    return conversation.stage.performance(ending)
  }

  /// Why a connection from the client to the passive port of a server gets nowhere that no session announced; `nil`
  /// where the server answers it.
  package func lossOfLoneData(_ session: Session) -> Loss? {
    guard let own = session.client.address(session.dialled.family) else {
      return .refused(reason: "the client has no address of that family")
    }
    var stage = Stage(session, gateways, keepsSteps: keepsSteps)
    let tuple = Tuple(from: own, session.ports.data, to: session.dialled, session.passivePort)
    do throws(Interruption) {
      _ = try stage.connect(from: .client, tuple, listening: session.passivePort, isData: true)
      return nil
    } catch {
      return error.ending.loss
    }
  }

  /// A session as far as the end of its login.
  package struct Login: Sendable {
    fileprivate var conversation: Conversation

    /// Whether the control connection came about, whatever the server made of it then.
    package var isConnected: Bool { conversation.isConnected }
    /// Whether the model could not tell what becomes of the control connection.
    package var isUndecided: Bool { conversation.ending?.loss?.isUndecided == true }
  }

  /// Plays sessions one after the other, or two in turns, on a gateway that keeps its connections.
  ///
  /// - Returns: The performances, in the order of the sessions. Each gets to its announcement before the next begins
  ///   when `interleaved`, as two clients may.
  package func perform(_ sessions: [Session], interleaved: Bool) -> [Performance] {
    var gateways = gateways
    var waiting: [Conversation] = []
    var done: [Performance] = []
    for session in sessions {
      var conversation = Conversation(session, gateways, keepsSteps: keepsSteps)
      if interleaved {
        conversation.prepare()
        waiting.append(conversation)
      } else {
        let ending = conversation.run()
        done.append(conversation.stage.performance(ending))
      }
      gateways = conversation.stage.gateways
    }
    for var conversation in waiting {
      conversation.stage.gateways = gateways
      let ending = conversation.resume()
      gateways = conversation.stage.gateways
      done.append(conversation.stage.performance(ending))
    }
    return done
  }
}

/// The dialogue of one session.
struct Conversation {
  /// What was agreed before the data connection.
  private struct Preparation {
    var control: Stream
    /// Where the one who opens the data connection dials.
    var target: (address: IPAddress, port: UInt16)
  }

  var session: Session
  var stage: Stage
  private var control: Result<Stream, Interruption>?
  private var preparation: Result<Preparation, Interruption>?
  private var isEncrypted = false

  init(_ session: Session, _ gateways: Gateways, keepsSteps: Bool) {
    self.session = session
    stage = Stage(session, gateways, keepsSteps: keepsSteps)
  }

  private var server: FTPServer { session.server }

  /// How the session ended before it could begin; `nil` when it did begin.
  fileprivate var ending: Ending? {
    guard case .failure(let interruption)? = control else { return nil }
    return interruption.ending
  }

  /// Whether the control connection came about.
  fileprivate var isConnected: Bool {
    switch ending {
    case nil, .refusedByServer: return control != nil && session.client.address(session.dialled.family) != nil
    case .lost(.line, _): return true
    default: return false
    }
  }

  /// The whole session, or what is left of it.
  mutating func run() -> Ending {
    prepare()
    return resume()
  }

  /// The control connection and the login.
  mutating func start() {
    do throws(Interruption) {
      control = .success(try begin())
    } catch {
      control = .failure(error)
    }
  }

  /// Everything up to the announcement of the data connection.
  mutating func prepare() {
    if control == nil { start() }
    do throws(Interruption) {
      guard let control = try control?.get() else { return }
      let target = session.mode.isActive ? try announceActive(control) : try announcePassive(control)
      preparation = .success(Preparation(control: control, target: target))
    } catch {
      preparation = .failure(error)
    }
  }

  /// The data connection and the end.
  mutating func resume() -> Ending {
    switch preparation {
    case .none: return .refusedByServer("the session did not begin")
    case .failure(let interruption): return interruption.ending
    case .success(let preparation):
      do throws(Interruption) {
        try transfer(preparation)
        return .works
      } catch {
        return error.ending
      }
    }
  }

  private mutating func begin() throws(Interruption) -> Stream {
    guard let own = session.client.address(session.dialled.family) else {
      throw Interruption(ending: .refusedByServer("the client has no address of that family"))
    }
    let control = try stage.connect(
      from: .client, Tuple(from: own, session.ports.control, to: session.dialled, session.dialledPort),
      listening: server.controlPort, isData: false)
    try logIn(control)
    return control
  }

  /// A command and its reply.
  @discardableResult
  private mutating func exchange(
    _ command: String, _ reply: String, _ control: Stream
  ) throws(Interruption) -> (command: String, reply: String) {
    let heard = try stage.say(command, from: .client, over: control, isEncrypted: isEncrypted)
    return (heard, try stage.say(reply, from: .server, over: control, isEncrypted: isEncrypted))
  }

  private mutating func handshake(_ control: Stream) throws(Interruption) {
    isEncrypted = true
    try exchange("TLS ClientHello", "TLS ServerHello, Finished", control)
  }

  /// `AUTH TLS`. A client that is refused tries the older `AUTH SSL`.
  private mutating func beginTLS(_ control: Stream) throws(Interruption) {
    do throws(Interruption) {
      try exchange("AUTH TLS", "234 proceed", control)
    } catch {
      guard case .answered(let reply, _)? = error.ending.loss else { throw error }
      stage.answer(reply)
      do throws(Interruption) {
        try exchange("AUTH SSL", "234 proceed", control)
      } catch {
        stage.answer(reply)
        stage.answer("FIN")
      }
      throw error
    }
  }

  private mutating func logIn(_ control: Stream) throws(Interruption) {
    guard server.isImplicit == (session.encryption == .implicit) else {
      throw Interruption(
        ending: .refusedByServer(
          server.isImplicit
            ? "the server speaks TLS from the first byte" : "the server does not speak TLS from the first byte"))
    }
    if server.isImplicit { try handshake(control) }
    _ = try stage.say("220 ready", from: .server, over: control, isEncrypted: isEncrypted)
    if session.encryption == .explicit {
      guard server.offersTLS else {
        try exchange("AUTH TLS", "502 not implemented", control)
        throw Interruption(ending: .refusedByServer("the server offers no TLS"))
      }
      try beginTLS(control)
      try handshake(control)
    }
    if session.encryption == .plain, !server.allowsPlain {
      try exchange("USER sally", "530 TLS required", control)
      throw Interruption(ending: .refusedByServer("the server demands TLS"))
    }
    try exchange("USER sally", "331 password please", control)
    try exchange("PASS ...", "230 logged in", control)
    guard session.clearsControl, session.encryption != .plain else { return }
    guard server.allowsClearControl else {
      throw Interruption(ending: .refusedByServer("the server does not allow CCC"))
    }
    try exchange("CCC", "200 clear", control)
    isEncrypted = false
    // One line in each direction, before the helper looks at the next.
    try exchange("TYPE I", "200 type is I", control)
  }

  private func refuseWithoutIPv6Form() throws(Interruption) {
    guard session.dialled.family == .ipv6, !session.mode.hasIPv6Form else { return }
    throw Interruption(
      ending: .refusedByServer("\(session.mode.command) has no form for IPv6; clients use \(session.mode.successor)"))
  }

  private mutating func announcePassive(
    _ control: Stream
  ) throws(Interruption) -> (address: IPAddress, port: UInt16) {
    try refuseWithoutIPv6Form()
    let own = control.acceptorView.source
    let port = session.passivePort
    guard session.mode == .pasv else {
      let (_, reply) = try exchange("EPSV", "229 Extended passive mode (|||\(port)|)", control)
      guard let announced = PassiveText.port(reply) else { throw unreadable(reply) }
      return (session.dialled, announced)
    }
    let named = (isEncrypted || session.encryption != .plain ? server.announcedEncrypted : server.announced) ?? own
    let numbers = AnnouncementForm.commas.text(named, port)
    let (_, reply) = try exchange("PASV", server.wording.reply(numbers), control)
    guard let announced = PassiveText.addressAndPort(reply) else { throw unreadable(reply) }
    return announced
  }

  private func unreadable(_ reply: String) -> Interruption {
    Interruption(ending: .refusedByServer("the client cannot read `\(reply)`"))
  }

  private mutating func announceActive(
    _ control: Stream
  ) throws(Interruption) -> (address: IPAddress, port: UInt16) {
    try refuseWithoutIPv6Form()
    let own = control.openerView.source
    let form = session.mode == .port ? AnnouncementForm.commas : .extended
    let command = "\(session.mode.command) \(form.text(own, session.ports.listening))"
    let heard = try stage.say(command, from: .client, over: control, isEncrypted: isEncrypted)
    let named = session.mode == .port ? PassiveText.addressAndPort(heard) : PassiveText.extended(heard)
    guard let named, !server.refusesActive else {
      _ = try stage.say("500 not allowed", from: .server, over: control, isEncrypted: isEncrypted)
      throw Interruption(ending: .refusedByServer("the server refuses active mode"))
    }
    let peer = control.acceptorView.destination
    guard !server.checksPeer || named.address == peer else {
      _ = try stage.say("500 illegal \(session.mode.command)", from: .server, over: control, isEncrypted: isEncrypted)
      let reason = "the server sees the client as \(peer) and refuses a command that names \(named.address)"
      throw Interruption(ending: .lost(.peer("`\(heard)`"), .refused(reason: reason)))
    }
    _ = try stage.say("200 fine", from: .server, over: control, isEncrypted: isEncrypted)
    return named
  }

  private mutating func transfer(_ preparation: Preparation) throws(Interruption) {
    let control = preparation.control
    let target = preparation.target
    if session.mode.isActive {
      _ = try stage.say("LIST", from: .client, over: control, isEncrypted: isEncrypted)
      let own = control.acceptorView.source
      let data = try stage.connect(
        from: .server, Tuple(from: own, server.activePort ?? 49200, to: target.address, target.port),
        listening: session.ports.listening, isData: true)
      _ = try stage.say("150 here it comes", from: .server, over: control, isEncrypted: isEncrypted)
      try finish(data, control)
      return
    }
    let own = control.openerView.source
    let data = try stage.connect(
      from: .client, Tuple(from: own, session.ports.data, to: target.address, target.port),
      listening: session.passivePort, isData: true)
    let (peer, known) = (data.acceptorView.destination, control.acceptorView.destination)
    guard !server.checksPeer || peer == known else {
      _ = try stage.say("425 wrong peer", from: .server, over: control, isEncrypted: isEncrypted)
      let reason = "it comes from \(peer) and the control connection from \(known), which servers refuse"
      let place = Tuple(from: target.address, 0, to: target.address, target.port).endpointText
      throw Interruption(ending: .lost(.peer("the data connection to \(place)"), .refused(reason: reason)))
    }
    try exchange("LIST", "150 here it comes", control)
    try finish(data, control)
  }

  private mutating func finish(_ data: Stream, _ control: Stream) throws(Interruption) {
    _ = try stage.say("data", from: .server, over: data, isContent: true)
    _ = try stage.say("more data", from: .client, over: data, isContent: true)
    for role in [Role.server, .client] { try stage.close(data, by: role) }
    _ = try stage.say("226 done", from: .server, over: control, isEncrypted: isEncrypted)
  }
}

extension DataMode {
  /// What clients use instead over IPv6.
  fileprivate var successor: String { isActive ? "EPRT" : "EPSV" }
}
