package import Addressing
import Diagnostics

/// How packets reach a published address.
package enum Reach: Sendable {
  /// The address for which packets arrive is translated to the server's.
  case translated
  /// That address is the server's own, behind the gateway.
  case routed
  /// The server runs on the firewall host.
  case local
}

/// One family of one publication: the address that clients dial and the address where the server listens.
package struct Endpoint: Sendable {
  package var family: AddressFamily
  package var external: ExternalAddress
  /// The server's address; the one for which packets arrive when the server is local.
  package var server: IPAddress
  package var reach: Reach

  /// The address that clients dial.
  package var dialled: IPAddress { external.dialled.value }
  /// The address for which their packets arrive at the gateway.
  package var arrival: IPAddress { external.arrival.value }
}

extension Policy {
  /// The families in which a publication can be reached: those in which both an external address and a server
  /// address exist.
  package func endpoints(of publication: Publication) -> [Endpoint] {
    server(of: publication).map { publication.endpoints(at: $0) } ?? []
  }

  /// What the server must announce in its 227 reply: `nil` stands for its own address.
  ///
  /// Promise 3 (docs/promises.md): with the helper and no passive range the server announces its own address,
  /// because the kernel makes no expectation for another one (`nf_conntrack_ftp` with `loose=0`); with a passive
  /// range it announces the external one. A 229 reply carries no address, so IPv6 needs none (RFC 2428).
  package func masquerade(of publication: Publication) -> MasqueradeAddresses {
    publication.masquerade(endpoints(of: publication))
  }
}

extension Publication {
  /// The families in which it can be reached when that is its server.
  package func endpoints(at server: Server) -> [Endpoint] {
    externalAddresses.compactMap { endpoint(at: server, dialledAt: $0) }
  }

  /// One of these; `nil` when the server has no address of the family of that external address.
  package func endpoint(at server: Server, dialledAt external: ExternalAddress) -> Endpoint? {
    let (family, arrival) = (external.family, external.arrival.value)
    if server.isLocal { return Endpoint(family: family, external: external, server: arrival, reach: .local) }
    guard let address = server.address(family)?.value else { return nil }
    let reach: Reach = address == arrival ? .routed : .translated
    return Endpoint(family: family, external: external, server: address, reach: reach)
  }

  /// Whether clients inside dial an address for which no packet from outside arrives.
  package var hasInsideEndpoints: Bool { hairpin.value && externalAddresses.contains { $0.at != nil } }

  /// `external ip A at B` with `hairpin on`: clients inside dial A, and nobody translates it before their packets come
  /// to the gateway. `nil` where there is nothing to add to an endpoint.
  package func insideEndpoint(_ endpoint: Endpoint) -> Endpoint? {
    guard hairpin.value, endpoint.external.at != nil else { return nil }
    return Endpoint(
      family: endpoint.family, external: ExternalAddress(endpoint.external.dialled), server: endpoint.server,
      reach: endpoint.dialled == endpoint.server ? .routed : .translated)
  }

  /// The masquerade address where the endpoints are known.
  package func masquerade(_ endpoints: [Endpoint]) -> MasqueradeAddresses {
    let translated = endpoints.first { $0.family == .ipv4 && ($0.reach == .translated || $0.dialled != $0.server) }
    guard let translated else { return MasqueradeAddresses() }
    let external = translated.dialled
    guard passiveRange != nil else {
      return helper.value ? MasqueradeAddresses() : MasqueradeAddresses(plain: external, encrypted: external)
    }
    return MasqueradeAddresses(
      plain: external, encrypted: external,
      // The helper would write the address for which packets arrive, which clients cannot dial where another box
      // translates.
      plainMayBeOwn: helper.value && tls.value == .explicitOptional && translatedByBox(.ipv4) == nil)
  }
}

/// The masquerade address of plain and of encrypted sessions.
package struct MasqueradeAddresses: Hashable, Sendable {
  /// For sessions in clear text, and for servers that have one setting for all.
  package var plain: IPAddress?
  /// For sessions with TLS.
  package var encrypted: IPAddress?
  /// Whether a server that can tell the two apart should announce its own address in clear text, where the
  /// helper reads the reply.
  package var plainMayBeOwn = false

  package init(plain: IPAddress? = nil, encrypted: IPAddress? = nil, plainMayBeOwn: Bool = false) {
    self.plain = plain
    self.encrypted = encrypted
    self.plainMayBeOwn = plainMayBeOwn
  }
}

extension Server {
  /// What it announces in sessions in clear text; `nil` for its own address. A program that can tell sessions with TLS
  /// apart announces the external address in these alone, where a helper reads the others.
  package func announcedInClear(_ masquerade: MasqueradeAddresses) -> IPAddress? {
    let tellsApart = software?.value.kind.facts.hasTLSMasquerade == true
    return masquerade.plainMayBeOwn && tellsApart ? nil : masquerade.plain
  }
}
