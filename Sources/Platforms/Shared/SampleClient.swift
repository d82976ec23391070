import Addressing
import Flows

extension PublishedService {
  /// An address from which a connection may be tried: one for documentation (RFC 5737, RFC 3849) where it is admitted,
  /// and else the first that is and that a client can have. `nil` where there is none.
  var sampleClient: String? {
    let documentation: IPAddress? =
      family == .ipv4
      ? IPAddress(family: .ipv4, value: 0xC633_6407)
      : IPAddress(family: .ipv6, value: 0x2001_0DB8_0000_0000_0000_0000_0000_0007)
    guard let prefixes = clientPrefixes else { return documentation.map { "\($0)" } }
    if let documentation, prefixes.contains(where: { $0.bounds.contains(documentation.value) }) {
      return "\(documentation)"
    }
    return prefixes.lazy.compactMap(\.sampleHost).first.map { "\($0)" }
  }
}

extension Prefix {
  /// Addresses that no client from elsewhere has.
  private static let impossible: [AddressFamily: [ClosedRange<UInt128>]] = [
    // 0/8, 127/8, 224/3: this network, loopback, multicast and reserved (RFC 6890).
    .ipv4: [0...0x00FF_FFFF, 0x7F00_0000...0x7FFF_FFFF, 0xE000_0000...0xFFFF_FFFF],
    // ::/8 with the unspecified and the loopback address, fe80::/10 of single links, ff00::/8 of multicast (RFC 4291).
    .ipv6: [
      0...(1 << 120) - 1, 0xFE80 << 112...(0xFEC0 << 112) - 1, 0xFF00 << 112...UInt128.max,
    ],
  ]

  /// The first address of it that a client can have, and not that of the network; `nil` where there is none.
  fileprivate var sampleHost: IPAddress? {
    let last = bounds.upperBound
    var value = isHost ? bounds.lowerBound : bounds.lowerBound | 1
    for block in Self.impossible[family] ?? [] where block.contains(value) {
      guard block.upperBound < last else { return nil }
      value = (block.upperBound + 1) | 1
    }
    guard value <= last else { return nil }
    return IPAddress(family: family, value: value)
  }
}

extension [PublishedService] {
  /// A sentence for each service that admits nobody, and so gets no permit.
  var withoutClients: [String] {
    filter { $0.clientPrefixes?.isEmpty == true }.map {
      "`\($0.name)` admits no client over \($0.family.title), so nothing is permitted there."
    }
  }
}
