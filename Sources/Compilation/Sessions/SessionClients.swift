import Addressing
import FTPSession
import Policy

/// Addresses that clients on the Internet might have (RFC 5737, RFC 3849), in the order of preference.
private let usualClients = [
  "198.51.100.10", "192.0.2.66", "203.0.113.200", "198.51.100.77",
  "2001:db8:51::10", "2001:db8:66::66", "2001:db8:ffff::77",
].compactMap { IPAddress($0) }

/// Addresses that users behind a gateway might have (RFC 1918, RFC 4193).
private let usualUsers = [
  "192.168.77.10", "10.77.77.10", "172.31.77.10", "192.168.78.66", "10.78.78.66", "fd77::10", "fd78::66",
].compactMap { IPAddress($0) }

/// Picks the clients that stand for all of their kind.
struct ClientSamples {
  let admitted: AddressSet
  /// Networks and addresses that belong to the gateway or the servers.
  let taken: [AddressSet]
  /// Whether they are users behind the gateway.
  var areInside = false
  /// Addresses that come before the usual ones.
  var likely: [IPAddress] = []
  /// Whether the machine has them where clients are; `nil` where nobody knows.
  var isThere: (@Sendable (IPAddress) -> Bool)?

  /// An outside client that is admitted; `nil` when there is none of the family.
  func allowed(_ family: AddressFamily) -> IPAddress? { sample(admitted, family) }

  /// An outside client that is not admitted.
  func stranger(_ family: AddressFamily) -> IPAddress? { sample(AddressSet.any.subtracting(admitted), family) }

  private func sample(_ set: AddressSet, _ family: AddressFamily) -> IPAddress? {
    let isUsable = { (address: IPAddress) in address.family == family && set.contains(address) && isFree(address) }
    if let address = (likely + (areInside ? usualUsers : usualClients)).first(where: isUsable) { return address }
    var found: IPAddress?
    for range in set.ranges(family).prefix(1000) {
      let (low, high) = (range.lowerBound.value, range.upperBound.value)
      // Of IPv6 the Internet has a part (RFC 4291 section 2.4), which a range may begin before.
      let hosts = family == .ipv6 ? max(low, 0x2000 << 112) : low
      let middle = hosts < high ? hosts + (high - hosts) / 2 : low
      for value in [low + (high - low) / 2, high > low ? low + 1 : low, low, middle] {
        guard let address = IPAddress(family: family, value: value), isFree(address) else { continue }
        // Programs drop packets from elsewhere, and then it would stand for nobody.
        if address.isOfInternet { return address }
        found = found ?? address
      }
    }
    return found
  }

  /// Whether a client may have the address: it is no special one, and nobody else's.
  func isFree(_ address: IPAddress) -> Bool {
    (address.scope == .global || address.scope == .privateUse) && !taken.contains { $0.contains(address) }
      && isThere?(address) != false
  }
}
