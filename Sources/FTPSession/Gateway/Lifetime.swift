import Addressing

extension PacketView {
  /// The field that counts routers down.
  private var lifetimeField: String { packet.tuple.family == .ipv4 ? "ip ttl" : "ip6 hoplimit" }

  /// The values that its TTL or hop limit may have at this hook, where `countDown` has been or not; `nil` where rules
  /// made something unknown of it.
  var lifetime: ClosedRange<UInt128>? {
    if let changed = changed[lifetimeField] { return changed.map { $0...$0 } }
    // Neighbours do not hear what a router has passed on (RFC 4861 section 7.1.1). Other hosts begin with 64, 128 or
    // 255, and no way has more than some thirty routers.
    return packet.neighbourMessage == nil ? 30...255 : Self.ofNeighbours...Self.ofNeighbours
  }

  /// The only hop limit with which messages of neighbour discovery count.
  private static let ofNeighbours: UInt128 = 255

  /// Why a message of neighbour discovery does not count for who gets it: rules changed its hop limit
  /// (`ndisc_rcv` in ndisc.c; RFC 4861 section 7.1); `nil` where it counts.
  var discoveryLoss: Loss? {
    guard packet.neighbourMessage?.isARP == false, let changed = changed[lifetimeField] else { return nil }
    guard let value = changed else {
      return .unknown(reason: "rules set the `ip6 hoplimit` of neighbour discovery, and the value is not known")
    }
    guard value != Self.ofNeighbours else { return nil }
    return .noRoute(
      reason:
        "a rule makes the `ip6 hoplimit` of neighbour discovery \(value), and whoever gets it drops what has not 255")
  }

  /// Why a packet whose TTL rules have set before routing is not passed on (`ip_forward` in ip_forward.c, `ip6_forward`
  /// in ip6_output.c); `nil` when it is.
  var lifetimeLoss: Loss? {
    guard let changed = changed[lifetimeField] else { return nil }
    guard let value = changed else {
      return .unknown(
        reason: "rules set its `\(lifetimeField)` before routing, and the value, which decides, is not known")
    }
    guard value <= 1 else { return nil }
    return .noRoute(reason: "a rule sets its `\(lifetimeField)` to \(value), so the gateway does not pass it on")
  }

  /// Counts one router down from what rules have set.
  mutating func countDown() {
    if let value = changed[lifetimeField] ?? nil, value > 0 { changed[lifetimeField] = .some(value - 1) }
  }
}

extension Gateway {
  /// Why a packet that leaves may die at the next router; `nil` where nothing speaks for it.
  func doubt(aboutLifetimeOf view: PacketView, on interface: String) -> String? {
    guard view.lifetime.map({ $0.lowerBound <= 1 }) ?? true else { return nil }
    let destination = view.packet.tuple.destination
    let hop = network.nextHop(towards: destination, on: interface).address
    guard hop != destination else { return nil }
    return
      "rules leave it a TTL with which it may not get beyond \(hop), the next router on its way to \(destination)"
  }
}
