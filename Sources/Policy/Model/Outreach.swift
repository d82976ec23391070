package import Addressing
package import Diagnostics
package import PolicySyntax

/// One `reach` block, with every default in place: users behind a gateway may use an FTP server beyond it.
package final class Outreach: Sendable {
  package let parts: Parts
  /// What it says as publications the other way round: one for each i-th address of both families. The server's address
  /// is what the users dial, and nothing translates it. `Publication.server` of each is its position here, until
  /// `Policy.outbound` gives it one.
  package let accesses: [Publication]

  init(_ parts: Parts, of publication: Publication?) {
    self.parts = parts
    accesses = parts.accesses(publication)
  }
}

/// Its parts.
extension Outreach {
  package var name: Located<String> { parts.name }
  package var gateway: Int? { parts.gateway }
  package var servers: [Located<IPAddress>] { parts.servers }
  package var serverSpan: SourceSpan? { parts.serverSpan }
  package var publication: Located<Int>? { parts.publication }
  package var range: Located<ReachedRange>? { parts.range }
  package var helper: Setting<Bool> { parts.helper }
  package var active: Setting<Bool> { parts.active }
  package var source: Setting<SourceMode> { parts.source }
  package var allow: [ClientTerm] { parts.allow }
  package var deny: [ClientTerm] { parts.deny }
  package var unreadable: Set<ReachWord> { parts.unreadable }
  package var header: SourceSpan { parts.header }
}

/// What `passive range` of a `reach` says.
package enum ReachedRange: Hashable, Sendable {
  case ports(PortRange)
  /// The other side says none: 1024-65535, the ports from which systems take those of data connections.
  case any

  package static let all = PortRange(low: 1024, high: 65535) ?? PortRange(1024)

  package var ports: PortRange {
    switch self {
    case .ports(let range): range
    case .any: Self.all
    }
  }
}

extension Outreach {
  /// What a `reach` block says: each statement sets one part.
  package struct Parts: Sendable {
    package var name: Located<String>
    /// Position in `Policy.gateways`; `nil` when there is none.
    package var gateway: Int?
    /// What the users dial; empty where a publication says it.
    package var servers: [Located<IPAddress>] = []
    /// The `server` statement.
    package var serverSpan: SourceSpan?
    /// Position in `Policy.publications`.
    package var publication: Located<Int>?
    /// The same where `server` says the address and port at which clients of a publication of this policy dial.
    var dialled: Int?
    package var controlPort: Located<UInt16>?
    package var range: Located<ReachedRange>?
    /// The `tls` statement; `nil` where a publication or the default says it.
    package var tls: Setting<TLSMode>?
    package var clearControl: SourceSpan?
    package var helper = Setting(default: false)
    package var active = Setting(default: false)
    /// The users; empty means `allow any`.
    package var allow: [ClientTerm] = []
    package var deny: [ClientTerm] = []
    package var source = Setting(default: SourceMode.keep)
    package var log = Setting(default: LogMode.off)
    /// Words of statements that were reported as wrong, misspelt ones included.
    package var unreadable: Set<ReachWord> = []
    /// The first line of the block.
    package var header: SourceSpan

    package init(name: Located<String>, header: SourceSpan) {
      self.name = name
      self.header = header
    }
  }
}

extension Outreach.Parts {
  /// - Parameter publication: The one that `publication` names.
  fileprivate func accesses(_ publication: Publication?) -> [Publication] {
    var access = Publication.Parts(name: name, header: header)
    access.gateway = gateway
    access.tls = tls ?? publication?.tls ?? Setting(default: .off)
    access.clearControl = tls == nil ? publication?.clearControl : clearControl
    let usual: UInt16 = access.tls.value == .implicit ? 990 : 21
    let port =
      controlPort.map { Setting($0.value, $0.span) }
      ?? publication.map { Setting($0.controlPort.value.external, $0.controlPort.span) } ?? Setting(default: usual)
    access.controlPort = Setting(ControlPort(external: port.value, server: port.value), port.span)
    access.passiveRange = range.map { Located($0.value.ports, $0.span) } ?? publication?.passiveRange
    access.helper = helper
    access.active = active
    access.allow = allow
    access.deny = deny
    access.source = source
    access.log = log
    access.unreadable = Set(unreadable.compactMap(\.published))
    return addresses(publication).enumerated().map { position, addresses in
      var one = access
      one.server = position
      one.externalAddresses = addresses.map { ExternalAddress($0) }
      return Publication(one)
    }
  }

