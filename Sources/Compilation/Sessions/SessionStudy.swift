package import Addressing
import Diagnostics
import FTPSession
package import Nftables
import Platforms
package import Policy

/// The sessions of publications on a gateway under one ruleset.
package struct SessionStudy: Sendable {
  let policy: Policy
  let program: Program
  /// Whether the gateway is one of those on whose kernel the model was held against real connections.
  let wasRun: Bool
  /// The addresses for which packets arrive that each gateway itself answers to.
  let gatewayAddresses: Set<IPAddress>
  /// The same, to look one up among many.
  let gatewayAddressSet: AddressSet
  /// The gateways further out, the outermost first.
  let outer: [OuterGateway]
  /// What packets of users pass after the gateway; `nil` where that is nothing, or is not played.
  var onward: OnwardPath?
  /// The platform of the first of them that cannot be played; `nil` where all can.
  let unplayed: String?
  /// Where ports begin to fare differently; `nil` to try the ends of a passive range alone.
  var borders: PortBorders?
  /// Where ports of clients begin to fare differently by rules of others; `nil` to try the usual ports alone. Our own
  /// table treats all of them alike.
  var clientBorders: PortBorders?
  /// Where addresses of clients begin to fare differently, of sessions with some ends at the gateway and the server;
  /// `nil` to try one client of a kind alone.
  var addressBorders: (@Sendable (SessionEnds) -> AddressBorders)?
  /// Whether clients of every network of `allow` and `deny` are tried.
  var triesNetworks: Bool
  /// How the interfaces towards clients and the server of a publication are called, where the machine tells.
  var interfaces: @Sendable (Publication) -> (outside: String?, inside: String?) = { _ in (nil, nil) }

  /// - Parameters:
  ///   - gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  ///   - ruleset: What runs there, all tables.
  ///   - judgesBorders: Whether to try passive ranges at every border of the ruleset. All its rules and elements are
  ///     read then.
  package init(_ policy: Policy, gateway: Int?, ruleset: Ruleset, judgesBorders: Bool = false) {
    let program = Program(ruleset)
    self.init(policy, gateway: gateway, program, bordering: judgesBorders ? (program, ruleset) : nil)
  }

  /// The sessions of one publication under rules that a gateway saved: those that its packets may meet.
  init(_ policy: Policy, of publication: Publication, underSaved ruleset: Ruleset) {
    let reach = SessionReach(of: publication, in: policy)
    let relevant = reach.relevant(in: ruleset)
    self.init(
      policy, gateway: publication.gateway, ruleset: relevant, bordering: reach.distinguishing(in: relevant))
  }

  /// - Parameter bordering: The rules whose borders are tried.
  init(_ policy: Policy, gateway: Int?, ruleset: Ruleset, bordering: Ruleset) {
    self.init(policy, gateway: gateway, Program(ruleset), bordering: (Program(bordering), bordering))
  }

  /// Has ports and addresses tried where they begin to fare differently by the rules of another gateway on the path.
  mutating func tryBorders(of ruleset: Ruleset) {
    let program = Program(ruleset)
    borders = PortBorders(program)
    clientBorders = PortBorders(Program(ruleset.without(Platforms.nftables.tableName, .inet)))
    addressBorders = { AddressBorders(program, ends: $0) }
  }

  private init(
    _ policy: Policy, gateway: Int?, _ program: Program, bordering: (program: Program, ruleset: Ruleset)?
  ) {
    self.policy = policy
    wasRun = (policy.platform(of: gateway) as? any SessionPlatform)?.wasRun ?? false
    self.program = program
    triesNetworks = bordering != nil
    if let bordering {
      let distinguishing = bordering.program
      borders = PortBorders(distinguishing)
      clientBorders = PortBorders(Program(bordering.ruleset.without(Platforms.nftables.tableName, .inet)))
      addressBorders = { AddressBorders(distinguishing, ends: $0) }
    }
    gatewayAddresses = policy.addresses(ofGateway: gateway)
    gatewayAddressSet = AddressSet(gatewayAddresses.map { Prefix($0) })
    let further = policy.hasHops ? gateway.map { policy.path(to: $0).dropLast() } ?? [] : []
    outer = further.compactMap { OuterGateway($0, of: policy) }
    unplayed =
      outer.count == further.count
      ? nil : further.lazy.map { policy.platform(of: $0) }.first { !($0 is any SessionPlatform) }?.name
  }

  /// Every kind of session of a publication.
  ///
  /// - Parameters:
  ///   - client: The only client to look at, instead of one for each place.
  ///   - site: The machines that are really there, instead of invented ones.
  ///   - permittedOnly: Whether to leave out what the policy does not permit.
  package func table(
    of publication: Publication, client: IPAddress? = nil, at site: SessionSite? = nil, permittedOnly: Bool = false
  ) -> SessionTable {
    Scenes(self, of: publication, client: client, at: site).map { table($0, permittedOnly: permittedOnly) }
      ?? SessionTable(publication: publication.name.value, cells: [], clients: [:])
  }

  /// The same of scenes of this study.
  func table(_ scenes: Scenes, permittedOnly: Bool = false) -> SessionTable {
    let client = scenes.client
    var table = SessionTable(publication: scenes.publication.name.value, cells: [], clients: [:])
    for place in places {
      for family in AddressFamily.allCases where client == nil || client?.family == family {
        guard scenes.endpoint(family) != nil else {
          if place == .allowed { table.cells += unpublished(family) }
          continue
        }
        guard let scene = scenes.scene(place, family) else { continue }
        table.clients[place, default: [:]][family] = scene.clientAddress
        let cells = scenes.cells(of: scene, permittedOnly: permittedOnly, &table.notes)
        table.cells += cells
        if !permittedOnly { table.notes += scenes.remarks(on: cells, of: scene) }
      }
    }
    return table
  }

  /// Whether every session of a publication works that the policy permits, those that its table has with
  /// `permittedOnly`. That takes less than the table, which tells each of them.
  package func permittedSessionsWork(of publication: Publication, at site: SessionSite? = nil) -> Bool {
    guard let scenes = Scenes(self, of: publication, at: site) else { return true }
    return places.filter { $0 != .stranger }.allSatisfy { place in
      AddressFamily.allCases.allSatisfy { family in
        guard let scene = scenes.scene(place, family) else { return true }
        return scene.permittedSessionsWork
          && (place == .inside || scenes.othersWork(of: scene))
      }
    }
  }

  /// Where clients are. Who is beside somebody else's server does not pass the gateway.
  private var places: [ClientPlace] { policy.isOutbound ? [.allowed, .stranger] : ClientPlace.allCases }

  /// The cells of a family in which nothing can be dialled.
  private func unpublished(_ family: AddressFamily) -> [SessionCell] {
    let kind = policy.isOutbound ? "reach" : "publication"
    return Encryption.allCases.flatMap { encryption in
      DataMode.allCases.map { mode in
        SessionCell(
          place: .allowed, encryption: encryption, mode: mode, family: family, outcome: .refused,
          reason: "the \(kind) has no \(family == .ipv4 ? "IPv4" : "IPv6") address",
          isPermitted: false, isReach: policy.isOutbound, wasRun: wasRun)
      }
    }
  }
}

