import Addressing
import Nftables

extension Gateway {
  /// Runs everything that is registered at a hook. Returns whether the packet goes on.
  mutating func run(_ hook: BaseChain.Hook, _ transit: inout Transit) -> Bool {
    for station in premises.program.stations(hook, transit.view.packet.tuple.family) {
      let goesOn: Bool
      switch station {
      case .chain(let entry): goesOn = run(entry, &transit)
      case .tracking:
        track(&transit)
        goesOn = true
      case .translation: goesOn = translate(hook, &transit)
      }
      guard goesOn else { return false }
    }
    return true
  }

  private mutating func run(_ entry: Program.BaseChainEntry, _ transit: inout Transit) -> Bool {
    refresh(&transit)
    var run = ChainRun(entry, premises, transit.view)
    let ruling = run.run()
    let isTie = entry.base.priority == Self.trackingPriority
    if isTie, entry.base.hook == .prerouting || entry.base.hook == .output, !ruling.effects.isEmpty {
      transit.end = .lost(
        .undecided(ruling.citation, reason: "priority -200 is that of connection tracking, and either may come first")
      )
      return false
    }
    return apply(ruling, &transit)
  }

  /// Does what a chain decided. Returns whether the packet goes on.
  mutating func apply(_ ruling: Ruling, _ transit: inout Transit) -> Bool {
    for effect in ruling.effects { perform(effect, ruling.citation, &transit) }
    switch ruling.outcome {
    case .accept: return true
    case .drop: transit.end = .lost(.dropped(ruling.citation))
    case .reject: transit.end = .lost(.rejected(ruling.citation))
    case .undecided(let reason): transit.end = .lost(.undecided(ruling.citation, reason: reason))
    }
    return false
  }

  /// Brings what rules see of the connection up to date.
  func refresh(_ transit: inout Transit) {
    transit.view.memory = memory
    transit.view.connectionCount = connections.count + (transit.connection == nil ? 1 : 0)
    guard let index = transit.connection, connections.indices.contains(index) else { return }
    transit.view.connection = connections[index]
    transit.view.masterHelper = connections[index].master.flatMap {
      connections.indices.contains($0) ? connections[$0].helper : nil
    }
  }

  private mutating func perform(_ effect: Ruling.Effect, _ citation: Citation, _ transit: inout Transit) {
    switch effect {
    case .packetMark, .doubtfulMark, .field, .label, .connectionMark, .element: note(effect, &transit)
    // Packets that connection tracking has seen stay where they are (`nft_ct_set_zone_eval` in nft_ct.c).
    case .zone(let zone): if transit.connection == nil, !transit.isUntracked { transit.zone = zone }
    case .untracked: if transit.connection == nil { transit.isUntracked = true }
    case .helper(let type):
      // Only the first packet of a connection, once (`nft_ct_helper_obj_eval` in nft_ct.c).
      guard let index = transit.connection, !connections[index].isConfirmed, connections[index].helper == nil else {
        return
      }
      connections[index].helper = type
      transit.events.append(.helperAssigned(type, citation))
    case .helperForNew(let type):
      // Packets that connection tracking has seen keep what they have (`xt_ct_target` in xt_CT.c).
      if transit.connection == nil, !transit.isUntracked { transit.templateHelper = (type, citation) }
    case .translate: break
    }
  }

  /// What rules write down: marks, labels, fields of headers.
  mutating func note(_ effect: Ruling.Effect, _ transit: inout Transit) {
    let index = transit.connection.flatMap { connections.indices.contains($0) ? $0 : nil }
    switch effect {
    case .packetMark(let mark): (transit.view.mark, transit.view.markDoubt) = (mark, nil)
    case .doubtfulMark(ofConnection: false, let text): transit.view.markDoubt = text
    case .field(let name, let value): transit.view.changed[name] = .some(value)
    case .connectionMark(let mark):
      if let index { (connections[index].mark, connections[index].markDoubt) = (mark, nil) }
    case .doubtfulMark(ofConnection: true, let text): if let index { connections[index].markDoubt = text }
    case .label(let bits): if let index { connections[index].labels |= bits }
    case .element(let key, let set, let state): memory.note(key, in: set, state)
    case .helper, .helperForNew, .translate, .untracked, .zone: break
    }
  }

  /// The entry of a packet, in its zone.
  private func entry(of tuple: Tuple, in zone: TrackingZone) -> Int? {
    guard let index = byTuple[tuple], connections.indices.contains(index) else { return nil }
    let isReply = connections[index].original != tuple
    return connections[index].zone.number(isReply: isReply) == zone.number(isReply: isReply) ? index : nil
  }

  /// Connection tracking: finds or makes the entry (`nf_conntrack_in`).
  private mutating func track(_ transit: inout Transit) {
    guard transit.connection == nil else { return }
    // Neighbour discovery is left alone (`nf_conntrack_icmpv6_error` in nf_conntrack_proto_icmpv6.c).
    guard !transit.isUntracked, transit.view.packet.neighbourMessage == nil else {
      transit.view.state = .untracked
      return
    }
    let tuple = transit.view.packet.tuple
    if let index = entry(of: tuple, in: transit.zone) {
      let isReply = connections[index].original != tuple
      guard isReply || connections[index].seenReply || transit.view.packet.kind == .syn else {
        // Answers take another way: what is no SYN does not fit (`tcp_conntracks`, state SYN_SENT).
        transit.view.state = .invalid
        return
      }
      if isReply {
        connections[index].seenReply = true
      } else if connections[index].seenReply, transit.view.packet.kind != .syn {
        connections[index].isAssured = true
      }
      transit.connection = index
      transit.view.isReply = isReply
      let isEstablished = isReply || connections[index].seenReply
      transit.view.state = isEstablished ? .established : connections[index].master == nil ? .new : .related
      return
    }
    guard transit.view.packet.kind != .synAck else {
      transit.view.state = .invalid
      return
    }
    var connection = Connection(tuple)
    connection.zone = transit.zone
    let number = transit.zone.number
    if let position = expectations.firstIndex(where: {
      $0.matches(tuple) && connections[$0.master].zone.number == number
    }) {
      let expectation = expectations.remove(at: position)
      connection.master = expectation.master
      connection.mark = connections[expectation.master].mark
      connection.markDoubt = connections[expectation.master].markDoubt
      transit.events.append(.expected)
      if expectation.followsMaster { follow(expectation, &connection) }
    } else if let (type, citation) = transit.templateHelper {
      // Expected connections have the helper of their expectation, if any (`init_conntrack`).
      connection.helper = type
      transit.events.append(.helperAssigned(type, citation))
    }
    transit.connection = connections.count
    transit.view.state = connection.master == nil ? .new : .related
    connections.append(connection)
    byTuple[connection.original] = transit.connection
    byTuple[connection.reply] = transit.connection
  }

  /// Translates an expected connection as its master (`nf_nat_follow_master`).
  private func follow(_ expectation: Expectation, _ connection: inout Connection) {
    let seen = connections[expectation.master].tuple(isReply: expectation.isPassive)
    connection.map(.source, to: seen.destination, connection.reply.destinationPort)
    connection.map(.destination, to: seen.source, expectation.savedPort)
  }
}
