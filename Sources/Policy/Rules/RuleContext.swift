import Addressing
import Diagnostics
import Parallel

/// A publication with its server, for rules that look at both.
package final class Published: Sendable {
  /// Position in `Policy.publications`.
  package let position: Int
  package let publication: Publication
  package let server: Server
  /// Position of the server in `Policy.servers`.
  package let declaration: Int
  /// Equal for publications of one machine: declarations with one address behind one gateway are one machine,
  /// and so is everything on the firewall host of one gateway.
  package let machine: Int
  /// The families in which it can be reached.
  package let endpoints: [Endpoint]

  init(position: Int, publication: Publication, server: Server, declaration: Int, machine: Int) {
    self.position = position
    self.publication = publication
    self.server = server
    self.declaration = declaration
    self.machine = machine
    endpoints = publication.endpoints(at: server)
  }

  /// The program; `nil` when the policy does not say.
  var software: SoftwareKind? { server.software?.value.kind }
  /// The name of the publication.
  var name: String { publication.name.value }
  /// Whether the address of the server is translated, in any family.
  var isTranslated: Bool { endpoints.contains { $0.reach == .translated } }
}

/// One family of one publication, for rules that compare addresses.
package struct PublishedEndpoint: Sendable {
  package let published: Published
  package let endpoint: Endpoint

  /// Whether it is looked at by the address that clients dial, and not by the one for which packets arrive.
  var isDialled = false

  /// The address that it shares with others.
  var address: IPAddress { isDialled ? endpoint.dialled : endpoint.arrival }

  /// The address for which packets arrive.
  var place: GatewayAddress {
    GatewayAddress(gateway: published.publication.gateway, address: endpoint.arrival)
  }
}

/// A policy with what rules ask about all of it, so that every rule stays linear in the number of publications.
package struct RuleContext: Sendable {
  package let policy: Policy
  /// Every publication whose server is known, in the order of the text.
  package let published: [Published]
  /// The endpoints on each external address of each gateway that has several, in the order of the text: on each address
  /// for which packets arrive, and on each that clients dial where these differ.
  let sharedExternalAddresses: [[PublishedEndpoint]]
  /// The publications of each machine that has several, in the order of the text.
  let sharedMachines: [[Published]]
  /// How many publications each declared server has.
  private let countOfDeclaration: [Int]
  private let countOfMachine: [Int]

  package init(_ policy: Policy) {
    var machines = Machines(of: policy)
    let (publications, servers) = (policy.publications, policy.servers)
    let numbers = publications.map { machines.number(of: $0) }
    let parts = inParallel(publications.count, least: worthAThread) { part in
      part.compactMap { position -> Published? in
        guard let machine = numbers[position], let declaration = publications[position].server else { return nil }
        return Published(
          position: position, publication: publications[position], server: servers[declaration],
          declaration: declaration, machine: machine)
      }
    }
    published = parts.count == 1 ? parts[0] : parts.flatMap(\.self)
    self.policy = policy
    var ofDeclaration = [Int](repeating: 0, count: servers.count)
    var ofMachine = [Int](repeating: 0, count: machines.count)
    for published in published {
      ofDeclaration[published.declaration] += 1
      ofMachine[published.machine] += 1
    }
    (countOfDeclaration, countOfMachine) = (ofDeclaration, ofMachine)
    sharedMachines = published.filter { ofMachine[$0.machine] > 1 }.grouped { $0.machine }
    var shared = endpointsOnSharedAddresses(published, dialled: false)
    if publications.contains(where: { $0.externalAddresses.contains { $0.at != nil } }) {
      shared += endpointsOnSharedAddresses(published, dialled: true)
    }
    sharedExternalAddresses = shared
  }

  /// Whether a machine or a declared server has other publications, too.
  func sharesServer(_ published: Published) -> Bool {
    countOfMachine[published.machine] > 1 || countOfDeclaration[published.declaration] > 1
  }
}

private func endpointsOnSharedAddresses(_ published: [Published], dialled: Bool) -> [[PublishedEndpoint]] {
  // A publication has an endpoint for each family.
  let uses = inParallel(published.count, least: worthAThread) { part in
    var uses: [AddressUse] = []
    uses.reserveCapacity(part.count)
    // Where packets of several gateways arrive is looked at for each gateway (`checkHops`).
    for index in part where dialled || published[index].publication.hops.isEmpty {
      let (endpoints, gateway) = (published[index].endpoints, published[index].publication.gateway)
      for family in endpoints.indices {
        let address = dialled ? endpoints[family].dialled : endpoints[family].arrival
        uses.append(AddressUse(address, gateway: gateway, user: 2 * index + family))
      }
    }
    return uses
  }
  return uses.flatMap(\.self).shared.map { users in
    users.map {
      PublishedEndpoint(
        published: published[$0 / 2], endpoint: published[$0 / 2].endpoints[$0 % 2], isDialled: dialled)
    }
  }
}

/// An address as one gateway sees it; another gateway may have another host there.
struct GatewayAddress: Hashable {
  var gateway: Int?
  var address: IPAddress
}

/// Gives each machine a number, in the order of the text.
private struct Machines {
  private let servers: [Server]
  /// By position of the server.
  private var declarations: [Int?]
  private var hosts: [Int?: Int] = [:]
  private var addresses: [GatewayAddress: Int] = [:]
  private(set) var count = 0

  init(of policy: Policy) {
    servers = policy.servers
    declarations = Array(repeating: nil, count: servers.count)
    addresses.reserveCapacity(servers.count)
  }

  /// The machine that a publication leads to; `nil` when its server is not known.
  mutating func number(of publication: Publication) -> Int? {
    guard let declaration = publication.server, servers.indices.contains(declaration) else { return nil }
    let gateway = publication.gateway
    if servers[declaration].isLocal {
      let number = hosts[gateway] ?? next()
      hosts[gateway] = number
      return number
    }
    let keys = servers[declaration].addresses.map { GatewayAddress(gateway: gateway, address: $0.value) }
    let number = declarations[declaration] ?? keys.compactMap { addresses[$0] }.first ?? next()
    declarations[declaration] = number
    for key in keys where addresses[key] == nil { addresses[key] = number }
    return number
  }

  private mutating func next() -> Int {
    count += 1
    return count - 1
  }
}

extension Array {
  /// The elements with one key together, groups and elements in the order of the array.
  func grouped<Key: Hashable>(by key: (Element) -> Key) -> [[Element]] {
    var groups: [[Element]] = []
    var numbers: [Key: Int] = [:]
    for element in self {
      let key = key(element)
      if let number = numbers[key] {
        groups[number].append(element)
      } else {
        numbers[key] = groups.count
        groups.append([element])
      }
    }
    return groups
  }
}
