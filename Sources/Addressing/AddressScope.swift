/// What an address is good for, as far as its number tells (IANA special-purpose address registries,
/// RFC 6890; RFC 1918; RFC 4193; RFC 6598).
package enum AddressScope: String, Sendable {
  case global
  /// RFC 1918, RFC 4193 or the shared space of carriers (RFC 6598): not reachable from the Internet.
  case privateUse = "private"
  case loopback
  case unspecified
  case linkLocal = "link-local"
  case multicast
  /// 255.255.255.255 and 240.0.0.0/4, which no host uses.
  case reserved
}

extension IPAddress {
  /// The scope of the address; an IPv4-mapped IPv6 address has the scope of its IPv4 address.
  package var scope: AddressScope {
    switch self {
    case .v4(let address): Self.scope(of: address)
    case .v6(let address): Self.scope(of: address)
    }
  }

  private static func scope(of address: IPv4Address) -> AddressScope {
    let value = address.value
    switch value >> 24 {
    case 0: return .unspecified
    case 10: return .privateUse
    case 127: return .loopback
    case 224...239: return .multicast
    case 240...255: return .reserved
    default: break
    }
    if value >> 20 == 0xAC1 || value >> 16 == 0xC0A8 || value >> 22 == 0x191 { return .privateUse }
    return value >> 16 == 0xA9FE ? .linkLocal : .global
  }

  private static func scope(of address: IPv6Address) -> AddressScope {
    let value = address.value
    if value == 0 { return .unspecified }
    if value == 1 { return .loopback }
    if value >> 32 == 0xFFFF { return scope(of: IPv4Address(UInt32(truncatingIfNeeded: value))) }
    if value >> 120 == 0xFF { return .multicast }
    if value >> 118 == 0x3FA { return .linkLocal }
    return value >> 121 == 0x7E ? .privateUse : .global
  }
}
