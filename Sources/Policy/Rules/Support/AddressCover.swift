package import Addressing
import Diagnostics

extension IntervalSet {
  /// Whether every number of the other set is in this one; stops at the first that is not.
  func covers(_ other: Self) -> Bool {
    other.intervals.allSatisfy { wanted in
      let first = intervals.indices.partitionPoint { intervals[$0].upperBound < wanted.lowerBound }
      guard intervals.indices.contains(first) else { return false }
      return intervals[first].lowerBound <= wanted.lowerBound && wanted.upperBound <= intervals[first].upperBound
    }
  }
}

extension AddressSet {
  /// Whether every address of a family of the other set is in this one.
  func covers(_ other: AddressSet, _ family: AddressFamily) -> Bool {
    family == .ipv4 ? ipv4.covers(other.ipv4) : ipv6.covers(other.ipv6)
  }

  /// The lowest address of a family.
  func first(_ family: AddressFamily) -> IPAddress? {
    switch family {
    case .ipv4: ipv4.intervals.first.map { .v4(IPv4Address($0.lowerBound)) }
    case .ipv6: ipv6.intervals.first.map { .v6(IPv6Address($0.lowerBound)) }
    }
  }

  /// Addresses that are used inside of networks only: RFC 1918, RFC 6598, RFC 4193.
  package static let privateUse = AddressSet(
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].compactMap { text in
      let parts = text.split(separator: "/")
      guard let address = parts.first.flatMap({ IPAddress(String($0)) }),
        let length = parts.last.flatMap({ Int($0) })
      else { return nil }
      return Prefix(address, length: length)
    })
}

extension Policy {
  /// Whether an entry of a client list holds an address.
  func contains(_ term: ClientTerm, _ address: IPAddress) -> Bool {
    switch term.kind {
    case .any: true
    case .prefix(let prefix): prefix.family == address.family && prefix.bounds.contains(address.value)
    case .list: addresses(of: term).contains(address)
    }
  }

  /// The lowest address of a family that an entry holds; `nil` when it holds none.
  func first(_ term: ClientTerm, _ family: AddressFamily) -> IPAddress? {
    guard case .prefix(let prefix) = term.kind else { return addresses(of: term).first(family) }
    return prefix.family == family ? prefix.canonical.address : nil
  }

  /// An entry of a client list as it is written.
  package func text(of term: ClientTerm) -> String {
    switch term.kind {
    case .any: "any"
    case .prefix(let prefix): "\(prefix)"
    case .list(let index): clientLists.indices.contains(index) ? clientLists[index].name.value : ""
    }
  }
}

extension IPAddress {
  /// Why no client can dial the address and no packet can be sent to it, as in "is ..."; `nil` when they can.
  var unusableReason: String? {
    if case .v6(let address) = self, address.value >> 32 == 0xFFFF {
      return "an IPv4-mapped address, which is never on the wire"
    }
    return switch scope {
    case .global, .privateUse: nil
    case .loopback: "a loopback address, which no other host can reach"
    case .unspecified: "an unspecified address, which no host has"
    case .linkLocal: "a link-local address, which no router forwards"
    case .multicast: "a multicast address, and FTP needs a single host"
    case .reserved: "a reserved address, which no host has"
    }
  }
}
