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
  }

  package var name: String { publication.name.value }
  package var family: AddressFamily { endpoint.family }
  package var external: IPAddress { endpoint.external.value }
  package var serverAddress: IPAddress { endpoint.server }
  package var controlPort: UInt16 { publication.controlPort.value.external }
  package var serverControlPort: UInt16 { publication.controlPort.value.server }
  package var passiveRange: PortRange? { publication.passiveRange?.value }

  /// The ports of the external address that clients may dial: control port and passive range.
  package var dialledPorts: [PortRange] { [PortRange(controlPort)] + (passiveRange.map { [$0] } ?? []) }
  /// The same ports as the server sees them.
  package var serverPorts: [PortRange] { [PortRange(serverControlPort)] + (passiveRange.map { [$0] } ?? []) }

  /// Whether the server opens the data connections of active mode itself, without an expectation of the helper: always
  /// where a session may be encrypted, and where no helper is asked for.
  package var opensActiveData: Bool {
    publication.active.value && (!publication.helper.value || publication.tls.value.allowsTLS)
  }
}

/// The services of one gateway, sorted by name and family, so that the order of declarations carries no meaning.
package func publishedServices(of policy: Policy, gateway: Int?) -> [PublishedService] {
  policy.publications
    .filter { $0.gateway == gateway }
    .flatMap { publication -> [PublishedService] in
      guard let server = policy.server(of: publication) else { return [] }
      let clients = publication.admitsEveryone ? nil : policy.admittedClients(of: publication)
      let denied = policy.deniedClients(of: publication)
      let endpoints = policy.endpoints(of: publication)
      return endpoints.map {
        PublishedService(
          publication: publication, server: server, endpoint: $0, clients: clients, denied: denied,
          isDualStack: endpoints.count > 1)
      }
    }
    .sorted { ($0.name, $0.family) < ($1.name, $1.family) }
}

extension [PublishedService] {
  /// The services of a family, for the rules that exist once for each.
  func of(_ family: AddressFamily) -> [PublishedService] { filter { $0.family == family } }
}
