import Addressing
import Diagnostics
import PolicySyntax

/// One gateway on the path of a publication, with the publication as it is there: where packets arrive, where they go
/// next, and what of the statements this gateway carries out.
package struct PublicationHop: Sendable {
  /// Position in `Policy.gateways`.
  package var gateway: Int
  /// The publication on this gateway alone. Its external address is what clients dial `at` the address for which
  /// packets arrive here, its server the next machine on the way. Only the innermost gateway limits and logs, has
  /// clients inside and changes the source.
  package var publication: Publication
  /// The next machine: the server, or the next gateway inwards that translates.
  package var server: Server
  /// What a box before this gateway translates, which the policy does not describe: a cloud's 1:1 NAT.
  package var boxes: [ExternalAddress]
}

extension Policy {
  /// How many gateways a path has at most: packets of many systems pass no more than 63 (RFC 1700, `ip_default_ttl`).
  package static let longestPath = 63

  /// The gateways that connections to a gateway pass, the outermost first, itself the last. Where `behind` goes in a
  /// circle or too far, which are errors, it stands alone.
  package func path(to gateway: Int) -> [Int] {
    var path = [gateway]
    while let next = path.last.flatMap({ self.gateway(at: $0)?.behind?.value }) {
      guard path.count < Self.longestPath else { return [gateway] }
      path.append(next)
    }
    return path.reversed()
  }

  /// Whether all that decides about the way to a gateway was understood.
  package func isPathKnown(to gateway: Int?) -> Bool {
    guard let gateway else { return true }
    return path(to: gateway).allSatisfy { position in
      self.gateway(at: position)?.unreadable.isDisjoint(with: [.behind, .externalIP, .platform]) ?? false
    }
  }

  /// Whether a gateway is behind another one.
  package var hasPaths: Bool { gateways.contains { $0.behind != nil } }

  /// Whether a publication passes more than one gateway.
  package var hasHops: Bool { hasPaths && publications.contains { !$0.hops.isEmpty } }

  /// The policy as one gateway has to carry it out: publications whose path leads over it are what they are there, and
  /// those that pass other gateways alone are left out. Without any path the policy itself.
  package func seen(from gateway: Int?) -> Policy {
    guard hasHops else { return self }
    var view = self
    view.publications = []
    for publication in publications {
      guard !publication.hops.isEmpty else {
        if publication.gateway == gateway { view.publications.append(publication) }
        continue
      }
      guard let hop = publication.hops.first(where: { $0.gateway == gateway }) else { continue }
      var parts = hop.publication.parts
      parts.server = view.servers.count
      view.servers.append(hop.server)
      view.publications.append(Publication(parts))
    }
    view.expectations = expectations(in: view.publications)
    return view
  }

  /// The expectations of some publications, which have new positions.
  private func expectations(in others: [Publication]) -> [Expectation] {
    let positions = Dictionary(
      others.indices.map { (others[$0].name.value, $0) }, uniquingKeysWith: { first, _ in first })
    return expectations.compactMap { expectation in
      var moved = expectation
      guard case .publication = expectation.subject else { return moved }
      guard let position = positions[expectation.name.value] else { return nil }
      moved.subject = .publication(position)
      return moved
    }
  }
}

extension Policy {
  /// What the box before a gateway has to pass on, which the policy does not describe (`external ip A at B`), as a
  /// policy of its own: clients dial A, and B is the server. `nil` where there is no such box.
  package func seen(fromBoxBefore gateway: Int?) -> Policy? {
    var view = Policy()
    view.clientLists = clientLists
    for whole in publications where !whole.hops.isEmpty || whole.gateway == gateway {
      let hop = whole.hops.first { $0.gateway == gateway }
      let boxes = whole.hops.isEmpty ? whole.externalAddresses.filter { $0.at != nil } : hop?.boxes ?? []
      guard !boxes.isEmpty else { continue }
      let publication = hop?.publication ?? whole
      var parts = Publication.Parts(name: publication.name, header: publication.header)
      parts.externalAddresses = boxes.map { ExternalAddress($0.dialled) }
      parts.controlPort = publication.controlPort
      parts.controlPort.value.server = publication.controlPort.value.external
      (parts.passiveRange, parts.tls) = (publication.passiveRange, publication.tls)
      (parts.allow, parts.deny, parts.active) = (publication.allow, publication.deny, publication.active)
      parts.server = view.servers.count
      var server = Server.Parts(name: publication.name, header: publication.header)
      server.addresses = boxes.map(\.arrival)
      view.servers.append(Server(server))
      view.publications.append(Publication(parts))
    }
    return view.publications.isEmpty ? nil : view
  }

  /// Gives publications behind several gateways their hops. Without `behind` nothing is looked at.
  mutating func findHops() {
    guard hasPaths else { return }
    publications = publications.map { publication in
      guard let gateway = publication.gateway, gateways.indices.contains(gateway),
        let server = server(of: publication)
      else { return publication }
      let path = path(to: gateway)
      if path.count > 1 { return HopFinder(self, publication, server, path).publication }
      guard publication.externalAddresses.isEmpty else { return publication }
      var parts = publication.parts
      parts.externalAddresses = gateways[gateway].externalAddresses
      return Publication(parts)
    }
  }
}

