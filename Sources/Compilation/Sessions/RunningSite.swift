import Addressing
import Diagnostics
package import FTPSession
package import Policy

extension SessionSite {
  /// The gateway that this machine is, and what its routes say about the machines around it: hosts in one network reach
  /// each other without it.
  ///
  /// - Parameters:
  ///   - network: Its interfaces and routes.
  ///   - publication: What is looked at; its gateway names the interfaces outside and inside.
  package init(gateway network: Network, kernel: KernelTraits, for publication: Publication, of policy: Policy) {
    let servers = policy.server(of: publication)?.addresses.map(\.value) ?? []
    let sides =
      policy.isOutbound
      ? Sides(network, usersOf: policy.gateway(of: publication), servers)
      : Sides(network, policy.gateway(of: publication), publication.externalAddresses.map(\.arrival.value))
    var network = network
    // Where a box that translates before the gateway stands.
    if !policy.isOutbound { network.outside = sides.front }
    self.init(
      network: network,
      server: { sides.server($0) },
      client: { place, family in place == .inside ? sides.insideClient(family, servers: servers) : nil },
      party: { place, address, dialled in
        place == .inside ? sides.insideParty(address, servers: servers) : sides.outsideParty(address, dialled)
      })
    self.kernel = kernel
    taken = sides.taken
    knowsClientsInside = true
    if policy.isOutbound {
      likely = sides.likelyUsers
      mayBeClient = { sides.isUser($0) }
    }
    isInside = { sides.isInside($0, servers: servers) }
  }
}

/// Which interfaces of a machine lead to clients and which to servers.
private struct Sides: Sendable {
  let network: Network
  /// The interfaces where clients come from, as the policy names them, or as addresses and the default route tell.
  let outside: [String]
  /// The interfaces where servers are, as the policy names them; empty when it names none.
  let inside: [String]
  /// The interface outside that has an external address; the first where none has.
  let front: String
  /// What the policy calls the side of the servers.
  private var serverSide = "inside"

  init(_ network: Network, _ gateway: Gateway?, _ external: [IPAddress]) {
    self.network = network
    inside = gateway?.inside.map(\.value) ?? []
    let named = gateway?.outside.map(\.value) ?? []
    let holders = network.interfaces.filter { interface in
      interface.name != "lo" && external.contains { interface.addresses.contains($0) }
    }
    let known = named.isEmpty ? holders.map(\.name) : named
    let all = known.isEmpty ? [network.outside] : known
    outside = all
    front = holders.map(\.name).first { all.contains($0) } ?? all.first ?? network.outside
  }

  /// The same for users behind the gateway, whose servers are beyond it: of interfaces that the policy does not name,
  /// those are the users' that do not lead to a server.
  ///
  /// - Parameter gateway: With its sides swapped, as in `Policy.outbound`.
  init(_ network: Network, usersOf gateway: Gateway?, _ servers: [IPAddress]) {
    self.network = network
    let beyond = gateway?.inside.map(\.value) ?? []
    let others = Set(servers.compactMap { network.interface(leadingTo: $0) } + beyond + ["lo"])
    let named = gateway?.outside.map(\.value) ?? []
    inside = beyond
    outside = named.isEmpty ? network.interfaces.map(\.name).filter { !others.contains($0) } : named
    front = outside.first ?? network.outside
    serverSide = "outside"
  }

  // MARK: Servers

  func server(_ addresses: [IPAddress]) -> Party {
    let first = addresses.first.map(place)
    var host = Host(addresses, behind: first?.interface ?? network.outside, neighbours: networks(around: addresses))
    host.doubts = first?.doubts ?? [:]
    for address in addresses.dropFirst() where address.family == .ipv6 {
      let other = place(address)
      host.interfaceIPv6 = other.interface
      host.doubts.merge(other.doubts) { $1 }
    }
    return .host(host)
  }

  /// The interface behind which a server is. Where the machine sends its packets elsewhere, they do not arrive.
  private func place(_ address: IPAddress) -> (interface: String, doubts: [String: String]) {
    let behind = inside.first ?? "another interface"
    guard let found = network.interface(leadingTo: address) else { return (behind, [:]) }
    if inside.contains(found) { return (found, [:]) }
    guard outside.contains(found) else {
      guard let kind = network.interface(named: found)?.tunnel else { return (found, [:]) }
      let doubt =
        "\(found) is a tunnel (\(kind)), and whether its other end passes packets to \(address) is not known; "
        + "`\(serverSide) \(found)` in the gateway of the policy says that the server is there"
      return (found, [found: doubt])
    }
    guard inside.isEmpty else { return (behind, [:]) }
    if network.interface(named: found)?.isConnected(to: address) == true { return (found, [:]) }
    guard address.scope != .privateUse else { return (behind, [:]) }
    let doubt =
      "the route to \(address) leads out of \(found), where clients come from; whether the server is there and "
      + "answers through this machine is not known, and `\(serverSide)` in the gateway of the policy would tell"
    return (found, [found: doubt])
  }

