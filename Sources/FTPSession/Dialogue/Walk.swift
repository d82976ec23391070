import Addressing

/// The way of one packet from its sender through the gateways.
struct Walk {
  let sender: Role
  let other: Role
  /// How many gateways it came to.
  var length = 0
  /// The gateway that lost it, or at which it ended.
  var loser: Int?
  /// Why nobody may be there where a gateway sent it; counts where nothing else stops the packet.
  var doubt: String?

  init(from sender: Role, to other: Role) {
    self.sender = sender
    self.other = other
  }
}

extension Stage {
  typealias Arrival = Result<(role: Role, packet: Packet), LossError>

  /// Carries a packet to where it gets, from gateway to gateway.
  mutating func carry(_ packet: Packet, _ walk: inout Walk, _ step: inout Step) -> Arrival {
    switch party(walk.sender) {
    case .gateway(_, let hop):
      let hop = gateways.position(hop)
      return follow(gateways.send(packet, at: hop), from: hop, &walk, &step)
    case .host(let host):
      let (hop, destination) = (gateways.position(host.hop), packet.tuple.destination)
      let interface = host.interface(destination.family)
      if let entry = neighbour(of: host, destination) {
        return enter(packet, at: entry.hop, on: entry.interface, &walk, &step)
      }
      let isOwn = gateways.premises(hop).network.isLocal(destination)
      if !isOwn, host.unreachable.contains(where: { $0.contains(destination) }) {
        step.passesGateway = false
        step.reached = walk.sender
        return .failure(LossError(.noRoute(reason: "\(walk.sender.phrase) has no route to \(destination)")))
      }
      if !isOwn, host.neighbours.contains(where: { $0.contains(destination) }) {
        step.passesGateway = false
        if let reason = gateways.doubt(aboutBridged: packet, at: hop, on: interface) {
          return .failure(LossError(.unknown(reason: reason)))
        }
        return accept(packet, by: [walk.other, walk.sender])
      }
      return enter(packet, at: hop, on: interface, &walk, &step)
    }
  }

  /// The gateway at the other end of a host's wire, where that has the address and the host asks for it on the wire.
  private func neighbour(of host: Host, _ destination: IPAddress) -> (hop: Int, interface: String)? {
    guard let course = gateways.course, host.neighbours.contains(where: { $0.contains(destination) }) else {
      return nil
    }
    return course.across(gateways.position(host.hop), host.interface(destination.family)).first {
      gateways.premises($0.hop).network.answers(to: destination)
    }
  }

  /// A packet from a host, or from another gateway, comes in.
  private mutating func enter(
    _ packet: Packet, at hop: Int, on interface: String, from last: Passage? = nil, before: Int? = nil,
    _ walk: inout Walk, _ step: inout Step
  ) -> Arrival {
    var packet = packet
    let premises = gateways.premises(hop)
    if premises.network.hasBox(behind: interface) {
      let destination = packet.tuple.destination
      guard !premises.network.translatedBefore.contains(where: { $0.arrival == destination }) else {
        let sender = before.map { gateways.phrase($0) } ?? walk.sender.phrase
        if before == nil {
          step.passesGateway = false
          step.reached = walk.sender
        } else {
          walk.loser = before
        }
        let reason = "\(sender) has no route to \(destination), which a box before \(premises.phrase) hides"
        return .failure(LossError(.noRoute(reason: reason)))
      }
      passBox(before: hop, &packet, isLeaving: false, &step)
    }
    let passage = gateways.receive(packet, at: hop, on: interface, header: last?.travellingHeader ?? [:])
    return follow(passage, from: hop, &walk, &step)
  }

  /// Goes on with what a gateway did.
  private mutating func follow(
    _ passage: Passage, from hop: Int, _ walk: inout Walk, _ step: inout Step
  ) -> Arrival {
    walk.length += 1
    walk.loser = hop
    note(passage, at: hop, &step)
    switch passage.end {
    case .lost(let loss):
      return .failure(LossError(gateways.course == nil ? loss : loss.located(gateways.phrase(hop))))
    case .delivered:
      for candidate in [walk.other, walk.sender] {
        if case .gateway(_, let own) = party(candidate), gateways.position(own) == hop {
          return arrive(.success((candidate, passage.packet)), &walk)
        }
      }
      return .success((.gateway, passage.packet))
    case .sent(let interface):
      walk.doubt = walk.doubt ?? passage.doubt
      var packet = passage.packet
      if gateways.premises(hop).network.hasBox(behind: interface) {
        passBox(before: hop, &packet, isLeaving: true, &step)
      }
      if gateways.course != nil, let arrival = goOn(packet, passage, from: hop, by: interface, &walk, &step) {
        return arrival
      }
      return arrive(accept(packet, by: [walk.other, walk.sender], on: (hop, interface)), &walk)
    }
  }

