/// An address of either family. Addresses are keys of large tables, so their hash takes in 64 bits at a time.
package enum IPAddress: Hashable, Sendable {
  case v4(IPv4Address)
  case v6(IPv6Address)

  /// Reads an IPv4 or IPv6 literal from its bytes; names are never resolved.
  package init?(_ text: Span<UInt8>) {
    if let address = IPv4Address(text) {
      self = .v4(address)
    } else if let address = IPv6Address(text) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  package init?(_ text: Slice<UnsafeBufferPointer<UInt8>>) { self.init(UnsafeBufferPointer(rebasing: text).span) }

  package init?(_ text: String) { self.init(text.utf8.span) }

  /// Bytes of the longest text: eight groups of four digits. An IPv4-mapped address is shorter.
  package static var longestText: Int { 39 }

  package var family: AddressFamily {
    switch self {
    case .v4: .ipv4
    case .v6: .ipv6
    }
  }

  /// The address as a number; IPv4 fills the low 32 bits.
  package var value: UInt128 {
    switch self {
    case .v4(let address): UInt128(address.value)
    case .v6(let address): address.value
    }
  }

  /// The address of a family with that number; `nil` when it does not fit.
  package init?(family: AddressFamily, value: UInt128) {
    switch family {
    case .ipv4:
      guard let value = UInt32(exactly: value) else { return nil }
      self = .v4(IPv4Address(value))
    case .ipv6:
      self = .v6(IPv6Address(value))
    }
  }
}

extension IPAddress {
  package func hash(into hasher: inout Hasher) {
    switch self {
    case .v4(let address): hasher.combine(UInt64(address.value))
    case .v6(let address):
      hasher.combine(UInt64(truncatingIfNeeded: address.value >> 64))
      hasher.combine(UInt64(truncatingIfNeeded: address.value))
    }
  }
}

extension IPAddress: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.v4(let left), .v4(let right)): left < right
    case (.v6(let left), .v6(let right)): left < right
    case (.v4, .v6): true
    case (.v6, .v4): false
    }
  }
}

extension IPAddress: CustomStringConvertible {
  package var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }
}
