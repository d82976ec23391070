package import Addressing

/// How packets reach a published address.
package enum Reach: Sendable {
  /// The external address is translated to the server's.
  case translated
  /// The external address is the server's own, behind the gateway.
  case routed
  /// The server runs on the firewall host.
  case local
}

/// One family of one publication: the address that clients dial and the address where the server listens.
package struct Endpoint: Sendable {
  package var family: AddressFamily
  package var external: Located<IPAddress>
  /// The server's address; the external address itself when the server is local.
  package var server: IPAddress
  package var reach: Reach
}

extension Policy {
  /// The families in which a publication can be reached: those in which both an external address and a server
  /// address exist.
  package func endpoints(of publication: Publication) -> [Endpoint] {
    server(of: publication).map { publication.endpoints(at: $0) } ?? []
  }

  /// What the server must announce in its 227 reply: `nil` stands for its own address.
  ///
  /// Rule 3 of the language: with the helper and no passive range the server announces its own address,
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
  package func endpoint(at server: Server, dialledAt external: Located<IPAddress>) -> Endpoint? {
    let family = external.value.family
    if server.isLocal { return Endpoint(family: family, external: external, server: external.value, reach: .local) }
    guard let address = server.address(family)?.value else { return nil }
    let reach: Reach = address == external.value ? .routed : .translated
    return Endpoint(family: family, external: external, server: address, reach: reach)
  }

  /// The masquerade address where the endpoints are known.
  package func masquerade(_ endpoints: [Endpoint]) -> MasqueradeAddresses {
    let translated = endpoints.first { $0.family == .ipv4 && $0.reach == .translated }
    guard let external = translated?.external.value else { return MasqueradeAddresses() }
    guard passiveRange != nil else {
      return helper.value ? MasqueradeAddresses() : MasqueradeAddresses(plain: external, encrypted: external)
    }
    return MasqueradeAddresses(
      plain: external, encrypted: external, plainMayBeOwn: helper.value && tls.value == .explicitOptional)
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
