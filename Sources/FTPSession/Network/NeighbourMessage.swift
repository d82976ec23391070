package import Addressing

/// A message by which machines on one wire find each other's link addresses: ARP (RFC 826) over IPv4, neighbour
/// discovery (RFC 4861 section 4.3) over IPv6.
package struct NeighbourMessage: Hashable, Sendable {
  /// Whether it asks, as a solicitation and an ARP request do.
  package var isQuestion: Bool
  /// The address that is asked for, or whose link address is told.
  package var target: IPAddress
  /// Whether it comes from the link-local address of a machine, which nobody knows here.
  package var isFromLinkLocal = false
  /// Whether it goes to such an address, or to the multicast group of one.
  package var isToLinkLocal = false

  package init(isQuestion: Bool, target: IPAddress) {
    self.isQuestion = isQuestion
    self.target = target
  }

  /// ARP for IPv4, else neighbour discovery.
  var isARP: Bool { target.family == .ipv4 }

  /// `ICMPV6` types of a solicitation and an advertisement, or the operation of ARP.
  var type: UInt128 { isARP ? isQuestion ? 1 : 2 : isQuestion ? 135 : 136 }
}

extension IPAddress {
  /// Some link-local address, where none is known.
  static let someLinkLocal = IPAddress(family: .ipv6, value: linkLocals.lowerBound + 0x5a11) ?? .v6Unspecified
  /// `fe80::/64`, from which hosts take theirs (RFC 4291 section 2.5.6).
  static let linkLocals: ClosedRange<UInt128> = (0xFE80 << 112)...(0xFE80 << 112 + (1 << 64) - 1)
  /// `ff02::1:ff00:0/104`, the groups of those who have an address with certain last 24 bits (RFC 4291 section 2.7.1).
  static let solicitedNodes: ClosedRange<UInt128> = (firstGroup)...(firstGroup + 0xFF_FFFF)
  private static let firstGroup: UInt128 = 0xFF02 << 112 | 0x1_FF00_0000
  /// `0.0.0.0`
  static let unset = IPAddress.v4(IPv4Address(0))
  fileprivate static let v6Unspecified = IPAddress.v6(IPv6Address(0))

  /// The group in which the machine listens that has the address.
  var solicitedNode: IPAddress {
    IPAddress(family: .ipv6, value: Self.firstGroup | value & 0xFF_FFFF) ?? .v6Unspecified
  }
}

/// The machine on the same wire by which an address is reached.
package struct NextHop: Hashable, Sendable {
  package var address: IPAddress
  /// Its address on the link, as `ip neigh` shows it; `nil` for one that is not known now.
  package var linkAddress: String?
  /// Whether nobody has to ask for that (`nud permanent`, `noarp`).
  package var isPermanent: Bool

  package init(_ address: IPAddress, linkAddress: String? = nil, isPermanent: Bool = false) {
    self.address = address
    self.linkAddress = linkAddress
    self.isPermanent = isPermanent
  }
}

extension Network {
  /// By whom an address is reached on an interface.
  func nextHop(towards address: IPAddress, on interface: String) -> NextHop {
    routing?.nextHop(towards: address, on: interface)
      ?? NextHop(address, linkAddress: linkAddresses[address], isPermanent: permanentNeighbours.contains(address))
  }
}
