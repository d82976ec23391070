package import Addressing

/// What the gateway knows about its surroundings: interfaces, addresses, routes.
package struct Network: Sendable {
  /// One interface of the gateway.
  package struct Interface: Hashable, Sendable {
    package var name: String
    /// Addresses of the gateway there, the primary one of each family first.
    package var addresses: [IPAddress]
    /// Networks that are connected or routed there, without the default route.
    package var networks: [Prefix]

    package init(_ name: String, addresses: [IPAddress] = [], networks: [Prefix] = []) {
      self.name = name
      self.addresses = addresses
      self.networks = networks
    }
  }

  package var interfaces: [Interface]
  /// The interface of the default route, where everybody is whom no network holds.
  package var outside: String
  /// Addresses of the gateway that stand on no interface above, for example external addresses that are routed to it.
  package var otherAddresses: Set<IPAddress>
  /// The families whose packets are passed on between interfaces at all (`net.ipv4.ip_forward` and its sibling).
  package var forwards: Set<AddressFamily>
  /// What is known of interfaces besides addresses, by name.
  package var links: [String: Link] = [:]
  /// Addresses on the link of neighbours, as `ip neighbour` shows them.
  package var linkAddresses: [IPAddress: String] = [:]

  package init(
    interfaces: [Interface], outside: String, otherAddresses: Set<IPAddress> = [],
    forwards: Set<AddressFamily> = Set(AddressFamily.allCases)
  ) {
    self.interfaces = interfaces
    self.outside = outside
    self.otherAddresses = otherAddresses
    self.forwards = forwards
  }

  /// Whether an address is one of the gateway's own.
  func isLocal(_ address: IPAddress) -> Bool {
    address.scope == .loopback || interfaces.contains { $0.addresses.contains(address) }
      || otherAddresses.contains(address)
  }

  /// The interface by which the gateway reaches an address: the most specific network, or the default route.
  package func interface(towards address: IPAddress) -> String {
    var best: (length: Int, name: String)?
    for interface in interfaces {
      for network in interface.networks where network.contains(address) && network.length > best?.length ?? -1 {
        best = (network.length, interface.name)
      }
    }
    return best?.name ?? outside
  }

  /// The address that the gateway puts in when it masquerades towards another: the primary one of the interface in the
  /// network of that other, or the first of all (`inet_select_addr` in the kernel's devinet.c).
  func primaryAddress(of interface: String, towards other: IPAddress) -> IPAddress? {
    guard let interface = interfaces.first(where: { $0.name == interface }) else { return nil }
    let candidates = interface.addresses.filter { $0.family == other.family }
    let shared = interface.networks.filter { $0.contains(other) }
    return candidates.first { address in shared.contains { $0.contains(address) } } ?? candidates.first
  }
}

extension Prefix {
  /// Whether the prefix holds an address.
  package func contains(_ other: IPAddress) -> Bool { other.family == family && bounds.contains(other.value) }
}

/// A machine that takes part in a session, other than the gateway.
package struct Host: Hashable, Sendable {
  package var addresses: [IPAddress]
  /// The interface of the gateway behind which it is.
  package var interface: String
  /// Networks in which it reaches others without the gateway; empty for a host that is alone on its wire.
  package var neighbours: [Prefix]
  /// Prefixes to which it has no route, because they mean nothing where it is: private ones on the Internet.
  package var unreachable: [Prefix]

  package init(
    _ addresses: [IPAddress], behind interface: String, neighbours: [Prefix] = [], unreachable: [Prefix] = []
  ) {
    self.addresses = addresses
    self.interface = interface
    self.neighbours = neighbours
    self.unreachable = unreachable
  }

  /// Its address of a family.
  package func address(_ family: AddressFamily) -> IPAddress? { addresses.first { $0.family == family } }
}
