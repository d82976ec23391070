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
    /// The kind of tunnel that it is an end of; `nil` for none.
    package var tunnel: String?

    package init(_ name: String, addresses: [IPAddress] = [], networks: [Prefix] = []) {
      self.name = name
      self.addresses = addresses
      self.networks = networks
    }
  }

  package var interfaces: [Interface]
  /// The interface of the default route: the way to every address that is in no network of an interface.
  package var outside: String
  /// Addresses of the gateway that stand on no interface above, for example external addresses that are routed to it.
  package var otherAddresses: Set<IPAddress>
  /// What a box between the clients outside and the gateway translates, one address to one.
  package var translatedBefore: [TranslationBefore] = []
  /// The interface towards that box, where it is on the side of the server; `nil` for that of the default route.
  package var boxInterface: String?
  /// The families whose packets are passed on between interfaces at all (`net.ipv4.ip_forward` and its sibling).
  package var forwards: Set<AddressFamily>
  /// What is known of interfaces besides addresses, by name.
  package var links: [String: Link] = [:]
  /// Addresses on the link of neighbours, as `ip neighbour` shows them.
  package var linkAddresses: [IPAddress: String] = [:]
  /// Those whose entry is `permanent`, so that nobody has to ask for it.
  package var permanentNeighbours: Set<IPAddress> = []
  /// Policies of IPsec.
  package var transforms: [PacketTransform] = []
  /// The machine's own word on the way of each packet; without it interfaces, networks and `outside` decide.
  package var routing: (any Routing)?

  package init(
    interfaces: [Interface], outside: String, otherAddresses: Set<IPAddress> = [],
    forwards: Set<AddressFamily> = Set(AddressFamily.allCases), routing: (any Routing)? = nil
  ) {
    self.interfaces = interfaces
    self.outside = outside
    self.otherAddresses = otherAddresses
    self.forwards = forwards
    self.routing = routing
  }

  /// Whether a box that translates stands behind an interface.
  func hasBox(behind interface: String) -> Bool {
    !translatedBefore.isEmpty && interface == boxInterface ?? outside
  }

  /// Whether an address is one of the gateway's own.
  func isLocal(_ address: IPAddress) -> Bool {
    address.scope == .loopback || interfaces.contains { $0.addresses.contains(address) }
      || otherAddresses.contains(address)
  }

  /// The interface by which the gateway reaches an address, as the machine itself says where it was asked; `nil` where
  /// it has no way there.
  package func interface(leadingTo address: IPAddress) -> String? {
    routing.map { $0.lookUp(address, on: nil).interface } ?? interface(towards: address)
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

/// An address that machines outside dial, and the one for which their packets arrive at the gateway: a cloud's 1:1 NAT,
/// or a provider's router. Ports stay, and nothing in a packet but its addresses is changed.
package struct TranslationBefore: Hashable, Sendable {
  package var dialled: IPAddress
  package var arrival: IPAddress

  package init(dialled: IPAddress, arrival: IPAddress) {
    self.dialled = dialled
    self.arrival = arrival
  }
}

extension Prefix {
  /// Whether the prefix holds an address.
  package func contains(_ other: IPAddress) -> Bool { other.family == family && bounds.contains(other.value) }
}

/// A machine that takes part in a session, other than the gateway.
package struct Host: Hashable, Sendable {
  package var addresses: [IPAddress]
  /// The gateway on the path behind which it is, 0 for the outermost.
  package var hop = 0
  /// The interface of the gateway behind which it is.
  package var interface: String
  /// The same for IPv6, where that is another one.
  package var interfaceIPv6: String?
  /// Networks in which it reaches others without the gateway; empty for a host that is alone on its wire.
  package var neighbours: [Prefix]
  /// Prefixes to which it has no route, because they mean nothing where it is: private ones on the Internet.
  package var unreachable: [Prefix]
  /// Interfaces behind which nobody knows whether packets reach it, and why.
  package var doubts: [String: String] = [:]

  package init(
    _ addresses: [IPAddress], behind interface: String, neighbours: [Prefix] = [], unreachable: [Prefix] = []
  ) {
    self.addresses = addresses
    self.interface = interface
    self.neighbours = neighbours
    self.unreachable = unreachable
  }

  /// The interface of the gateway behind which it is with its addresses of a family.
  package func interface(_ family: AddressFamily) -> String {
    family == .ipv6 ? interfaceIPv6 ?? interface : interface
  }

  /// Its address of a family.
  package func address(_ family: AddressFamily) -> IPAddress? { addresses.first { $0.family == family } }
}
