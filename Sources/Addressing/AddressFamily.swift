/// The two families of Internet addresses.
package enum AddressFamily: String, Hashable, Sendable, CaseIterable, Comparable {
  case ipv4, ipv6

  /// As written in messages.
  package var title: String { self == .ipv4 ? "IPv4" : "IPv6" }

  /// Bits of an address: 32 or 128.
  package var bits: Int { self == .ipv4 ? 32 : 128 }

  /// The value of the highest address.
  package var highest: UInt128 { self == .ipv4 ? UInt128(UInt32.max) : .max }

  package static func < (left: Self, right: Self) -> Bool { left == .ipv4 && right == .ipv6 }
}
