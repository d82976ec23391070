package import Addressing
package import Diagnostics
import Parallel
package import Policy

/// One family of one publication, with all that lists of flows ask about it. A class, because every list sorts and
/// filters these, and a publication is large to copy.
package final class PublishedService: Sendable {
  /// What a service may have, for the lists that look for it.
  struct Traits: OptionSet, Sendable {
    let rawValue: UInt16

    /// Not everybody may connect.
    static let restricted = Traits(rawValue: 1)
    static let limited = Traits(rawValue: 1 << 1)
    static let helper = Traits(rawValue: 1 << 2)
    static let active = Traits(rawValue: 1 << 3)
    static let hairpin = Traits(rawValue: 1 << 4)
    /// With `hairpin on`, some clients are kept out all the same.
    static let denying = Traits(rawValue: 1 << 5)
    static let gatewaySource = Traits(rawValue: 1 << 6)
    static let logsNew = Traits(rawValue: 1 << 7)
    static let logsDenied = Traits(rawValue: 1 << 8)
    /// The publication has another service, in the other family or for clients inside.
    static let several = Traits(rawValue: 1 << 9)
    /// Clients inside alone come this way; those outside have an endpoint of their own.
    static let forInside = Traits(rawValue: 1 << 10)
  }

  package let publication: Publication
  package let server: Server
  package let endpoint: Endpoint
  /// The clients that may connect; `nil` for every client.
  package let clients: AddressSet?
  /// The clients that `hairpin on` does not let in either; empty without it.
  package let denied: AddressSet
  /// The address for which the packets of clients arrive.
  package let arrival: IPAddress
  package let name: String
  let traits: Traits

  /// - Parameters:
  ///   - isOneOfSeveral: Whether the publication can be reached at several addresses, for example in both families.
  ///   - isForInside: Whether clients inside alone come this way.
  init(
    publication: Publication, server: Server, endpoint: Endpoint, clients: AddressSet?, denied: AddressSet,
    isOneOfSeveral: Bool, isForInside: Bool
  ) {
    self.publication = publication
    self.server = server
    self.endpoint = endpoint
    self.clients = clients
    self.denied = denied
    arrival = endpoint.arrival
    name = publication.name.value
    var traits: Traits = []
    if isForInside { traits.insert(.forInside) }
    if clients != nil { traits.insert(.restricted) }
    if !publication.limits.isEmpty { traits.insert(.limited) }
    if publication.helper.value { traits.insert(.helper) }
    if publication.active.value { traits.insert(.active) }
    if publication.hairpin.value { traits.insert(.hairpin) }
    if !denied.isEmpty { traits.insert(.denying) }
    if publication.source.value == .gateway { traits.insert(.gatewaySource) }
    if publication.log.value.logsNew { traits.insert(.logsNew) }
    if publication.log.value.logsDenied { traits.insert(.logsDenied) }
    if isOneOfSeveral { traits.insert(.several) }
    self.traits = traits
  }

  package var family: AddressFamily { endpoint.family }
  package var serverAddress: IPAddress { endpoint.server }
  package var controlPort: UInt16 { publication.controlPort.value.external }
  package var serverControlPort: UInt16 { publication.controlPort.value.server }
  package var passiveRange: PortRange? { publication.passiveRange?.value }

  /// The first line of the publication.
  package var header: SourceSpan { publication.header }
  /// Whether packets get another destination address.
  package var isTranslated: Bool { endpoint.reach == .translated }
  /// Whether the server runs on the gateway itself.
  package var isLocal: Bool { endpoint.reach == .local }

  func has(_ traits: Traits) -> Bool { self.traits.contains(traits) }

  // What firewalls whose rules belong to one publication each ask for; lists of flows say the same for all of them.

  /// Whether clients dial the server's own address, and packets keep it.
  package var isRouted: Bool { endpoint.reach == .routed }
  /// The address that clients dial, and that the server announces.
  package var dialled: IPAddress { endpoint.external.dialled.value }
  package var wantsHelper: Bool { has(.helper) }
  package var wantsActive: Bool { has(.active) }
  package var wantsHairpin: Bool { has(.hairpin) }
  /// Whether the server sees the gateway's address as that of the client, on control and data alike.
  package var wantsGatewaySource: Bool { has(.gatewaySource) }
  /// Whether a control connection may be encrypted, so that no helper can read it.
  package var mayBeEncrypted: Bool { publication.tls.value.allowsTLS }
  /// Whether a control connection may stay in clear text.
  package var mayBeClear: Bool { publication.tls.value.allowsPlain }
  /// Whether a helper can read a control connection: in clear text, or after a return to it (CCC).
  package var mayBeReadable: Bool { mayBeClear || publication.clearControl != nil }
  /// The address of somebody else than the server that 227 replies carry where a helper can read them: in clear text,
  /// or after a return to it (CCC). `nil` where the server announces its own address there, and where nothing is
  /// readable.
  package var readableAnnouncement: IPAddress? {
    let masquerade = publication.masquerade(publication.endpoints(at: server))
    let plain = publication.tls.value.allowsPlain ? server.announcedInClear(masquerade) : nil
    let announced = plain ?? (publication.clearControl == nil ? nil : masquerade.encrypted)
    return announced == serverAddress ? nil : announced
  }
  /// The service of Windows in which the server runs; `nil` where its program has none that is known.
  package var windowsService: String? { server.software?.value.kind.facts.windowsService }
  package func logs(_ event: LoggedEvent) -> Bool { has(event.trait) }

  /// The statement that asked for something; the first line of the publication where none did.
  package func provenance(of aspect: ServiceAspect) -> SourceSpan {
    let span: SourceSpan? =
      switch aspect {
      case .control: publication.controlPort.span
      case .passive: publication.passiveRange?.span
      case .clients: clientsSpan
      case .helper: publication.helper.span
      case .active: publication.active.span
      case .hairpin: publication.hairpin.span
      case .source: publication.source.span
      case .log: publication.log.span
      case .address: endpoint.external.dialled.span
      }
    return span ?? header
  }

  /// By the address and the port that clients dial.
  func dialsBefore(_ other: PublishedService) -> Bool {
    arrival == other.arrival ? controlPort < other.controlPort : arrival < other.arrival
  }

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
func declaredServices(of policy: Policy, gateway: Int?) -> [PublishedService] {
  inParallel(policy.publications.count, least: worthAThread) { part in
    services(of: policy.publications[part], in: policy, gateway: gateway)
  }.flatMap(\.self)
}

private func services(
  of publications: ArraySlice<Publication>, in policy: Policy, gateway: Int?
) -> [PublishedService] {
  var services: [PublishedService] = []
  services.reserveCapacity(publications.count)
  for publication in publications where publication.gateway == gateway {
    guard let server = policy.server(of: publication) else { continue }
    let clients = publication.admitsEveryone ? nil : policy.admittedClients(of: publication)
    let denied = publication.hairpin.value ? policy.deniedClients(of: publication) : AddressSet()
    let endpoints = publication.endpoints(at: server)
    let inside = endpoints.compactMap { publication.insideEndpoint($0) }
    let isOneOfSeveral = endpoints.count + inside.count > 1
    for (endpoint, isForInside) in endpoints.map({ ($0, false) }) + inside.map({ ($0, true) }) {
      services.append(
        PublishedService(
          publication: isForInside ? publication.dialledInside : publication, server: server, endpoint: endpoint,
          clients: clients, denied: denied,
          isOneOfSeveral: isOneOfSeveral, isForInside: isForInside))
    }
  }
  return services
}

/// What of a publication a line of a configuration is for.
package enum ServiceAspect: Sendable {
  case control, passive, clients, helper, active, hairpin, source, log, address
}