/// Follows a publication along its path.
private struct HopFinder {
  private let policy: Policy
  private let original: Publication
  private let server: Server
  /// Positions, the outermost first.
  private let path: [Int]

  init(_ policy: Policy, _ publication: Publication, _ server: Server, _ path: [Int]) {
    (self.policy, original, self.server, self.path) = (policy, publication, server, path)
  }

  /// What becomes of one external address at one gateway.
  private struct Leg {
    var external: ExternalAddress
    /// `nil` for a server on the gateway itself.
    var target: Located<IPAddress>?
    var isTranslated: Bool
    /// What a box before this gateway translates, which nobody describes.
    var box: ExternalAddress?
  }

  /// The publication with its hops. On its own gateway packets arrive for the address that the last hop has.
  var publication: Publication {
    // By position on the path: what becomes of each address.
    var legs = [[Leg]](repeating: [], count: path.count)
    for external in dialled {
      for (position, leg) in self.legs(of: external).enumerated() { legs[position].append(leg) }
    }
    let translating = path.indices.filter { legs[$0].contains(where: \.isTranslated) }
    let shifting = translating.first ?? 0
    var parts = original.parts
    parts.externalAddresses = legs.last?.map(\.external) ?? []
    parts.hops = path.indices.map { position in
      hop(position, legs[position], isTranslating: translating.contains(position), translating, shifting)
    }
    return Publication(parts)
  }

  /// What clients dial: the publication's own addresses, or in each family that of the outermost gateway that has one.
  /// A box before an inner gateway is on the way from the outermost.
  private var dialled: [ExternalAddress] {
    guard original.externalAddresses.isEmpty else { return original.externalAddresses }
    return AddressFamily.allCases.compactMap { family in
      for (position, gateway) in path.enumerated() {
        guard let external = policy.gateway(at: gateway)?.external(family) else { continue }
        return position == 0 ? external : ExternalAddress(external.dialled)
      }
      return nil
    }
  }

  /// One address from the outside to the server.
  private func legs(of external: ExternalAddress) -> [Leg] {
    let family = external.family
    let end = server.address(family)
    var arrival = external.arrival
    var isWritten = true
    var passedBox = false
    return path.indices.map { position in
      let gateways = path[position...].compactMap { policy.gateway(at: $0) }
      var box = isWritten && external.at != nil ? external : nil
      // One may stand before an inner gateway as well.
      if !isWritten, let own = gateways.first?.external(family), own.at != nil, own.dialled.value == arrival.value {
        arrival = own.arrival
        box = own
      }
      passedBox = passedBox || box != nil
      let here = ExternalAddress(
        external.dialled, at: arrival.value == external.dialled.value ? nil : arrival,
        passesGateways: !isWritten && !passedBox)
      isWritten = false
      let inner = gateways.dropFirst()
      let leadsOn =
        arrival.value == end?.value || inner.contains { $0.external(family)?.dialled.value == arrival.value }
      let target =
        leadsOn ? arrival : inner.lazy.compactMap { $0.external(family)?.dialled }.first ?? end
      defer { arrival = target ?? arrival }
      return Leg(
        external: here, target: target, isTranslated: target.map { $0.value != arrival.value } ?? false, box: box)
    }
  }

  private func hop(
    _ position: Int, _ legs: [Leg], isTranslating: Bool, _ translating: [Int], _ shifting: Int
  ) -> PublicationHop {
    let isLast = position == path.count - 1
    let port = original.controlPort.value
    var parts = original.parts
    parts.hops = []
    parts.gateway = path[position]
    parts.externalAddresses = legs.map(\.external)
    parts.controlPort.value = ControlPort(
      external: position > shifting ? port.server : port.external,
      server: position < shifting ? port.external : port.server)
    // Who only passes packets on leaves what the helper has to read to those who translate, unless data connections
    // shall bear a mark there, which they have from the connection that a helper read.
    let isMarked = policy.gateway(at: path[position])?.mark != nil
    if !isTranslating, !translating.isEmpty, !isMarked, !(isLast && server.isLocal) { parts.helper.value = false }
    let boxes = legs.compactMap(\.box)
    guard !isLast else {
      parts.dialledPort = port.external
      return PublicationHop(
        gateway: path[position], publication: Publication(parts), server: server, boxes: boxes)
    }
    parts.limits = []
    parts.log = Setting(default: .off)
    parts.hairpin = Setting(default: false)
    parts.source = Setting(default: .keep)
    var next = server.parts
    next.local = nil
    next.isGateway = true
    next.addresses = legs.compactMap(\.target)
    return PublicationHop(
      gateway: path[position], publication: Publication(parts), server: Server(next), boxes: boxes)
  }
}
