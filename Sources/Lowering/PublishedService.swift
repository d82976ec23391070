package import Addressing
import Diagnostics
package import Policy

/// One family of one publication, with all that the steps ask about it. A class, because every step sorts and filters
/// these, and a publication is large to copy.
package final class PublishedService: Sendable {
  package let publication: Publication
  package let server: Server
  package let endpoint: Endpoint
  /// The clients that may connect; `nil` for every client.
  package let clients: AddressSet?
  /// The clients that may not, wherever they are.
  package let denied: AddressSet
  /// Whether the publication can be reached in both families.
  package let isDualStack: Bool
  /// The address that clients dial.
  package let external: IPAddress
  package let name: String

  init(
    publication: Publication, server: Server, endpoint: Endpoint, clients: AddressSet?, denied: AddressSet,
    isDualStack: Bool
  ) {
    self.publication = publication
    self.server = server
    self.endpoint = endpoint
    self.clients = clients
    self.denied = denied
    self.isDualStack = isDualStack
    external = endpoint.external.value
    name = publication.name.value
  }

  package var family: AddressFamily { endpoint.family }
  package var serverAddress: IPAddress { endpoint.server }
  package var controlPort: UInt16 { publication.controlPort.value.external }
  package var serverControlPort: UInt16 { publication.controlPort.value.server }
  package var passiveRange: PortRange? { publication.passiveRange?.value }

  /// The ports of the external address that clients may dial: control port and passive range.
  package var dialledPorts: [PortRange] {
    passiveRange.map { [PortRange(controlPort), $0] } ?? [PortRange(controlPort)]
  }
  /// The same ports as the server sees them.
  package var serverPorts: [PortRange] {
    passiveRange.map { [PortRange(serverControlPort), $0] } ?? [PortRange(serverControlPort)]
  }

  /// Whether the server opens the data connections of active mode itself, without an expectation of the helper: always
  /// where a session may be encrypted, and where no helper is asked for.
  package var opensActiveData: Bool {
    publication.active.value && (!publication.helper.value || publication.tls.value.allowsTLS)
  }
}

/// The services of one gateway, sorted by name and family, so that the order of declarations carries no meaning.
package func publishedServices(of policy: Policy, gateway: Int?) -> [PublishedService] {
  var services: [PublishedService] = []
  services.reserveCapacity(policy.publications.count)
  for publication in policy.publications where publication.gateway == gateway {
    guard let server = policy.server(of: publication) else { continue }
    let clients = publication.admitsEveryone ? nil : policy.admittedClients(of: publication)
    let denied = policy.deniedClients(of: publication)
    let endpoints = policy.endpoints(of: publication)
    for endpoint in endpoints {
      services.append(
        PublishedService(
          publication: publication, server: server, endpoint: endpoint, clients: clients, denied: denied,
          isDualStack: endpoints.count > 1))
    }
  }
  services.sort { $0.name == $1.name ? $0.family < $1.family : $0.name < $1.name }
  return services
}

/// The services of one gateway as the steps look at them: sorted by name, and those of each family by the address that clients
/// dial.
struct Services: Sequence {
  private let all: [PublishedService]
  private let ipv4: [PublishedService]
  private let ipv6: [PublishedService]

  /// - Parameter services: Sorted by name.
  init(_ services: [PublishedService]) {
    all = services
    ipv4 = services.filter { $0.family == .ipv4 }.sorted { $0.external < $1.external }
    ipv6 = services.filter { $0.family == .ipv6 }.sorted { $0.external < $1.external }
  }

  func makeIterator() -> IndexingIterator<[PublishedService]> { all.makeIterator() }

  /// The services of a family, sorted by external address, for the rules that exist once for each family.
  func of(_ family: AddressFamily) -> [PublishedService] { family == .ipv4 ? ipv4 : ipv6 }
}

extension [PublishedService] {
  /// The services of each external address, where those of one address stand side by side.
  var byExternalAddress: [ArraySlice<PublishedService>] {
    var groups: [ArraySlice<PublishedService>] = []
    var start = startIndex
    for index in indices where index + 1 == endIndex || self[index + 1].external != self[start].external {
      groups.append(self[start...index])
      start = index + 1
    }
    return groups
  }
}
