package import Addressing
package import Diagnostics
package import Nftables

/// A rule that would have translated or permitted a new connection but for some of its conditions: most likely the one
/// that was meant to.
package struct NearMiss: Hashable, Sendable {
  /// What a condition asks about; `transport` is TCP and its like.
  package enum Field: String, Hashable, Sendable {
    case interface, transport, family, source, destination, port, other
  }

  /// Where the rule stands.
  package var place: SourceSpan
  /// The conditions that do not hold; none for a rule that would have done it, had the packet come to it.
  package var unmet: Set<Field>
  /// Whether it names, in a condition that holds, the address that the connection goes to.
  package var namesDestination: Bool
  /// Whether it leads the connection elsewhere; else it permits it.
  package var isTranslation: Bool
  /// The address to which it leads, where it names one.
  package var target: IPAddress?
  /// The ports that it names.
  package var ports: [PortRange]
}

/// A new connection as it stands before a chain.
package struct LoneConnection: Sendable {
  /// As the client sent it.
  var original: Tuple
  /// As it is now; another destination after translation.
  var tuple: Tuple
  var input: String
  var output: String?

  package init(original: Tuple, tuple: Tuple? = nil, input: String, output: String? = nil) {
    self.original = original
    self.tuple = tuple ?? original
    self.input = input
    self.output = output
  }

  fileprivate var view: PacketView {
    var view = PacketView(packet: Packet(tuple, .syn), input: input, output: output)
    var connection = Connection(original)
    if tuple != original { connection.map(.destination, to: tuple.destination, tuple.destinationPort) }
    view.connection = connection
    view.state = .new
    return view
  }
}

extension Program {
  /// The rules of the chains at a hook that permit or translate, each with the conditions that a connection does not
  /// meet. Rules without a line in a text are left out; chains that lead to others are not asked whether they do.
  ///
  /// - Parameter hook: `prerouting` for translations, `forward` or `input` for permits.
  package func nearMisses(of lone: LoneConnection, at hook: BaseChain.Hook, in network: Network) -> [NearMiss] {
    let premises = Premises(self, network, KernelTraits())
    let isTranslation = hook == .prerouting
    var found: [NearMiss] = []
    var seen: Set<String> = []
    for entry in entries(at: hook, lone.tuple.family, isTranslation) {
      var waiting = [entry.chain]
      while let chain = waiting.popLast() {
        guard seen.insert("\(entry.table.title) \(chain.name)").inserted else { continue }
        for rule in chain.rules {
          waiting += rule.statements.compactMap(\.target).compactMap { entry.table.chains[$0] }
          guard let place = rule.provenance,
            rule.statements.contains(where: { isTranslation ? $0.translates : $0.permits })
          else { continue }
          var run = ChainRun(entry, premises, lone.view)
          found.append(run.nearMiss(rule, place, isTranslation: isTranslation))
        }
      }
    }
    return found
  }

  /// The same for a rule that is not among those of its table.
  package func nearMiss(
    of lone: LoneConnection, _ rule: Rule, table: String, in network: Network
  ) -> NearMiss? {
    guard let place = rule.provenance.first else { return nil }
    let isTranslation = rule.statements.contains(where: \.translates)
    guard isTranslation || rule.statements.contains(where: \.permits) else { return nil }
    let hook: BaseChain.Hook = isTranslation ? .prerouting : .forward
    let entry = entries(at: hook, lone.tuple.family, isTranslation).first { $0.table.title.hasSuffix(" \(table)") }
    guard let entry else { return nil }
    var run = ChainRun(entry, Premises(self, network, KernelTraits()), lone.view)
    return run.nearMiss(CompiledRule(rule, entry.table.family, nil), place, isTranslation: isTranslation)
  }

  private func entries(
    at hook: BaseChain.Hook, _ family: AddressFamily, _ isTranslation: Bool
  ) -> [BaseChainEntry] {
    guard !isTranslation else { return natChains(hook, family) }
    return stations(hook, family).compactMap { if case .chain(let entry) = $0 { entry } else { nil } }
  }
}

extension ChainRun {
  fileprivate mutating func nearMiss(
    _ rule: Program.CompiledRule, _ place: SourceSpan, isTranslation: Bool
  ) -> NearMiss {
    var unmet: Set<NearMiss.Field> = []
    var namesDestination = false
    for operation in rule.operations {
      switch operation {
      case .match(let operand, let test, let negated):
        let holds: Bool
        switch matches(operand, test) {
        case .some(.success(let isMatch)): holds = isMatch != negated
        case .some(.failure): continue
        case nil: holds = false
        }
        if !holds { unmet.insert(operand.nearMissField) }
        if holds, operand.nearMissField == .destination { namesDestination = true }
      case .unknown, .doubtful: unmet.insert(.other)
      case .translate(_, let family, _, _):
        if let family, family != view.packet.tuple.family { unmet.insert(.family) }
      default: continue
      }
    }
    // The port of another protocol is no port of this connection.
    if unmet.contains(.transport) { unmet.remove(.port) }
    if unmet.contains(.family) { unmet.subtract([.source, .destination]) }
    return NearMiss(
      place: place, unmet: unmet, namesDestination: namesDestination, isTranslation: isTranslation,
      target: rule.statements.lazy.compactMap(\.targetAddress).first, ports: rule.statements.flatMap(\.namedPorts))
  }
}

extension Operand {
  /// Whether it is an address or a port.
  var isOfEnd: Bool { [.source, .destination, .port].contains(nearMissField) }

  /// What a condition on it asks about.
  fileprivate var nearMissField: NearMiss.Field {
    switch self {
    case .address(_, let isSource), .moved(let isSource, _): isSource ? .source : .destination
    case .port(isSource: false): .port
    case .nextProtocol, .otherHeader, .meta(.l4proto), .connection(.protocol): .transport
    case .meta(.iifname), .meta(.oifname), .meta(.iif), .meta(.oif): .interface
    case .meta(.nfproto), .meta(.protocol), .connection(.l3proto): .family
    case .route(isSource: false, _, _): .destination
    case .tuple(_, .daddr, _): .destination
    case .tuple(_, .dport, _): .port
    case .tuple(_, .saddr, _): .source
    case .masked(let operand, _): operand.nearMissField
    default: .other
    }
  }
}

extension Statement {
  fileprivate var translates: Bool {
    switch self {
    case .translate(let translation): translation.kind == .destination
    default: false
    }
  }

  fileprivate var permits: Bool {
    switch self {
    case .verdict(.accept): true
    default: false
    }
  }

  /// The address to which it translates the destination, where it is one.
  fileprivate var targetAddress: IPAddress? {
    guard case .translate(let translation) = self, translation.kind == .destination,
      case .value(.address(let address))? = translation.address
    else { return nil }
    return address
  }

  /// The ports that it compares that of the destination with.
  fileprivate var namedPorts: [PortRange] {
    guard case .match(.payload(_, "dport"), .equal, let right) = self else { return [] }
    return right.constantValues.compactMap(\.portRange)
  }

  /// The chain that it leads to.
  fileprivate var target: String? {
    switch self {
    case .verdict(.jump(let name)), .verdict(.goto(let name)): name
    default: nil
    }
  }
}