  // MARK: Clients outside

  /// What clients outside cannot have: addresses of the machine, and the networks on its other interfaces.
  var taken: [Prefix] {
    network.interfaces.flatMap(\.addresses).map { Prefix($0) }
      + network.interfaces.filter { !outside.contains($0.name) }.flatMap(\.networks)
  }

  func outsideParty(_ address: IPAddress, _ dialled: IPAddress) -> Party {
    let arrival = arrival(of: address, dialling: dialled)
    var host = Host([address], behind: arrival)
    for other in outside where other != arrival {
      host.doubts[other] =
        "the connection comes in on \(arrival) and answers go out of \(other): whether the network there takes packets from "
        + "\(dialled) is not known (BCP 38); a rule of `ip rule` for that address would send them back by \(arrival)"
    }
    return .host(host)
  }

  /// Where a connection to an external address comes in: on the interface that has the address; else by the way back.
  private func arrival(of client: IPAddress, dialling dialled: IPAddress) -> String {
    if let holder = network.interfaces.first(where: { $0.addresses.contains(dialled) }), outside.contains(holder.name)
    {
      return holder.name
    }
    if let back = network.interface(leadingTo: client), outside.contains(back) { return back }
    return outside.first ?? network.outside
  }

  /// Addresses in the networks of the users' interfaces that nobody else is known to have.
  var likelyUsers: [IPAddress] {
    let taken = network.interfaces.flatMap(\.addresses)
    let networks = network.interfaces.filter { outside.contains($0.name) }.flatMap(\.networks)
    return networks.flatMap { network in [50, 66, 2].compactMap { network.address($0, avoiding: taken) } }
  }

  /// Whether answers to an address leave where users are.
  func isUser(_ address: IPAddress) -> Bool {
    network.interface(leadingTo: address).map { outside.contains($0) } ?? false
  }

  // MARK: Clients inside

  /// Where clients inside are: with the servers, or on an inside interface where the machine is the server itself.
  private func insideInterface(_ servers: [IPAddress]) -> String? {
    let ways = servers.compactMap { network.interface(leadingTo: $0) }
    return ways.first { inside.contains($0) } ?? inside.first { network.interface(named: $0) != nil }
      ?? ways.first { !outside.contains($0) && $0 != "lo" }
  }

  /// A client in a network of that interface, with an address that nobody else is known to have; `nil` where there is
  /// none.
  func insideClient(_ family: AddressFamily, servers: [IPAddress]) -> IPAddress? {
    guard let name = insideInterface(servers), let interface = network.interface(named: name) else { return nil }
    let connected = interface.networks.filter { $0.family == family && $0.length < (family == .ipv4 ? 31 : 127) }
    let taken = network.interfaces.flatMap(\.addresses) + servers
    let best = connected.first { network in servers.contains { network.contains($0) } } ?? connected.first
    return best.flatMap { $0.address(50, avoiding: taken) ?? $0.address(2, avoiding: taken) }
  }

  func insideParty(_ address: IPAddress, servers: [IPAddress]) -> Party {
    let interface =
      insideInterface(servers) ?? inside.first ?? network.interface(leadingTo: address) ?? network.outside
    return .host(Host([address], behind: interface, neighbours: networks(around: [address])))
  }

  func isInside(_ address: IPAddress, servers: [IPAddress]) -> Bool {
    guard let way = network.interface(leadingTo: address) else { return false }
    return inside.contains(way)
      || !outside.contains(way) && networks(around: servers).contains { $0.contains(address) }
  }

  /// The networks of the gateway that hold one of the addresses.
  private func networks(around addresses: [IPAddress]) -> [Prefix] {
    network.interfaces.flatMap(\.networks).filter { network in addresses.contains { network.contains($0) } }
  }
}

extension Network {
  fileprivate func interface(named name: String) -> Interface? { interfaces.first { $0.name == name } }
}

extension Network.Interface {
  /// Whether an address is in a network in which the interface has an address of its own.
  fileprivate func isConnected(to address: IPAddress) -> Bool {
    networks.contains { network in network.contains(address) && addresses.contains { network.contains($0) } }
  }
}
