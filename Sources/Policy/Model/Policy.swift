package import Addressing
package import Diagnostics
package import PolicySyntax

/// `clients NAME = LIST`, with every name in it resolved.
package struct ClientList: Sendable {
  package var name: Located<String>
  /// The entries as written.
  package var terms: [ClientTerm]
  /// The addresses of every entry.
  package var addresses: AddressSet
}

/// `gateway NAME { ... }`.
package struct Gateway: Sendable {
  package var name: Located<String>
  /// Interfaces where clients come from; empty when rules match on addresses alone.
  package var outside: [Located<String>] = []
  /// Interfaces where the servers are.
  package var inside: [Located<String>] = []
  /// What kind of firewall it is; `nil` when the policy does not say.
  package var platform: PlatformChoice?
  /// What is known of that.
  package var facts = GatewayFacts.linux
  /// The default `external ip` of its publications.
  package var externalAddresses: [ExternalAddress] = []
  /// The next gateway further out, as a position in `Policy.gateways`, with its statement.
  package var behind: Located<Int>?
  /// One bit of the connection mark that admitted connections bear.
  package var mark: Located<UInt32>?
  /// What some platforms have to be told besides.
  package var inputs = GatewayInputs()
  /// Words of statements that were reported as wrong, misspelt ones included: what they set is not missing
  /// but unknown.
  package var unreadable: Set<GatewayWord> = []
  /// The first line of the declaration.
  package var header: SourceSpan

  package init(name: Located<String>, header: SourceSpan) {
    self.name = name
    self.header = header
  }

  /// Its external address of a family.
  package func external(_ family: AddressFamily) -> ExternalAddress? {
    externalAddresses.first { $0.family == family }
  }
}

/// `platform NAME [VERSION]`: as it is written, because a policy does not know which platforms there are.
package struct PlatformChoice: Sendable {
  package var name: Located<String>
  package var version: Located<String>?

  package init(name: Located<String>, version: Located<String>? = nil) {
    self.name = name
    self.version = version
  }
}

/// The meaning of one policy: typed, resolved, with defaults explicit. Order is that of the text.
package struct Policy: Sendable {
  package var clientLists: [ClientList] = []
  package var gateways: [Gateway] = []
  package var servers: [Server] = []
  package var publications: [Publication] = []
  package var reaches: [Outreach] = []
  package var expectations: [Expectation] = []
  /// The `defaults` blocks that say anything, from the word to the closing brace.
  package var defaultBlocks: [SourceSpan] = []
  /// Whether declarations were left out because of mistakes, which were reported.
  package var isPartial = false
  /// Whether it is the other direction of one: see `outbound`.
  package var isOutbound = false

  package init() {}

  /// The server of a publication; `nil` when naming it went wrong.
  package func server(of publication: Publication) -> Server? {
    publication.server.flatMap { servers.indices.contains($0) ? servers[$0] : nil }
  }

  package func gateway(of publication: Publication) -> Gateway? { gateway(at: publication.gateway) }

  /// The gateway at a position; `nil` where there is none.
  package func gateway(at position: Int?) -> Gateway? {
    position.flatMap { gateways.indices.contains($0) ? gateways[$0] : nil }
  }

  /// What is known of the gateway of a publication; of Linux where it has none.
  package func gatewayFacts(of publication: Publication) -> GatewayFacts {
    gateway(of: publication)?.facts ?? .linux
  }

  /// The positions of the gateways; one without a position where none is declared.
  package var gatewayPositions: [Int?] { gateways.isEmpty ? [nil] : gateways.indices.map { $0 } }

  /// The addresses that an entry of an `allow`, `deny` or `clients` list stands for.
  package func addresses(of term: ClientTerm) -> AddressSet {
    switch term.kind {
    case .any: .any
    case .prefix(let prefix): AddressSet([prefix])
    case .list(let index): clientLists.indices.contains(index) ? clientLists[index].addresses : AddressSet()
    }
  }

  /// The clients that a publication admits: what `allow` lists, less what `deny` lists.
  package func admittedClients(of publication: Publication) -> AddressSet {
    let allowed =
      publication.allow.isEmpty ? AddressSet.any : union(publication.allow)
    return publication.deny.isEmpty ? allowed : allowed.subtracting(union(publication.deny))
  }

  /// The clients that `deny` lists.
  package func deniedClients(of publication: Publication) -> AddressSet { union(publication.deny) }

  private func union(_ terms: [ClientTerm]) -> AddressSet {
    if terms.count == 1, let only = terms.first { return addresses(of: only) }
    return terms.isEmpty ? AddressSet() : AddressSet(unionOf: terms.map(addresses))
  }
}