  /// What the users dial, the i-th addresses of both families together.
  private func addresses(_ publication: Publication?) -> [[Located<IPAddress>]] {
    let all = servers.isEmpty ? publication?.externalAddresses.map(\.dialled) ?? [] : servers
    let families = AddressFamily.allCases.map { family in all.filter { $0.value.family == family } }
    return (0..<(families.map(\.count).max() ?? 0)).map { position in
      families.compactMap { $0.indices.contains(position) ? $0[position] : nil }
    }
  }
}

extension Policy {
  /// The policy seen from the users' side: what `reach` blocks say as publications, of servers that are outside, to
  /// clients that are inside. Whatever knows how publications fare knows it of these as well.
  package var outbound: Policy {
    var outbound = self
    (outbound.servers, outbound.publications, outbound.reaches) = ([], [], [])
    outbound.expectations = []
    outbound.isOutbound = true
    for position in outbound.gateways.indices {
      let own = gateways[position]
      (outbound.gateways[position].outside, outbound.gateways[position].inside) = (own.inside, own.outside)
    }
    for access in reaches.flatMap(\.accesses) {
      var server = Server.Parts(name: access.name, header: access.header)
      server.addresses = access.externalAddresses.map(\.dialled)
      for var parts in [access.parts] + furtherOut(access) {
        parts.server = outbound.servers.count
        outbound.publications.append(Publication(parts))
      }
      outbound.servers.append(Server(server))
    }
    return outbound
  }

  /// What the gateways further out have to let through of what users behind an inner one may do: the same connections,
  /// from the address that the gateway before put in the place of the users', or from their own. Who logs is the one
  /// next to them.
  private func furtherOut(_ access: Publication) -> [Publication.Parts] {
    guard let gateway = access.gateway else { return [] }
    let path = path(to: gateway)
    var users = (access.allow, access.deny)
    return zip(path.reversed(), path.reversed().dropFirst()).map { inner, outer in
      var parts = access.parts
      if access.source.value == .gateway, let own = self.gateway(at: inner)?.externalAddresses, !own.isEmpty {
        // A box between the two puts the address that others see in its place (`external ip A at B`).
        users = (own.map { ClientTerm(.prefix(Prefix($0.dialled.value)), $0.dialled.span) }, [])
      }
      (parts.allow, parts.deny) = users
      parts.gateway = outer
      parts.log = Setting(default: .off)
      if self.gateway(at: outer)?.externalAddresses.isEmpty != false { parts.source = Setting(default: .keep) }
      return parts
    }
  }

  /// Whether users behind a gateway, or behind one further in, have a `reach`.
  package func hasReaches(through gateway: Int?) -> Bool {
    reaches.contains { reach in
      reach.gateway == gateway
        || gateway.map { position in reach.gateway.map { path(to: $0).contains(position) } ?? false } ?? false
    }
  }

  /// The addresses of a gateway that `source gateway` of a `reach` puts in the place of the users', as packets leave.
  package func outboundSource(of gateway: Int?, _ family: AddressFamily) -> IPAddress? {
    self.gateway(at: gateway)?.externalAddresses.first { $0.family == family }?.arrival.value
  }

  /// The publication that a `reach` names, or whose address and port it dials.
  package func publication(of reach: Outreach) -> Publication? {
    (reach.publication?.value ?? reach.parts.dialled).flatMap {
      publications.indices.contains($0) ? publications[$0] : nil
    }
  }

  /// Finds the publications that `reach` blocks dial without naming them. Where only some addresses of a block are
  /// those of one, it dials others.
  mutating func findDialledPublications() {
    guard reaches.contains(where: { $0.publication == nil }) else { return }
    struct Place: Hashable { var (address, port): (IPAddress, UInt16) }
    var places: [Place: Int] = [:]
    for (position, publication) in publications.enumerated() {
      for external in publication.externalAddresses {
        places[Place(address: external.dialled.value, port: publication.controlPort.value.external)] = position
      }
    }
    reaches = reaches.map { reach in
      guard reach.publication == nil, let port = reach.accesses.first?.controlPort.value.external else {
        return reach
      }
      let found = Set(reach.servers.map { places[Place(address: $0.value, port: port)] })
      guard found.count == 1, let only = found.first, let position = only else { return reach }
      var parts = reach.parts
      parts.dialled = position
      return Outreach(parts, of: nil)
    }
  }
}
