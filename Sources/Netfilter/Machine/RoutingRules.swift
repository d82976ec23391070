import Addressing

/// What the rules of policy routing (`ip rule`) ask of packets that a session does not tell.
struct RoutingRules: Sendable {
  /// Values of the field that holds the DSCP.
  private(set) var services: Set<UInt8> = [0]
  /// Users of programs here; `nil` stands for one that no rule names.
  private(set) var users: Set<UInt32?> = [nil]
  /// Ports that rules name, of sources and destinations.
  private(set) var ports: [ClosedRange<UInt16>] = []
  /// What no question can tell the kernel.
  private(set) var unknown: String?

  /// The rules of a family as they are now; `nil` when the kernel does not list them.
  init?(_ family: AddressFamily) {
    let body = [UInt8(family.number)] + [UInt8](repeating: 0, count: 11)
    guard let rules = Netlink.list(.getRule, body) else { return nil }
    for rule in rules {
      let attributes = rule.attributes(after: 12)
      let service = rule.number(at: 3, as: UInt8.self)
      if service != 0 { services.insert(service & 0xFC) }
      // FRA_DSCP; FRA_UID_RANGE
      if let value = attributes[25]?.first { services.insert(value << 2) }
      if let range = attributes[20] { users.insert(range.number(at: 0, as: UInt32.self)) }
      // FRA_SPORT_RANGE, FRA_DPORT_RANGE: `struct fib_rule_port_range`, in the order of bytes of the machine.
      for range in [attributes[23], attributes[24]].compactMap(\.self) where range.count >= 4 {
        let (start, end) = (range.number(at: 0, as: UInt16.self), range.number(at: 2, as: UInt16.self))
        if start <= end { ports.append(start...end) }
      }
      // FRA_TUN_ID; what came after FRA_DSCP_MASK, which Linux 6.18 does not have.
      if attributes[12] != nil { unknown = "the tunnel that they came through" }
      if attributes[26] != nil { unknown = "their flow label" }
      if attributes.keys.contains(where: { $0 > 30 }) { unknown = "something that this program does not know" }
    }
  }
}
