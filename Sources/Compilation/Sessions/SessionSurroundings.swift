package import Addressing
package import FTPSession
import Policy

/// Machines that are really there, for judging a policy where it runs.
package struct SessionSite: Sendable {
  package var network: Network
  package var kernel = KernelTraits()
  /// A server behind the gateway with these addresses.
  package var server: @Sendable ([IPAddress]) -> Party
  /// The client of a place and family; `nil` where the policy has to find one.
  package var client: @Sendable (ClientPlace, AddressFamily) -> IPAddress?
  package var party: @Sendable (ClientPlace, IPAddress) -> Party

  package init(
    network: Network, server: @escaping @Sendable ([IPAddress]) -> Party,
    client: @escaping @Sendable (ClientPlace, AddressFamily) -> IPAddress?,
    party: @escaping @Sendable (ClientPlace, IPAddress) -> Party
  ) {
    self.network = network
    self.server = server
    self.client = client
    self.party = party
  }

  /// A gateway with these interfaces and routes, of whose surroundings nothing else is known: hosts in one network reach
  /// each other without it.
  package init(gateway network: Network, kernel: KernelTraits) {
    self.init(
      network: network,
      server: { .host(Host($0, behind: network.interface(towards: $0), neighbours: network.networks(around: $0))) },
      client: { _, _ in nil },
      party: { place, address in
        let around = place == .inside ? network.networks(around: [address]) : []
        return .host(Host([address], behind: network.interface(towards: [address]), neighbours: around))
      })
    self.kernel = kernel
  }
}

extension Network {
  fileprivate func interface(towards addresses: [IPAddress]) -> String {
    addresses.first.map { interface(towards: $0) } ?? outside
  }

  /// The networks of the gateway that hold one of the addresses.
  fileprivate func networks(around addresses: [IPAddress]) -> [Prefix] {
    interfaces.flatMap(\.networks).filter { network in addresses.contains { network.contains($0) } }
  }
}

/// The machines around a gateway, as far as a policy tells; what it leaves open is invented, and clashes with nothing that it
/// names.
struct SessionSurroundings {
  let network: Network
  let server: Party
  /// The network in which the server is, of each family.
  let serverNetworks: [Prefix]
  let insideInterface: String
  let outsideInterface: String

  /// - Parameters:
  ///   - gatewayAddresses: The external addresses that the gateway itself answers to.
  init(_ policy: Policy, _ publication: Publication, _ server: Server, gatewayAddresses: Set<IPAddress>) {
    let gateway = policy.gateway(of: publication)
    outsideInterface = gateway?.outside.first?.value ?? "outside"
    insideInterface = gateway?.inside.first?.value ?? "inside"
    let addresses = server.addresses.map(\.value)
    serverNetworks = addresses.map { Self.network(around: $0, avoiding: gatewayAddresses) }
    let inside = Network.Interface(
      insideInterface, addresses: serverNetworks.compactMap { $0.address(1, avoiding: addresses) },
      networks: serverNetworks)
    let outside = Network.Interface(
      outsideInterface,
      addresses: publication.externalAddresses.map(\.arrival.value).filter(gatewayAddresses.contains))
    network = Network(
      interfaces: [outside, inside], outside: outsideInterface, otherAddresses: gatewayAddresses)
    self.server =
      server.isLocal
      ? .gateway(publication.externalAddresses.map(\.arrival.value))
      : .host(Host(addresses, behind: insideInterface, neighbours: serverNetworks))
  }

  /// A client on the outside with that address, to which the server's own network means nothing unless it is published as
  /// it is.
  func outsideClient(_ address: IPAddress, _ endpoint: Endpoint) -> Party {
    let hidden = endpoint.reach == .translated ? serverNetworks : []
    return .host(Host([address], behind: outsideInterface, unreachable: hidden))
  }

  /// A client on the network of the server, or behind the inside interface of a gateway that is the server itself.
  func insideClient(_ address: IPAddress) -> Party {
    .host(Host([address], behind: insideInterface, neighbours: serverNetworks))
  }

  /// An address for a client inside: on the server's network, or a private one where the server is the gateway.
  func insideAddress(_ family: AddressFamily) -> IPAddress? {
    guard let own = serverNetworks.first(where: { $0.family == family }) else {
      return IPAddress(family == .ipv4 ? "192.168.77.50" : "fd77::50")
    }
    let taken = network.interfaces.flatMap(\.addresses) + [own.address]
    return own.address(50, avoiding: taken) ?? own.address(2, avoiding: taken)
  }

  /// The usual network around an address, smaller where it would hold an address of the gateway's outside.
  private static func network(around address: IPAddress, avoiding others: Set<IPAddress>) -> Prefix {
    let (usual, smallest) = address.family == .ipv4 ? (24, 29) : (64, 125)
    for length in usual..<smallest {
      guard let prefix = Prefix(address, length: length) else { continue }
      if !others.contains(where: prefix.contains) { return prefix }
    }
    return Prefix(address, length: smallest) ?? Prefix(address)
  }
}

extension Prefix {
  /// The address at a place in the network, or the next free one behind it; `nil` when there is none.
  fileprivate func address(_ place: UInt128, avoiding taken: [IPAddress]) -> IPAddress? {
    var value = bounds.lowerBound + min(place, bounds.upperBound - bounds.lowerBound)
    while value < bounds.upperBound {
      if let address = IPAddress(family: family, value: value), !taken.contains(address) { return address }
      value += 1
    }
    return nil
  }
}
