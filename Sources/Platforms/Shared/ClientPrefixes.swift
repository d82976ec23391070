package import Addressing
import Flows

extension PublishedService {
  /// The clients that may connect, as prefixes in ascending order; `nil` for every client. Ranges are cut into the
  /// fewest prefixes that hold them.
  var clientPrefixes: [Prefix]? { clients.map { $0.prefixes(family) } }

  /// The clients that `hairpin on` does not let in either, in the same way.
  var deniedPrefixes: [Prefix] { denied.prefixes(family) }

  /// The sources of the rules that let the clients in, one each: `nil` for a rule that asks for none. Empty where
  /// nobody of the family may connect.
  var clientSources: [Prefix?] {
    guard let prefixes = clientPrefixes else { return [nil] }
    return prefixes.map { $0.length == 0 ? nil : $0 }
  }
}

extension AddressSet {
  /// The fewest prefixes of one family that hold its addresses, in ascending order.
  func prefixes(_ family: AddressFamily) -> [Prefix] { ranges(family).flatMap(fewestPrefixes) }
}

/// The fewest prefixes that together hold a range, in ascending order.
package func fewestPrefixes(of range: ClosedRange<IPAddress>) -> [Prefix] {
  let family = range.lowerBound.family
  var prefixes: [Prefix] = []
  var next = range.lowerBound.value
  let last = range.upperBound.value
  while next <= last {
    // As large as the alignment of its first address and the end of the range allow.
    var free = min(next == 0 ? family.bits : next.trailingZeroBitCount, family.bits)
    while free > 0, next | (UInt128.max >> UInt128(128 - free)) > last { free -= 1 }
    guard let address = IPAddress(family: family, value: next),
      let prefix = Prefix(address, length: family.bits - free)
    else { break }
    prefixes.append(prefix)
    let end = free == 128 ? UInt128.max : next | ((1 << UInt128(free)) - 1)
    guard end < last else { break }
    next = end + 1
  }
  return prefixes
}

extension Prefix {
  /// The mask in dots of an IPv4 prefix, for example `255.255.255.0`.
  var mask: String { "\(IPv4Address(length == 0 ? 0 : UInt32.max << UInt32(32 - min(length, 32))))" }

  /// Whether it is one address.
  var isHost: Bool { length == family.bits }
}
