package import Addressing
package import Diagnostics
import Policy

extension FamilyFlows {
  /// Admit (`allow`, `deny`): every port that clients may dial. `PortFlows.clients` says who may.
  package var admissions: PortFlows {
    var claims = PortClaims(self, .dialled)
    claims.reserve(2 * services.count)
    for position in services.indices { claims.addAdmitted(position, services[position]) }
    return PortFlows(claims)
  }

  /// Where not everybody is admitted; `nil` where everybody is everywhere.
  package var restrictions: Restrictions? { has(.restricted) ? Restrictions(self) : nil }

  /// The ports of every address on which a publication does not admit everybody.
  fileprivate var restrictedAdmissions: PortFlows {
    var claims = PortClaims(self, .dialled)
    claims.reserve(2 * services.count)
    var start = services.startIndex
    while start < services.endIndex {
      let end = services[start...].firstIndex { $0.arrival != services[start].arrival } ?? services.endIndex
      if services[start..<end].contains(where: { $0.has(.restricted) }) {
        for position in start..<end { claims.addAdmitted(position, services[position]) }
      }
      start = end
    }
    return PortFlows(claims)
  }
}

extension PortFlows {
  /// The clients that some service with these ports admits; `nil` for everybody.
  package func clients(_ flow: PortFlow) -> AddressSet? {
    guard !isSole(flow) else { return service(flow).clients }
    let services = allServices(flow)
    let sets = services.compactMap(\.clients)
    return sets.count == services.count ? AddressSet(unionOf: sets) : nil
  }

  /// Whether no service with these ports admits everybody.
  fileprivate func isRestricted(_ flow: PortFlow) -> Bool {
    isSole(flow) ? service(flow).clients != nil : allServices(flow).allSatisfy { $0.clients != nil }
  }

  /// Whether the ports of both are those of one and the same service alone.
  fileprivate func haveOneService(_ flow: PortFlow, _ other: PortFlow) -> Bool {
    isSole(flow) && isSole(other) && flow.claim.service == other.claim.service
  }
}

/// Where not everybody is admitted, apart by whether one publication alone decides.
package struct Restrictions: Sendable {
  /// An address on which all such ports are of one publication.
  package struct Sole: Sendable {
    package var service: PublishedService
    package var provenance: SourceSpan
  }

  /// The addresses with any such ports, in ascending order.
  package private(set) var addresses: [(address: IPAddress, provenance: SourceSpan)] = []
  /// The ports on which anybody is kept out.
  package private(set) var ports: [PortFlow] = []
  /// The addresses that one publication alone restricts.
  package private(set) var soles: [Sole] = []
  /// The ports of the other addresses, with the clients that may use them.
  package private(set) var shared: [(flow: PortFlow, clients: AddressSet)] = []
  /// All ports of these addresses.
  package let flows: PortFlows

  fileprivate init(_ services: FamilyFlows) {
    flows = services.restrictedAdmissions
    ports.reserveCapacity(flows.flows.count)
    soles.reserveCapacity(flows.flows.count / 2)
    for group in flows.byAddress { add(group) }
  }

  /// Adds the ports of one address.
  private mutating func add(_ group: ArraySlice<PortFlow>) {
    var first: (flow: PortFlow, provenance: SourceSpan)?
    var isOnePublication = true
    for flow in group where flows.isRestricted(flow) {
      ports.append(flow)
      let provenance = flows.provenance(flow)
      if let known = first {
        isOnePublication = isOnePublication && flows.haveOneService(known.flow, flow)
        first?.provenance = min(known.provenance, provenance)
      } else {
        isOnePublication = flows.isSole(flow)
        first = (flow, provenance)
      }
    }
    guard let (first, provenance) = first else { return }
    addresses.append((first.address, provenance))
    if isOnePublication {
      soles.append(Sole(service: flows.service(first), provenance: provenance))
      return
    }
    for flow in group {
      if let admitted = flows.clients(flow) { shared.append((flow, admitted)) }
    }
  }
}

extension PortClaims {
  fileprivate mutating func addAdmitted(_ position: Int, _ service: PublishedService) {
    addDialled(position, provenance: service.clientsSpan ?? service.header)
  }
}

extension PublishedService {
  /// The first `allow` or `deny` entry.
  var clientsSpan: SourceSpan? {
    var first = publication.allow.first?.span
    for term in publication.allow { first = min(first ?? term.span, term.span) }
    for term in publication.deny { first = min(first ?? term.span, term.span) }
    return first
  }
}
