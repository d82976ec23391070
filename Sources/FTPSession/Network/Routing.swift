package import Addressing

/// What a machine does with packets by its routes, rules and settings. The model asks for each packet; the same
/// question always gets the same answer.
package protocol Routing: Sendable {
  /// Where one packet goes.
  func way(of question: RouteQuestion) -> RouteAnswer

  /// What nft's `fib` expression finds.
  ///
  /// - Parameter interface: The only interface that counts; `nil` for all.
  func lookUp(_ address: IPAddress, on interface: String?) -> RouteLookup

  /// By whom an address is reached on an interface; `nil` where the machine does not reach it there.
  func nextHop(towards address: IPAddress, on interface: String) -> NextHop?

  /// The ports by which rules choose the way of packets.
  var ports: [ClosedRange<UInt16>] { get }
}

extension Routing {
  package var ports: [ClosedRange<UInt16>] { [] }
  package func nextHop(towards address: IPAddress, on interface: String) -> NextHop? { nil }
}

/// All of a packet that decides about its way.
package struct RouteQuestion: Hashable, Sendable {
  package var tuple: Tuple
  /// Where it came in; `nil` for a packet of a program on the machine.
  package var input: String?
  /// The mark of the packet (`meta mark`).
  package var mark: UInt32

  package init(_ tuple: Tuple, input: String?, mark: UInt32 = 0) {
    self.tuple = tuple
    self.input = input
    self.mark = mark
  }
}

/// Where a packet goes.
package enum RouteAnswer: Hashable, Sendable {
  /// To a program on the machine.
  case local
  /// - Parameter doubt: Why nobody may be there; `nil` where nothing speaks for it.
  case leaves(String, doubt: String? = nil)
  /// Nowhere.
  ///
  /// - Parameter isNoticed: Whether its sender is told.
  case lost(reason: String, isNoticed: Bool)
  /// What cannot be known, and what would decide it.
  case unknown(reason: String)
}

/// What a search in the routes finds.
package struct RouteLookup: Hashable, Sendable {
  /// As nft names it: `local`, `unicast`, `broadcast`, `unreachable`...
  package var type: String
  /// `nil` where no route leads to an interface.
  package var interface: String?

  package init(type: String, interface: String?) {
    self.type = type
    self.interface = interface
  }
}

extension RouteAnswer {
  /// Why the packet does not go on; `nil` when it does.
  var loss: Loss? {
    switch self {
    case .local, .leaves: nil
    case .lost(let reason, let isNoticed): isNoticed ? .noRoute(reason: reason) : .unanswered(reason: reason)
    case .unknown(let reason): .unknown(reason: reason)
    }
  }
}

extension Premises {
  /// The way of a packet: the machine's own answer where it was asked, else what interfaces and networks say.
  func way(of transit: Transit, from input: String?) -> RouteAnswer {
    let tuple = transit.view.packet.tuple
    if let routing = network.routing {
      let mark = UInt32(truncatingIfNeeded: transit.view.mark)
      return routing.way(of: RouteQuestion(tuple, input: input, mark: mark))
    }
    if network.isLocal(tuple.destination) { return .local }
    guard input == nil || forwards(tuple.family) else {
      return .lost(reason: "\(phrase) does not forward packets", isNoticed: true)
    }
    return .leaves(network.interface(towards: tuple.destination))
  }
}
