import Addressing

extension PacketView {
  /// The field that counts routers down.
  private var lifetimeField: String { packet.tuple.family == .ipv4 ? "ip ttl" : "ip6 hoplimit" }

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

  /// What rules have made of the TTL; `nil` where they left it alone.
  var changedLifetime: UInt128?? { changed[lifetimeField] }
}

extension Gateway {
  /// Why a packet that leaves may die at the next router; `nil` where nothing speaks for it.
  func doubt(aboutLifetimeOf view: PacketView, on interface: String) -> String? {
    guard let changed = view.changedLifetime, changed.map({ $0 <= 1 }) ?? true else { return nil }
    let destination = view.packet.tuple.destination
    let hop = network.nextHop(towards: destination, on: interface).address
    guard hop != destination else { return nil }
    return
      "rules leave it a TTL with which it may not get beyond \(hop), the next router on its way to \(destination)"
  }
}
