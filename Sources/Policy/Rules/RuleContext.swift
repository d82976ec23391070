import Addressing

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

  init(
    position: Int, publication: Publication, server: Server, declaration: Int, machine: Int,
    endpoints: [Endpoint]
  ) {
    self.position = position
    self.publication = publication
    self.server = server
    self.declaration = declaration
    self.machine = machine
    self.endpoints = endpoints
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
}

/// A policy with the groupings that rules ask for, so that every rule stays linear in the number of
/// publications.
package struct RuleContext: Sendable {
  package let policy: Policy
  /// Every publication whose server is known, in the order of the text.
  package let published: [Published]
  /// The endpoints on each external address of each gateway, in the order of the text.
  package let byExternalAddress: [[PublishedEndpoint]]
  /// The publications of each machine, in the order of the text.
  package let byMachine: [[Published]]
  /// The publications of each declared server, in the order of the text.
  package let byDeclaration: [[Published]]

  package init(_ policy: Policy) {
    var machines = Machines()
    self.policy = policy
    published = policy.publications.enumerated().compactMap { position, publication in
      guard let server = policy.server(of: publication), let declaration = publication.server else {
        return nil
      }
      return Published(
        position: position, publication: publication, server: server, declaration: declaration,
        machine: machines.number(of: server, declaration: declaration, gateway: publication.gateway),
        endpoints: policy.endpoints(of: publication))
    }
    let endpoints = published.flatMap { published in
      published.endpoints.map { PublishedEndpoint(published: published, endpoint: $0) }
    }
    byExternalAddress = endpoints.grouped {
      GatewayAddress(gateway: $0.published.publication.gateway, address: $0.endpoint.external.value)
    }
    byMachine = published.grouped(by: \.machine)
    byDeclaration = published.grouped(by: \.declaration)
  }
}

/// An address as one gateway sees it; another gateway may have another host there.
struct GatewayAddress: Hashable {
  var gateway: Int?
  var address: IPAddress
}

/// Gives each machine a number, in the order of the text.
private struct Machines {
  private var hosts: [Int?: Int] = [:]
  private var declarations: [Int: Int] = [:]
  private var addresses: [GatewayAddress: Int] = [:]
  private var count = 0

  mutating func number(of server: Server, declaration: Int, gateway: Int?) -> Int {
    if server.isLocal {
      if let known = hosts[gateway] { return known }
      hosts[gateway] = next()
      return count - 1
    }
    var number = declarations[declaration]
    for address in server.addresses {
      number = number ?? addresses[GatewayAddress(gateway: gateway, address: address.value)]
    }
    let result = number ?? next()
    declarations[declaration] = result
    for address in server.addresses {
      let key = GatewayAddress(gateway: gateway, address: address.value)
      if addresses[key] == nil { addresses[key] = result }
    }
    return result
  }

  private mutating func next() -> Int {
    count += 1
    return count - 1
  }
}

extension Sequence {
  /// The elements with one key together, groups and elements in the order of the sequence.
  func grouped<Key: Hashable>(by key: (Element) -> Key) -> [[Element]] {
    var positions: [Key: Int] = [:]
    var groups: [[Element]] = []
    positions.reserveCapacity(underestimatedCount)
    for element in self {
      let key = key(element)
      if let position = positions[key], groups.indices.contains(position) {
        groups[position].append(element)
      } else {
        positions[key] = groups.count
        groups.append([element])
      }
    }
    return groups
  }
}
