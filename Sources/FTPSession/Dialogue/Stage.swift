import Addressing

/// What interrupts a session.
struct Interruption: Error {
  var ending: Ending

  init(ending: Ending) { self.ending = ending }

  /// A connection that was lost on its way to where it was dialled.
  fileprivate init(_ dialled: Tuple, isData: Bool, _ loss: Loss) {
    ending = .lost(.connection(isData: isData, to: dialled.endpointText), loss)
  }
}

/// One TCP connection as its two ends see it.
struct Stream {
  var opener: Role
  /// From the opener to where it dialled.
  var openerView: Tuple
  /// From the acceptor to whom it sees as its peer.
  var acceptorView: Tuple
  var isData: Bool
}

/// Carries packets between client, gateways and server, and writes down each.
struct Stage {
  var session: Session
  var gateways: Gateways
  /// Whether steps are written down.
  let keepsSteps: Bool
  private(set) var steps: [Step] = []
  /// The gateway that lost the packet before, by its position on the path; `nil` where it arrived, or was lost
  /// elsewhere.
  private(set) var loser: Int?
  /// How many gateways the packet before came to.
  private var length = 0

  init(_ session: Session, _ gateways: Gateways, keepsSteps: Bool = true) {
    self.session = session
    self.gateways = gateways
    self.keepsSteps = keepsSteps
  }

  func party(_ role: Role) -> Party { role == .client ? session.client : session.server.party }

  /// What was played so far, as a session that ended.
  func performance(_ ending: Ending) -> Performance {
    var performance = Performance(session: session, steps: steps, ending: ending)
    performance.layout = gateways.layout
    performance.culprit = ending.loss == nil ? nil : loser
    performance.visited = gateways.visited
    return performance
  }

  /// Sends a packet. Returns what arrives, or why nothing does.
  mutating func transmit(
    _ packet: Packet, from role: Role, _ text: @autoclosure () -> String, isData: Bool, isEncrypted: Bool = false,
    isShown: Bool = true
  ) -> Result<(role: Role, packet: Packet), LossError> {
    let other: Role = role == .client ? .server : .client
    var step = Step(role, keepsSteps ? text() : "", reached: .gateway)
    step.isData = isData
    step.isEncrypted = isEncrypted
    var walk = Walk(from: role, to: other)
    let result = carry(packet, &walk, &step)
    (loser, length) = (walk.loser, walk.length)
    guard keepsSteps else { return result }
    switch result {
    case .success(let arrival):
      step.reached = arrival.role
      if packet.kind != arrival.packet.kind, case .text(let received) = arrival.packet.kind {
        step.arrived = received.lineContent
      }
    case .failure(let error): step.loss = error.loss
    }
    if isShown || step.loss != nil { steps.append(step) }
    return result
  }

  /// Finds the host with the destination address.
  ///
  /// - Parameter wire: Where the packet is: an interface of a gateway. `nil` on the wire of its sender.
  func accept(
    _ packet: Packet, by roles: [Role], on wire: (hop: Int, interface: String)? = nil
  ) -> Result<(role: Role, packet: Packet), LossError> {
    let destination = packet.tuple.destination
    for role in roles {
      guard case .host(let host) = party(role), host.addresses.contains(destination) else { continue }
      let own = host.interface(destination.family)
      if let wire {
        if wire.hop == host.hop, let doubt = host.doubts[wire.interface] {
          return .failure(LossError(.unknown(reason: doubt)))
        }
        guard isAttached(host, own, to: wire) else {
          let place = gateways.course == nil || wire.hop == host.hop ? "" : " of \(gateways.phrase(host.hop))"
          let reason =
            "\(gateways.phrase(wire.hop)) sends it out of \(wire.interface), and \(role.phrase) is behind \(own)\(place)"
          return .failure(LossError(.unanswered(reason: reason)))
        }
      }
      if host.addresses.contains(packet.tuple.source) {
        return .failure(
          LossError(.unexpected(reason: "the \(role.rawValue) drops packets that come from its own address")))
      }
      return .success((role, packet))
    }
    return .failure(LossError(.unanswered(reason: "nobody has the address \(destination) there")))
  }

  /// Whether a host is on a wire.
  func isAttached(_ host: Host, _ own: String, to wire: (hop: Int, interface: String)) -> Bool {
    guard let course = gateways.course else { return own == wire.interface }
    return course.wire(gateways.position(host.hop), own) == course.wire(wire.hop, wire.interface)
  }
}

/// A loss as an error.
struct LossError: Error {
  var loss: Loss
  init(_ loss: Loss) { self.loss = loss }
}

