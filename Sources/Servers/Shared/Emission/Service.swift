package import Addressing
import Diagnostics
package import Policy

/// What a server has to offer on one control port.
///
/// Usually one publication; several when they lead to the same port of the server, and then they agree on
/// everything that the server is told.
package struct Service: Sendable {
  /// The publications that lead here, in the order of the text; the first one names the service.
  package var publications: [Publication]
  package var name: String
  /// The port on which the server listens.
  package var port: UInt16
  /// The addresses on which it listens: at most one of each family, IPv4 first. Those of a local server are the
  /// external ones, as packets arrive for them. Empty when the policy names none.
  package var addresses: [IPAddress]
  package var tls: TLSMode
  /// Whether clients may return to a clear control connection.
  package var allowsClearControl: Bool
  package var passiveRange: PortRange?
  package var masquerade: MasqueradeAddresses
  /// Whether active mode is meant to work for any of the publications.
  package var allowsActive: Bool
  /// Whether the gateway gives data connections of active mode another source address without the help of
  /// conntrack, and so may have to know them by their source port.
  package var translatesActive: Bool

  init(_ publication: Publication, of server: Server) {
    let endpoints = publication.endpoints(at: server)
    publications = [publication]
    name = publication.name.value
    port = publication.controlPort.value.server
    addresses =
      server.isLocal ? publication.externalAddresses.map(\.arrival.value) : server.addresses.map(\.value)
    addresses.sort()
    tls = publication.tls.value
    allowsClearControl = publication.clearControl != nil
    passiveRange = publication.passiveRange?.value
    masquerade = publication.masquerade(endpoints)
    allowsActive = publication.active.value
    let helperSeesAll = publication.helper.value && !publication.tls.value.allowsTLS
    translatesActive =
      publication.active.value && !helperSeesAll && endpoints.contains { $0.reach == .translated }
  }

  /// The address of a family.
  package func address(_ family: AddressFamily) -> IPAddress? { addresses.first { $0.family == family } }

  /// Whether the only addresses are of that family; false when there are none.
  func listensOnly(_ family: AddressFamily) -> Bool {
    !addresses.isEmpty && addresses.allSatisfy { $0.family == family }
  }

  /// The address to announce in every 227 reply by a server that has one setting for all sessions.
  var announced: IPAddress? { masquerade.encrypted ?? masquerade.plain }

  /// Whether one socket for both families will not do: because an address is announced, which then goes out as
  /// 0.0.0.0 (measured: vsftpd 3.0.3), or because the firewall host should listen on its external addresses only.
  func needsTwoSockets(_ server: Server) -> Bool {
    addresses.count > 1 && (announced != nil || server.isLocal)
  }

  /// Whether a socket of one would stand in the way of a socket of the other.
  func collides(with other: Service) -> Bool {
    port == other.port
      && (addresses.isEmpty || other.addresses.isEmpty || addresses.contains { other.addresses.contains($0) })
  }

  /// Lets another publication lead here too.
  mutating func join(_ other: Service) {
    publications += other.publications
    allowsActive = allowsActive || other.allowsActive
    translatesActive = translatesActive || other.translatesActive
  }
}

extension ServerRequest {
  /// The services of the server. Publications that lead to one of them want the same, or the policy has errors.
  package func services() -> [Service] {
    if publications.count == 1, let only = publications.first { return [Service(only, of: server)] }
    var services: [Service] = []
    var onPort: [UInt16: [Int]] = [:]
    for publication in publications {
      let service = Service(publication, of: server)
      let known = onPort[service.port, default: []]
      guard let index = known.first(where: { services[$0].collides(with: service) }) else {
        onPort[service.port, default: []].append(services.count)
        services.append(service)
        continue
      }
      services[index].join(service)
    }
    return services
  }
}
