package import Addressing
import Diagnostics
import Parallel
package import Policy

/// One family of one publication, with all that lists of flows ask about it. A class, because every list sorts and
/// filters these, and a publication is large to copy.
package final class PublishedService: Sendable {
  package let publication: Publication
  package let server: Server
  package let endpoint: Endpoint
  /// The clients that may connect; `nil` for every client.
  package let clients: AddressSet?
  /// The clients that `hairpin on` does not let in either; empty without it.
  package let denied: AddressSet
  /// Whether the publication can be reached at several addresses, for example in both families.
  package let isOneOfSeveral: Bool
  /// The address for which the packets of clients arrive.
  package let arrival: IPAddress
  package let name: String

  init(
    publication: Publication, server: Server, endpoint: Endpoint, clients: AddressSet?, denied: AddressSet,
    isOneOfSeveral: Bool
  ) {
    self.publication = publication
    self.server = server
    self.endpoint = endpoint
    self.clients = clients
    self.denied = denied
    self.isOneOfSeveral = isOneOfSeveral
    arrival = endpoint.arrival
    name = publication.name.value
  }

  package var family: AddressFamily { endpoint.family }
  package var serverAddress: IPAddress { endpoint.server }
  package var controlPort: UInt16 { publication.controlPort.value.external }
  package var serverControlPort: UInt16 { publication.controlPort.value.server }
  package var passiveRange: PortRange? { publication.passiveRange?.value }

  /// The control port and the passive range as the server sees them.
  package var serverPorts: [PortRange] {
    passiveRange.map { [PortRange(serverControlPort), $0] } ?? [PortRange(serverControlPort)]
  }

  /// Whether the server opens the data connections of active mode itself, without an expectation of the helper: always
  /// where a session may be encrypted, and where no helper is asked for.
  package var opensActiveData: Bool {
    publication.active.value && (!publication.helper.value || publication.tls.value.allowsTLS)
  }
}

/// The services of one gateway in the order in which the policy declares them.
func declaredServices(of policy: Policy, gateway: Int?) -> DeclaredServices {
  var parts = inParallel(policy.publications.count, least: worthAThread) { part in
    services(of: policy.publications[part], in: policy, gateway: gateway)
  }
  // The first part, which there always is, grows to be the whole.
  var all = parts.removeFirst()
  for part in parts { all.append(part) }
  return all
}

private func services(
  of publications: ArraySlice<Publication>, in policy: Policy, gateway: Int?
) -> DeclaredServices {
  var services = DeclaredServices()
  services.reserve(publications.count)
  for publication in publications where publication.gateway == gateway {
    guard let server = policy.server(of: publication) else { continue }
    let clients = publication.admitsEveryone ? nil : policy.admittedClients(of: publication)
    let denied = publication.hairpin.value ? policy.deniedClients(of: publication) : AddressSet()
    // One address after the other: a list of endpoints for each publication would take longer.
    func append(_ endpoint: Endpoint, isOneOfSeveral: Bool) {
      services.append(
        PublishedService(
          publication: publication, server: server, endpoint: endpoint, clients: clients, denied: denied,
          isOneOfSeveral: isOneOfSeveral))
    }
    guard publication.externalAddresses.count > 1 || publication.hasInsideEndpoints else {
      for external in publication.externalAddresses {
        guard let endpoint = publication.endpoint(at: server, dialledAt: external) else { continue }
        append(endpoint, isOneOfSeveral: false)
      }
      continue
    }
    let endpoints = publication.endpoints(at: server)
    let all = endpoints + endpoints.compactMap { publication.insideEndpoint($0) }
    for endpoint in all { append(endpoint, isOneOfSeveral: all.count > 1) }
  }
  return services
}