extension Compilation {
  /// Whether the sessions of a publication can be told: its statements were all understood, whatever they amount to.
  package func canExplain(_ publication: Publication) -> Bool {
    let server = policy.server(of: publication)
    return !policy.isPartial && policy.isPathKnown(to: publication.gateway) && publication.unreadable.isEmpty
      && server?.unreadable.isEmpty == true
      && !policy.endpoints(of: publication).isEmpty
  }

  /// The sessions of a publication.
  ///
  /// - Parameters:
  ///   - publication: One of `policy.publications`.
  ///   - running: The ruleset of its gateway and the machines around it; what the policy compiles to when `nil`.
  ///   - client: The only client to look at.
  package func sessions(
    of publication: Publication, running: (ruleset: Ruleset, site: SessionSite?)? = nil, client: IPAddress? = nil
  ) -> SessionTable {
    func undecided(by platform: String) -> SessionTable {
      SessionTable(of: publication, in: policy, undecidedBy: platform, client: client)
    }
    guard let ruleset = running?.ruleset ?? ruleset(gateway: publication.gateway) else {
      return undecided(by: platform(of: publication.gateway).name)
    }
    let isSaved = running != nil && running?.site == nil
    let study =
      isSaved
      ? SessionStudy(policy, of: publication, underSaved: ruleset)
      : SessionStudy(policy, gateway: publication.gateway, ruleset: ruleset, judgesBorders: true)
    if let unplayed = study.unplayed, !publication.hops.isEmpty { return undecided(by: unplayed) }
    return study.table(of: publication, client: client, at: running?.site)
  }
}