extension Stage {
  /// Opens a connection. A SYN without an answer is sent once more, because the first one may have used up an
  /// expectation.
  mutating func connect(
    from opener: Role, _ tuple: Tuple, listening port: UInt16, isData: Bool
  ) throws(Interruption) -> Stream {
    var first: Loss?
    // Whether the opener may have been told of the loss, and may not: the news has to pass other gateways.
    var isPerhapsTold = false
    for attempt in 0..<2 {
      let arrival: (role: Role, packet: Packet)
      let repetition = attempt == 0 ? "" : " (repeated)"
      switch transmit(Packet(tuple, .syn), from: opener, "SYN \(tuple.endpointText)\(repetition)", isData: isData) {
      case .success(let found): arrival = found
      case .failure(let error):
        if first == error.loss, !steps.isEmpty { steps.removeLast() }
        isPerhapsTold = error.loss.isNoticed && length > 1
        guard first == nil, !error.loss.isNoticed || isPerhapsTold, !error.loss.isUndecided else {
          throw Interruption(tuple, isData: isData, first ?? error.loss)
        }
        first = error.loss
        continue
      }
      if isPerhapsTold, let first {
        let reason =
          "the first try \(first.sentence); whether its sender is told, or tries again with more luck, depends on what the "
          + "gateways before make of the message"
        mark(.unknown(reason: reason))
        throw Interruption(tuple, isData: isData, .unknown(reason: reason))
      }
      let acceptor: Role = opener == .client ? .server : .client
      let isAccepted = arrival.role == acceptor && arrival.packet.tuple.destinationPort == port
      guard isAccepted else {
        let place = "\(arrival.packet.tuple.destination):\(arrival.packet.tuple.destinationPort)"
        let loss = Loss.refused(
          reason: arrival.role == acceptor
            ? "it arrives at \(acceptor.phrase) as \(place), where nobody listens"
            : "it ends at \(phrase(arrival.role)): no rule leads \(place) to \(acceptor.phrase)")
        mark(loss)
        throw Interruption(tuple, isData: isData, first ?? loss)
      }
      let view = arrival.packet.tuple.reversed
      try answer(to: tuple, from: acceptor, view, isData: isData)
      return Stream(opener: opener, openerView: tuple, acceptorView: view, isData: isData)
    }
    throw Interruption(tuple, isData: isData, first ?? .unanswered(reason: "nobody answers"))
  }

  private mutating func answer(
    to tuple: Tuple, from acceptor: Role, _ view: Tuple, isData: Bool
  ) throws(Interruption) {
    let opener: Role = acceptor == .client ? .server : .client
    switch transmit(Packet(view, .synAck), from: acceptor, "SYN ACK", isData: isData) {
    case .failure(let error): throw Interruption(ending: .lost(.answer(isData: isData), error.loss))
    case .success(let arrival):
      guard arrival.role == opener, arrival.packet.tuple == tuple.reversed else {
        let loss = Loss.unexpected(
          reason:
            "the answer comes from \(arrival.packet.tuple.source), not from \(tuple.destination), which was dialled")
        mark(loss)
        throw Interruption(ending: .lost(.answer(isData: isData), loss))
      }
    }
    if case .failure(let error) = transmit(Packet(tuple, .ack), from: opener, "ACK", isData: isData, isShown: false) {
      throw Interruption(tuple, isData: isData, error.loss)
    }
  }

  /// A role after a packet came to it; of gateways the one that has it.
  private func phrase(_ role: Role) -> String {
    role == .gateway ? loser.map(gateways.phrase) ?? role.phrase : role.phrase
  }

  /// Says at the last step why its packet was lost.
  private mutating func mark(_ loss: Loss) {
    guard !steps.isEmpty else { return }
    steps[steps.count - 1].loss = loss
  }

  /// Sends a line or opaque content over a connection. Returns the text as it arrives.
  mutating func say(
    _ text: String, from role: Role, over stream: Stream, isEncrypted: Bool = false, isContent: Bool = false
  ) throws(Interruption) -> String {
    let tuple = stream.opener == role ? stream.openerView : stream.acceptorView
    let isOpaque = isEncrypted || isContent
    let packet = Packet(tuple, isOpaque ? .opaque : .text(text + "\r\n"))
    switch transmit(packet, from: role, text, isData: stream.isData, isEncrypted: isEncrypted) {
    case .failure(let error): throw Interruption(ending: .lost(isContent ? .content : .line(text), error.loss))
    case .success(let arrival):
      guard arrival.packet.kind != packet.kind, case .text(let received) = arrival.packet.kind else { return text }
      return received.lineContent
    }
  }

  /// Notes what the gateway that lost the packet before says to the client itself over the control connection.
  mutating func answer(_ text: String) {
    guard keepsSteps else { return }
    var step = Step(.gateway, text, reached: .client)
    step.gateway = gateways.position(loser ?? 0)
    if gateways.hasStations, case .host(let host) = session.client {
      let own = gateways.position(host.hop)
      let between = own < step.gateway ? (own..<step.gateway).reversed() : Array(step.gateway..<own).map { $0 + 1 }
      step.visits = between.map { Step.Visit(.gateway($0), events: 0) }
    }
    steps.append(step)
  }

  /// Ends what one side sends over a data connection.
  mutating func close(_ stream: Stream, by role: Role) throws(Interruption) {
    let packet = Packet(stream.opener == role ? stream.openerView : stream.acceptorView, .fin)
    if case .failure(let error) = transmit(packet, from: role, "FIN ACK", isData: stream.isData, isShown: false) {
      throw Interruption(ending: .lost(.closing(role), error.loss))
    }
  }
}

extension Loss {
  /// Whether the model could not tell.
  package var isUndecided: Bool {
    switch self {
    case .undecided, .unknown: true
    default: false
    }
  }
}

extension Role {
  /// With its article.
  package var phrase: String { "the \(rawValue)" }
}

extension Tuple {
  /// The end that is dialled, as `ADDRESS:PORT`.
  package var endpointText: String {
    destination.family == .ipv4 ? "\(destination):\(destinationPort)" : "[\(destination)]:\(destinationPort)"
  }
}
