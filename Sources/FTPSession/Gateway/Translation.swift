import Addressing
import Nftables

extension Connection {
  enum Side { case source, destination }

  /// Fixes one side of the mapping (`nf_nat_setup_info`). The first mapping of a connection stays.
  mutating func map(_ side: Side, to address: IPAddress, _ port: UInt16) {
    switch side {
    case .destination:
      guard !hasDestinationMapping else { return }
      hasDestinationMapping = true
      translatesDestination = (reply.source, reply.sourcePort) != (address, port)
      (reply.source, reply.sourcePort) = (address, port)
    case .source:
      guard !hasSourceMapping else { return }
      hasSourceMapping = true
      translatesSource = (reply.destination, reply.destinationPort) != (address, port)
      (reply.destination, reply.destinationPort) = (address, port)
    }
  }
}

extension Gateway {
  /// The translation at a hook: for the first packet the nat chains choose a mapping, every packet is changed by it.
  /// Returns whether the packet goes on.
  mutating func translate(_ hook: BaseChain.Hook, _ transit: inout Transit) -> Bool {
    guard let index = transit.connection, connections.indices.contains(index) else { return true }
    let side: Connection.Side = hook == .prerouting || hook == .output ? .destination : .source
    let connection = connections[index]
    let isMapped = side == .source ? connection.hasSourceMapping : connection.hasDestinationMapping
    var citation: Citation?
    if !isMapped, !connection.isConfirmed, !transit.view.isReply {
      guard choose(side, hook, index, &transit, &citation) else { return false }
    }
    apply(side, index, &transit, citation)
    return true
  }

  /// Asks the nat chains, in their order, for a mapping; the first that has one decides.
  private mutating func choose(
    _ side: Connection.Side, _ hook: BaseChain.Hook, _ index: Int, _ transit: inout Transit,
    _ citation: inout Citation?
  ) -> Bool {
    let old = connections[index].reply
    byTuple[old] = nil
    defer { byTuple[connections[index].reply] = index }
    for entry in premises.program.natChains(hook, transit.view.packet.tuple.family) {
      refresh(&transit)
      var run = ChainRun(entry, premises, transit.view)
      let ruling = run.run()
      for effect in ruling.effects {
        switch effect {
        case .translate(let kind, _, let address, let ports):
          map(index, kind, address, ports, transit)
          citation = ruling.citation
        case .helper(let type):
          if connections[index].helper == nil {
            connections[index].helper = type
            transit.events.append(.helperAssigned(type, ruling.citation))
          }
        case .connectionMark, .packetMark, .doubtfulMark, .field, .label, .element: note(effect, &transit)
        case .untracked, .helperForNew, .zone: break
        }
      }
      switch ruling.outcome {
      case .accept: break
      case .drop: transit.end = .lost(.dropped(ruling.citation))
      case .reject: transit.end = .lost(.rejected(ruling.citation))
      case .undecided(let reason): transit.end = .lost(.undecided(ruling.citation, reason: reason))
      }
      if case .lost = transit.end { return false }
      if side == .source ? connections[index].hasSourceMapping : connections[index].hasDestinationMapping {
        return true
      }
    }
    bindToItself(side, index)
    return true
  }

  private mutating func map(
    _ index: Int, _ kind: Operation.Translation, _ address: IPAddress?, _ ports: ClosedRange<UInt16>?,
    _ transit: Transit
  ) {
    let tuple = transit.view.packet.tuple
    switch kind {
    case .destination, .redirect:
      let redirected = transit.view.input.flatMap { network.primaryAddress(of: $0, towards: tuple.source) }
      let target = address ?? (kind == .redirect ? redirected ?? tuple.destination : tuple.destination)
      connections[index].map(.destination, to: target, port(tuple.destinationPort, ports))
    case .source, .masquerade:
      let own = transit.view.output.flatMap { network.primaryAddress(of: $0, towards: tuple.destination) }
      let target = address ?? (kind == .masquerade ? own ?? tuple.source : tuple.source)
      connections[index].map(.source, to: target, port(tuple.sourcePort, ports))
    }
    makeUnique(index)
  }

  /// A port that lies in the range stays; any other becomes the first of the range (`nf_nat_l4proto_unique_tuple`,
  /// without an offset).
  private func port(_ port: UInt16, _ range: ClosedRange<UInt16>?) -> UInt16 {
    guard let range, !range.contains(port) else { return port }
    return range.lowerBound
  }

  /// The mapping of a connection that no rule names: to itself, unless another entry has the same answers.
  private mutating func bindToItself(_ side: Connection.Side, _ index: Int) {
    let reply = connections[index].reply
    switch side {
    case .destination: connections[index].map(.destination, to: reply.source, reply.sourcePort)
    case .source:
      connections[index].map(.source, to: reply.destination, reply.destinationPort)
      makeUnique(index)
    }
  }

  /// Another source port where an entry with the same answers exists (`get_unique_tuple`).
  private mutating func makeUnique(_ index: Int) {
    while let other = byTuple[connections[index].reply], other != index,
      connections[index].reply.destinationPort < .max
    {
      connections[index].reply.destinationPort += 1
      connections[index].translatesSource = true
    }
  }

  /// Changes a packet by the mapping of its connection (`nf_nat_manip_pkt`).
  private func apply(_ side: Connection.Side, _ index: Int, _ transit: inout Transit, _ citation: Citation?) {
    let connection = connections[index]
    let wanted = connection.tuple(isReply: !transit.view.isReply).reversed
    var tuple = transit.view.packet.tuple
    switch side {
    case .destination:
      guard (tuple.destination, tuple.destinationPort) != (wanted.destination, wanted.destinationPort) else { return }
      (tuple.destination, tuple.destinationPort) = (wanted.destination, wanted.destinationPort)
      if !connection.isConfirmed {
        transit.events.append(.destinationTranslated(tuple.destination, tuple.destinationPort, citation))
      }
    case .source:
      guard (tuple.source, tuple.sourcePort) != (wanted.source, wanted.sourcePort) else { return }
      (tuple.source, tuple.sourcePort) = (wanted.source, wanted.sourcePort)
      if !connection.isConfirmed {
        transit.events.append(.sourceTranslated(tuple.source, tuple.sourcePort, citation))
      }
    }
    transit.view.packet.tuple = tuple
  }
}
