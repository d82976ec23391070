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

/// Carries packets between client, gateway and server, and writes down each.
struct Stage {
  var session: Session
  var gateway: Gateway
  /// Whether steps are written down.
  let keepsSteps: Bool
  private(set) var steps: [Step] = []

  init(_ session: Session, _ gateway: Gateway, keepsSteps: Bool = true) {
    self.session = session
    self.gateway = gateway
    self.keepsSteps = keepsSteps
  }

  private func party(_ role: Role) -> Party { role == .client ? session.client : session.server.party }

  /// Sends a packet. Returns what arrives, or why nothing does.
  mutating func transmit(
    _ packet: Packet, from role: Role, _ text: @autoclosure () -> String, isData: Bool, isEncrypted: Bool = false,
    isShown: Bool = true
  ) -> Result<(role: Role, packet: Packet), LossError> {
    let other: Role = role == .client ? .server : .client
    var step = Step(role, keepsSteps ? text() : "", reached: .gateway)
    step.isData = isData
    step.isEncrypted = isEncrypted
    let result = carry(packet, from: role, to: other, &step)
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

  private mutating func carry(
    _ packet: Packet, from role: Role, to other: Role, _ step: inout Step
  ) -> Result<(role: Role, packet: Packet), LossError> {
    let passage: Passage
    switch party(role) {
    case .gateway: passage = gateway.send(packet)
    case .host(let host):
      let destination = packet.tuple.destination
      if host.unreachable.contains(where: { $0.contains(destination) }), !gateway.network.isLocal(destination) {
        step.passesGateway = false
        step.reached = role
        return .failure(LossError(.noRoute(reason: "the \(role.rawValue) has no route to \(destination)")))
      }
      if host.neighbours.contains(where: { $0.contains(destination) }), !gateway.network.isLocal(destination) {
        step.passesGateway = false
        if let reason = gateway.doubt(aboutBridged: packet, on: host.interface(destination.family)) {
          return .failure(LossError(.unknown(reason: reason)))
        }
        return accept(packet, by: [other, role], isFrom: role)
      }
      let interface = host.interface(destination.family)
      guard interface == gateway.network.outside else {
        passage = gateway.receive(packet, on: interface)
        break
      }
      guard !gateway.network.translatedBefore.contains(where: { $0.arrival == destination }) else {
        step.passesGateway = false
        step.reached = role
        let reason = "the \(role.rawValue) has no route to \(destination), which a box before the gateway hides"
        return .failure(LossError(.noRoute(reason: reason)))
      }
      passage = gateway.receive(arriving(packet), on: interface)
    }
    step.events = passage.events
    switch passage.end {
    case .lost(let loss): return .failure(LossError(loss))
    case .delivered:
      for candidate in [other, role] {
        if case .gateway = party(candidate) { return .success((candidate, passage.packet)) }
      }
      return .success((.gateway, passage.packet))
    case .sent(let interface):
      let packet = interface == gateway.network.outside ? departing(passage.packet) : passage.packet
      let arrival = accept(packet, by: [other, role], behind: interface, isFrom: role)
      guard let doubt = passage.doubt, case .success = arrival else { return arrival }
      return .failure(LossError(.unknown(reason: doubt)))
    }
  }

  /// A packet from outside as it arrives at the gateway.
  private func arriving(_ packet: Packet) -> Packet {
    let tuple = packet.tuple
    guard let box = gateway.network.translatedBefore.first(where: { $0.dialled == tuple.destination }) else {
      return packet
    }
    var packet = packet
    packet.tuple = Tuple(from: tuple.source, tuple.sourcePort, to: box.arrival, tuple.destinationPort)
    return packet
  }

  /// A packet that left the gateway as it arrives outside.
  private func departing(_ packet: Packet) -> Packet {
    let tuple = packet.tuple
    guard let box = gateway.network.translatedBefore.first(where: { $0.arrival == tuple.source }) else {
      return packet
    }
    var packet = packet
    packet.tuple = Tuple(from: box.dialled, tuple.sourcePort, to: tuple.destination, tuple.destinationPort)
    return packet
  }

  /// Finds the host with the destination address.
  private func accept(
    _ packet: Packet, by roles: [Role], behind interface: String? = nil, isFrom sender: Role
  ) -> Result<(role: Role, packet: Packet), LossError> {
    let destination = packet.tuple.destination
    for role in roles {
      guard case .host(let host) = party(role), host.addresses.contains(destination) else { continue }
      if let interface, let doubt = host.doubts[interface] { return .failure(LossError(.unknown(reason: doubt))) }
      let own = host.interface(destination.family)
      if let interface, interface != own {
        let reason = "the gateway sends it out of \(interface), and \(role.phrase) is behind \(own)"
        return .failure(LossError(.unanswered(reason: reason)))
      }
      if host.addresses.contains(packet.tuple.source) {
        return .failure(
          LossError(.unexpected(reason: "the \(role.rawValue) drops packets that come from its own address")))
      }
      return .success((role, packet))
    }
    return .failure(LossError(.unanswered(reason: "nobody has the address \(destination) there")))
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
    for attempt in 0..<2 {
      let arrival: (role: Role, packet: Packet)
      let repetition = attempt == 0 ? "" : " (repeated)"
      switch transmit(Packet(tuple, .syn), from: opener, "SYN \(tuple.endpointText)\(repetition)", isData: isData) {
      case .success(let found): arrival = found
      case .failure(let error):
        if first == error.loss, !steps.isEmpty { steps.removeLast() }
        guard first == nil, !error.loss.isNoticed, !error.loss.isUndecided else {
          throw Interruption(tuple, isData: isData, first ?? error.loss)
        }
        first = error.loss
        continue
      }
      let acceptor: Role = opener == .client ? .server : .client
      let isAccepted = arrival.role == acceptor && arrival.packet.tuple.destinationPort == port
      guard isAccepted else {
        let place = "\(arrival.packet.tuple.destination):\(arrival.packet.tuple.destinationPort)"
        let loss = Loss.refused(
          reason: arrival.role == acceptor
            ? "it arrives at \(acceptor.phrase) as \(place), where nobody listens"
            : "it ends at \(arrival.role.phrase): no rule leads \(place) to \(acceptor.phrase)")
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

  /// Notes what the gateway itself says to the client over the control connection.
  mutating func answer(_ text: String) {
    if keepsSteps { steps.append(Step(.gateway, text, reached: .client)) }
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
