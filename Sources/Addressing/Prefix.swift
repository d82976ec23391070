/// A network prefix: every address that shares the first `length` bits (RFC 4632, RFC 4291).
package struct Prefix: Hashable, Sendable {
  /// The address as written; bits after the length may be set.
  package var address: IPAddress
  /// Leading bits that count: 0 to 32 or 0 to 128.
  package var length: Int

  /// A prefix; `nil` when the length does not fit the family.
  package init?(_ address: IPAddress, length: Int) {
    guard (0...address.family.bits).contains(length) else { return nil }
    self.address = address
    self.length = length
  }

  /// The prefix that holds one address.
  package init(_ address: IPAddress) {
    self.address = address
    self.length = address.family.bits
  }

  package var family: AddressFamily { address.family }

  /// The bits after the length, as a number of ones.
  private var hostMask: UInt128 {
    let hostBits = UInt128(family.bits - length)
    return hostBits == 128 ? .max : (1 << hostBits) - 1
  }

  /// The lowest and the highest address as numbers.
  package var bounds: ClosedRange<UInt128> {
    let low = address.value & ~hostMask
    return low...(low | hostMask)
  }

  /// The highest address.
  package var last: IPAddress { IPAddress(family: family, value: bounds.upperBound) ?? address }

  /// Whether no bit after the length is set.
  package var isCanonical: Bool { address.value & hostMask == 0 }

  /// The same set of addresses with the bits after the length cleared.
  package var canonical: Prefix {
    var copy = self
    copy.address = IPAddress(family: family, value: bounds.lowerBound) ?? address
    return copy
  }
}

extension IPAddress {
  /// The mask of prefixes of a length: as many leading ones; `nil` when the length does not fit the family.
  package init?(mask length: Int, _ family: AddressFamily) {
    guard (0...family.bits).contains(length) else { return nil }
    let all = UInt128.max >> UInt128(128 - family.bits)
    self.init(family: family, value: all & ~(length == 0 ? all : all >> UInt128(length)))
  }
}

extension Prefix: CustomStringConvertible {
  /// `ADDRESS/LENGTH`, without the length for a single address.
  package var description: String {
    length == family.bits ? "\(address)" : "\(address)/\(length)"
  }
}
