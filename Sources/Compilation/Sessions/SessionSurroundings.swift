package import Addressing
import Diagnostics
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
  /// The client of a place, with the address that it dials.
  package var party: @Sendable (ClientPlace, IPAddress, _ dialled: IPAddress) -> Party
  /// Networks and addresses that no client outside has.
  package var taken: [Prefix] = []
  /// Addresses that clients outside are likely to have, besides the usual ones.
  package var likely: [IPAddress] = []
  /// Whether a client outside may have an address; nobody asks where it cannot be told.
  package var mayBeClient: (@Sendable (IPAddress) -> Bool)?
  /// Whether there are no clients inside but those that `client` names.
  package var knowsClientsInside = false
  /// Whether an address is that of a client inside; `nil` where the policy has to tell.
  package var isInside: @Sendable (IPAddress) -> Bool? = { _ in nil }

  package init(
    network: Network, server: @escaping @Sendable ([IPAddress]) -> Party,
    client: @escaping @Sendable (ClientPlace, AddressFamily) -> IPAddress?,
    party: @escaping @Sendable (ClientPlace, IPAddress, _ dialled: IPAddress) -> Party
  ) {
    self.network = network
    self.server = server
    self.client = client
    self.party = party
  }
}

/// The machines around a gateway, as far as a policy tells; what it leaves open is invented, and clashes with nothing
/// that it names.
struct SessionSurroundings {
  private(set) var network: Network
  let server: Party
  /// The network in which the server is, of each family.
  let serverNetworks: [Prefix]
  /// The networks behind the inside interface: the server's, or invented ones where the server is the gateway.
  let insideNetworks: [Prefix]
  let insideInterface: String
  let outsideInterface: String

  /// - Parameters:
  ///   - gatewayAddresses: The external addresses that the gateway itself answers to.
  ///   - interfaces: How the interfaces are called; `nil` for the name in the policy, or a made-up one.
  ///   - others: Addresses that are not in the network of the server, besides those of the gateway.
  init(
    _ policy: Policy, _ publication: Publication, _ server: Server, gatewayAddresses: Set<IPAddress>,
    interfaces: (outside: String?, inside: String?), avoiding others: Set<IPAddress> = []
  ) {
    let gateway = policy.gateway(of: publication)
    outsideInterface = interfaces.outside ?? gateway?.outside.first?.value ?? "outside"
    insideInterface = interfaces.inside ?? gateway?.inside.first?.value ?? "inside"
    let addresses = server.addresses.map(\.value)
    serverNetworks = addresses.map { address in
      let usual = Self.network(around: address, avoiding: gatewayAddresses.union(others))
      return others.contains(where: usual.contains) ? Prefix(address) : usual
    }
    insideNetworks =
      server.isLocal
      ? AddressFamily.allCases.compactMap {
        Self.inventedNetwork($0, avoiding: gatewayAddresses, policy, publication)
      }
      : serverNetworks
    let inside = Network.Interface(
      insideInterface, addresses: insideNetworks.compactMap { $0.address(1, avoiding: addresses) },
      networks: insideNetworks)
    let external = publication.externalAddresses.map(\.arrival.value)
    let outside = Network.Interface(outsideInterface, addresses: external.filter(gatewayAddresses.contains))
    network = Network(
      interfaces: [outside, inside], outside: outsideInterface, otherAddresses: gatewayAddresses)
    self.server =
      server.isLocal
      ? .gateway(publication.externalAddresses.map(\.arrival.value))
      : .host(Host(addresses, behind: insideInterface, neighbours: serverNetworks))
  }

  /// The same where the next machine inwards is another gateway: what that one does not have itself is not on the wire
  /// to it, but further on.
  func reaching(_ neighbours: Set<IPAddress>) -> SessionSurroundings {
    var result = self
    for index in network.interfaces.indices where network.interfaces[index].name == insideInterface {
      let further = network.interfaces[index].networks.filter { network in
        !neighbours.contains { network.contains($0) }
      }
      result.network.interfaces[index].addresses.removeAll { address in further.contains { $0.contains(address) } }
    }
    return result
  }

  /// A client on the outside with that address, to which the server's own network means nothing unless it is published
  /// as it is.
  func outsideClient(_ address: IPAddress, _ endpoint: Endpoint) -> Party {
    let hidden = endpoint.reach == .translated ? serverNetworks : []
    return .host(Host([address], behind: outsideInterface, unreachable: hidden))
  }

  /// A client on the network of the server, or behind the inside interface of a gateway that is the server itself.
  func insideClient(_ address: IPAddress) -> Party {
    .host(Host([address], behind: insideInterface, neighbours: insideNetworks))
  }

  /// An address for a client inside: on the server's network, or a private one where the server is the gateway.
  func insideAddress(_ family: AddressFamily) -> IPAddress? {
    guard let own = insideNetworks.first(where: { $0.family == family }) else { return nil }
    let taken = network.interfaces.flatMap(\.addresses) + network.otherAddresses + [own.address]
    return own.address(50, avoiding: taken) ?? own.address(2, avoiding: taken)
  }

  /// A private network that holds no address of the gateway's outside, and none that the policy speaks of where that
  /// can be.
  private static func inventedNetwork(
    _ family: AddressFamily, avoiding others: Set<IPAddress>, _ policy: Policy, _ publication: Publication
  ) -> Prefix? {
    let texts =
      family == .ipv4
      ? ["192.168.77.0", "10.77.77.0", "172.31.77.0", "100.100.77.0"]
      : ["fd77::", "fd77:77::", "fdfe:77::", "fc77::"]
    let all = texts.compactMap { IPAddress($0).flatMap { Prefix($0, length: family == .ipv4 ? 24 : 64) } }
      .filter { network in !others.contains { network.contains($0) } }
    let named = (publication.allow + publication.deny).map { policy.addresses(of: $0) }
    return all.first { network in
      let own = AddressSet([network])
      return named.allSatisfy { $0.ranges(family).isEmpty || own.subtracting($0) == own }
    } ?? all.first
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
  /// The address at a place in the network, or the next free one after it; `nil` when there is none.
  func address(_ place: UInt128, avoiding taken: [IPAddress]) -> IPAddress? {
    var value = bounds.lowerBound + min(place, bounds.upperBound - bounds.lowerBound)
    while value < bounds.upperBound {
      if let address = IPAddress(family: family, value: value), !taken.contains(address) { return address }
      value += 1
    }
    return nil
  }
}