  /// What reached somebody counts as lost where nobody can be sure of it.
  private func arrive(_ arrival: Arrival, _ walk: inout Walk) -> Arrival {
    guard case .success = arrival else { return arrival }
    guard let doubt = walk.doubt else {
      walk.loser = nil
      return arrival
    }
    return .failure(LossError(.unknown(reason: doubt)))
  }

  /// Hands a packet to the next gateway; `nil` where none is on the wire, or a host there has the address.
  private mutating func goOn(
    _ packet: Packet, _ passage: Passage, from hop: Int, by interface: String, _ walk: inout Walk, _ step: inout Step
  ) -> Arrival? {
    guard let course = gateways.course else { return nil }
    let others = course.across(hop, interface)
    guard !others.isEmpty else { return nil }
    let destination = packet.tuple.destination
    let own = gateways.premises(hop).network
    if own.hasBox(behind: interface), own.translatedBefore.contains(where: { $0.dialled == destination }) {
      let reason =
        "whether the box before \(gateways.phrase(hop)) sends back what comes from inside for its own address, "
        + "\(destination), is not known"
      return .failure(LossError(.unknown(reason: reason)))
    }
    for role in [walk.other, walk.sender] {
      if case .host(let host) = party(role), host.addresses.contains(destination),
        isAttached(host, host.interface(destination.family), to: (hop, interface))
      {
        return nil
      }
    }
    guard walk.length < Self.longestWay(gateways.count) else {
      let reason = "it goes to and fro between gateways, until its time is over"
      return .failure(LossError(.unanswered(reason: reason)))
    }
    let owner = others.first { gateways.premises($0.hop).network.answers(to: destination) }
    if owner == nil, gateways.premises(hop).network.isOnWire(destination, interface) {
      let reason = "nobody has the address \(destination) on \(interface) of \(gateways.phrase(hop))"
      return .failure(LossError(.unanswered(reason: reason)))
    }
    guard let next = owner ?? (others.count == 1 ? others.first : nil) else {
      let reason =
        "the gateways on both sides of \(gateways.phrase(hop)) are on one wire, and which of them gets a packet to "
        + "\(destination) is not known; its routes tell (`ip route get \(destination)`)"
      return .failure(LossError(.unknown(reason: reason)))
    }
    return enter(packet, at: next.hop, on: next.interface, from: passage, before: hop, &walk, &step)
  }

  /// Gateways that a packet comes to at most: there, back, and there again, with room to spare. A packet that goes
  /// round comes to more.
  private static func longestWay(_ count: Int) -> Int { 4 * count + 4 }

  /// The box before a gateway, where there is one, translates the address of the side of the gateway.
  private func passBox(before hop: Int, _ packet: inout Packet, isLeaving: Bool, _ step: inout Step) {
    let boxes = gateways.premises(hop).network.translatedBefore
    guard !boxes.isEmpty else { return }
    let tuple = packet.tuple
    let old = isLeaving ? tuple.source : tuple.destination
    let new = boxes.first { (isLeaving ? $0.arrival : $0.dialled) == old }.map { isLeaving ? $0.dialled : $0.arrival }
    if let new {
      packet.tuple =
        isLeaving
        ? Tuple(from: new, tuple.sourcePort, to: tuple.destination, tuple.destinationPort)
        : Tuple(from: tuple.source, tuple.sourcePort, to: new, tuple.destinationPort)
    }
    guard keepsSteps else { return }
    // As with gateways, what happens to later packets of a connection goes without saying.
    let isTold = new != nil && packet.kind == .syn
    if isTold, let new { step.events.append(.translatedByBox(new, isSource: isLeaving)) }
    step.visits.append(Step.Visit(.box(hop), events: isTold ? 1 : 0))
  }

  /// Writes down what a gateway did.
  private func note(_ passage: Passage, at hop: Int, _ step: inout Step) {
    guard keepsSteps else { return }
    step.gateway = hop
    if step.events.isEmpty { step.events = passage.events } else { step.events += passage.events }
    if gateways.hasStations { step.visits.append(Step.Visit(.gateway(hop), events: passage.events.count)) }
  }
}

extension Passage {
  /// Those fields that a packet takes along to the next machine.
  fileprivate var travellingHeader: [String: UInt128?] {
    header.isEmpty ? header : header.filter { name, _ in ["ip ", "ip6 ", "tcp "].contains { name.hasPrefix($0) } }
  }
}
