import Addressing
import Diagnostics
import FTPSession
import Nftables
import Platforms
import Policy

/// The passive port of a server that may take any.
private let anyPort: UInt16 = 50005

/// The clients and servers of one publication.
struct Scenes: Sendable {
  let study: SessionStudy
  let publication: Publication
  /// The only client to look at; `nil` for one of each place.
  var client: IPAddress?
  let site: SessionSite?
  let server: FTPServer
  let endpoints: [Endpoint]
  let surroundings: SessionSurroundings
  /// The gateways further out; `nil` where there is one gateway or none.
  let path: ScenePath?
  let samples: ClientSamples
  /// Where addresses of clients begin to fare differently.
  let addressBorders: AddressBorders?
  let passivePorts: PassivePorts
  let clientPorts: ClientPortKinds
  /// Those of a client that is to be kept out.
  private let chosenPorts: ClientPortKinds
  /// The same where the machine is not asked whose addresses are taken.
  private let looseSamples: ClientSamples

  /// - Returns: `nil` for a publication without server.
  init?(_ study: SessionStudy, of publication: Publication, client: IPAddress? = nil, at site: SessionSite? = nil) {
    guard let server = study.policy.server(of: publication) else { return nil }
    self.study = study
    self.publication = publication
    self.client = client
    self.site = site
    endpoints = study.policy.endpoints(of: publication)
    let own = SessionSurroundings(
      study.policy, publication, server, gatewayAddresses: study.gatewayAddresses,
      interfaces: study.interfaces(publication))
    let onward = study.onward
    surroundings = onward.map { own.reaching($0.neighbours) } ?? own
    let path = ScenePath(study, of: publication)
    self.path = path
    looseSamples = ClientSamples(
      admitted: study.policy.admittedClients(of: publication),
      taken: [
        AddressSet(
          surroundings.insideNetworks + (path?.networks ?? [])
            + publication.externalAddresses.filter { $0.at != nil }.map { Prefix($0.dialled.value) }),
        study.gatewayAddressSet,
      ],
      areInside: study.policy.isOutbound)
    samples = ClientSamples(
      admitted: looseSamples.admitted, taken: looseSamples.taken + [AddressSet(site?.taken ?? [])],
      areInside: study.policy.isOutbound, likely: site?.likely ?? [], isThere: site?.mayBeClient)
    let party =
      server.isLocal ? surroundings.server : site?.server(server.addresses.map(\.value)) ?? surroundings.server
    var ftp = FTPServer(publication, server, party.at(hop: path?.last ?? 0), publication.masquerade(endpoints))
    if let onward {
      if let real = onward.server { ftp = real }
      ftp.party = onward.party.at(hop: path?.last ?? 0)
    }
    self.server = ftp
    passivePorts = PassivePorts(ftp.passivePorts, study.borders?.adding(site?.network.routing?.ports ?? []))
    let borders = study.clientBorders?.adding(site?.network.routing?.ports ?? [])
    clientPorts = ClientPortKinds(borders)
    chosenPorts = ClientPortKinds(borders, of: ClientPortKinds.any)
    let views = [publication] + publication.hops.map(\.publication)
    let single = views.flatMap { [$0.controlPort.value.external, $0.controlPort.value.server] } + ftp.passivePorts
    addressBorders = study.addressBorders?(
      SessionEnds(
        addresses: Set(endpoints.flatMap { [$0.dialled, $0.arrival, $0.server] }),
        ports: single.map { $0...$0 } + [publication.passiveRange?.value.ports ?? 1...UInt16.max],
        in: (.inet, Platforms.nftables.tableName)))
  }

  func endpoint(_ family: AddressFamily) -> Endpoint? { endpoints.first { $0.family == family } }

  /// The client of a place; `nil` where there is none, or nothing that it could dial.
  func scene(_ place: ClientPlace, _ family: AddressFamily) -> Scene? {
    guard let endpoint = endpoint(family), let address = address(place, family) else { return nil }
    return scene(place, address, endpoint)
  }

  /// A client with that address.
  func scene(_ place: ClientPlace, _ address: IPAddress, _ endpoint: Endpoint) -> Scene {
    var network = site?.network ?? surroundings.network
    let inwards = self.inwards(endpoint)
    if study.policy.isOutbound {
      network.addBoxes(of: publication, in: study.policy, towards: inwards)
    } else if path == nil {
      network.translatedBefore += publication.externalAddresses.filter { $0.at != nil }.map(TranslationBefore.init)
    }
    let client = client(place, address, endpoint)
    let permission = SessionPermission(
      publication: publication, endpoint: endpoint,
      deniesInside: study.policy.deniedClients(of: publication).contains(address))
    return Scene(
      study: study, publication: publication, endpoint: endpoint, place: place, clientAddress: address,
      client: client, server: server, network: network, inwards: inwards, path: path,
      kernel: site?.kernel ?? KernelTraits(),
      permission: permission, passivePorts: passivePorts,
      clientPorts: permission.exclusion(place) == nil ? clientPorts : chosenPorts)
  }

  /// The interface of the gateway towards the server.
  private func inwards(_ endpoint: Endpoint) -> String {
    site?.network.interface(leadingTo: endpoint.server) ?? surroundings.insideInterface
  }

  /// The machine of a client. Where there are several gateways, those outside are before the outermost.
  private func client(_ place: ClientPlace, _ address: IPAddress, _ endpoint: Endpoint) -> Party {
    if let path, place != .inside, site == nil || !path.beginsHere {
      return path.outsideClient(
        address, dialling: endpoint.dialled, surroundings,
        hidden: endpoint.reach == .translated ? surroundings.serverNetworks : [])
    }
    let invented =
      place == .inside ? surroundings.insideClient(address) : surroundings.outsideClient(address, endpoint)
    let real = site.map { site in
      let party = site.party(place, address, endpoint.arrival)
      return place == .inside ? party : party.without(routesOf: invented)
    }
    return (real ?? invented).at(hop: place == .inside ? path?.last ?? 0 : 0)
  }

  private func address(_ place: ClientPlace, _ family: AddressFamily) -> IPAddress? {
    if let client {
      // Who is beside somebody else's server does not pass the gateway.
      let isInside =
        !study.policy.isOutbound
        && (site?.isInside(client) ?? surroundings.insideNetworks.contains { $0.contains(client) })
      let its: ClientPlace = isInside ? .inside : samples.admitted.contains(client) ? .allowed : .stranger
      return its == place ? client : nil
    }
    if let known = site?.client(place, family) { return known }
    switch place {
    case .allowed: return samples.allowed(family) ?? looseSamples.allowed(family)
    case .stranger: return samples.stranger(family) ?? looseSamples.stranger(family)
    case .inside: return site?.knowsClientsInside == true ? nil : surroundings.insideAddress(family)
    }
  }
}

extension Party {
  /// The party, without routes to prefixes that the other one does not reach either, such as the private network of a
  /// server whose address is translated.
  fileprivate func without(routesOf other: Party) -> Party {
    guard case .host(var own) = self, case .host(let other) = other else { return self }
    own.unreachable += other.unreachable.filter { !own.unreachable.contains($0) }
    return .host(own)
  }
}

extension FTPServer {
  /// The server as its settings make it.
  fileprivate init(_ publication: Publication, _ server: Server, _ party: Party, _ masquerade: MasqueradeAddresses) {
    let range = publication.passiveRange?.value
    let ends = range.map { [$0.low, $0.high] } ?? [anyPort]
    let port = publication.controlPort.value.server
    self.init(party, controlPort: port, passivePorts: ends.first == ends.last ? Array(ends.prefix(1)) : ends)
    let facts = server.software?.value.kind.facts
    announced = server.announcedInClear(masquerade)
    announcedEncrypted = masquerade.encrypted
    let tls = publication.tls.value
    allowsPlain = tls.allowsPlain
    offersTLS = tls == .explicitOptional || tls == .explicitRequired
    isImplicit = tls == .implicit
    allowsClearControl = publication.clearControl != nil
    refusesActive = !publication.active.value && facts?.canRefuseActive == true
    activePort = facts?.activeDataPort(controlPort: port)
  }
}

/// One client and one family of one publication.
struct Scene {
  let study: SessionStudy
  let publication: Publication
  let endpoint: Endpoint
  let place: ClientPlace
  let clientAddress: IPAddress
  let client: Party
  let server: FTPServer
  let network: Network
  /// The interface of the gateway towards the server.
  let inwards: String
  let path: ScenePath?
  let kernel: KernelTraits
  let permission: SessionPermission
  /// The passive ports that are tried.
  let passivePorts: PassivePorts
  /// The ports of the client that are tried.
  var clientPorts: ClientPortKinds
  /// Whether a client beside the first is tried on every part of the passive range, instead of its ends: a rule may
  /// keep one client from one port.
  var triesEveryPart = false

  /// What stands still while sessions are played.
  func theatre(keepsSteps: Bool = true) -> Theatre {
    path.map { Theatre($0.gateways(study.program, network, kernel, inwards: inwards), keepsSteps: keepsSteps) }
      ?? Theatre(study.program, network, kernel, keepsSteps: keepsSteps)
  }

  func cells(permittedOnly: Bool) -> [SessionCell] {
    let theatre = theatre()
    let byEncryption = Encryption.allCases.map { encryption in
      let modes = permittedOnly ? permitted(encryption) : DataMode.allCases
      return cells(encryption, modes, theatre, isQuick: permittedOnly && study.borders == nil)
    }
    return DataMode.allCases.flatMap { mode in
      byEncryption.compactMap { cells in cells.first { $0.mode == mode } }
    }
  }

  /// Whether every session works that the policy permits. Nothing is written down of them.
  var permittedSessionsWork: Bool {
    let wanted = Encryption.allCases.map { ($0, permitted($0)) }.filter { !$0.1.isEmpty }
    guard !wanted.isEmpty else { return true }
    let theatre = theatre(keepsSteps: false)
    return wanted.allSatisfy { encryption, modes in
      let session = session(encryption)
      let login = theatre.logIn(session)
      var logins = PortLogins(theatre)
      return modes.allSatisfy { mode in
        let played = play(mode, session, login, theatre, isQuick: !triesEveryPart)
        guard played.parts.allSatisfy({ $0.outcome == .works }) else { return false }
        let onAll = onClientPorts(played, ports(mode, isQuick: true), &logins)
        return onAll.performance.ending == .works && !onAll.leavesPortsOpen
      }
    }
  }

  /// Why permitted sessions do not work, of each kind that does not; each passive mode has one end of the range.
  var permittedLosses: [Loss] {
    let theatre = theatre(keepsSteps: false)
    return Encryption.allCases.flatMap { encryption in
      let modes = permitted(encryption)
      guard !modes.isEmpty else { return [Loss]() }
      let session = session(encryption)
      let login = theatre.logIn(session)
      return modes.compactMap { play($0, session, login, theatre, isQuick: true).performance.ending.loss }
    }
  }

  private func permitted(_ encryption: Encryption) -> [DataMode] {
    DataMode.allCases.filter { permission.refusal(place, encryption, $0) == nil }
  }

  /// A session whose mode is still to be chosen.
  func session(_ encryption: Encryption) -> Session {
    Session(
      client: client, server: server, dialled: endpoint.dialled, port: publication.controlPort.value.external,
      encryption, .pasv)
  }

  /// The modes of one kind of TLS, which have their login in common.
  private func cells(
    _ encryption: Encryption, _ modes: [DataMode], _ theatre: Theatre, isQuick: Bool
  ) -> [SessionCell] {
    guard !modes.isEmpty else { return [] }
    let session = session(encryption)
    let login = theatre.logIn(session)
    var logins = PortLogins(theatre)
    let entry = entry(login, session, &logins)
    return modes.map { mode in
      var played = play(mode, session, login, theatre, isQuick: isQuick)
      let refusal = permission.refusal(place, encryption, mode)
      if refusal == nil { played = onClientPorts(played, ports(mode, isQuick: isQuick), &logins) }
      var (outcome, reason) = judge(played.performance, refusal, played.remark)
      if !played.parts.isEmpty, outcome != .refused {
        reason = [played.parts.sentence, reason].filter { !$0.isEmpty }.joined(separator: ": ")
      }
      if let sentence = played.clientSentence, outcome != .refused { reason = "\(sentence): \(reason)" }
      if outcome == .works, refusal == nil, played.leavesPortsOpen {
        outcome = .undecided
        reason = ClientPortKinds.tooMany
      }
      // Ports that were not tried because there are too many parts.
      if outcome == .works, refusal == nil, played.parts.contains(where: { $0.outcome != .works }) {
        outcome = .undecided
        reason += ", where rules, sets and maps have too many borders to try all"
      }
      var cell = SessionCell(
        place: place, encryption: encryption, mode: mode, family: endpoint.family, outcome: outcome, reason: reason,
        isPermitted: refusal == nil, performance: played.performance)
      cell.passiveParts = played.parts
      cell.wasRun = path?.wasRun(played.performance, studied: study.wasRun) ?? study.wasRun
      cell.isReach = study.policy.isOutbound
      noteIntrusion(entry, &cell)
      return cell
    }
  }

  /// Marks the sessions of a client who is kept out, and whose control connection comes about all the same.
  private func noteIntrusion(_ entry: Entry?, _ cell: inout SessionCell) {
    guard let refusal = permission.exclusion(place), let entry else { return }
    cell.isIntrusion = true
    cell.isIntrusionOpen = entry.isUndecided
    guard cell.outcome == .refused else { return }
    cell.reason =
      entry.isUndecided
      ? "nobody can tell whether its control connection\(entry.words) comes about although \(refusal)"
      : "its control connection\(entry.words) comes about although \(refusal)"
  }

  struct Played {
    var performance: Performance
    var remark = ""
    /// The parts of the passive range, where they fare differently.
    var parts: [PassivePart] = []
    /// What becomes of the ports of the client, where a session does not work on all of them.
    var clientParts: [PassivePart] = []
    /// Whether ports of the client were not tried, because rules tell too many apart.
    var leavesPortsOpen = false
  }

  /// The sessions of one mode, or the one among them that shows why they do not work, and what is to be said of it.
  ///
  /// - Parameter isQuick: Whether PASV and EPSV have one end of the passive range each, instead of all its parts.
  private func play(
    _ mode: DataMode, _ session: Session, _ login: Theatre.Login, _ theatre: Theatre, isQuick: Bool
  ) -> Played {
    var session = session
    session.mode = mode
    let ports = ports(mode, isQuick: isQuick)
    let played = worst(session, ports, login, theatre)
    if played.performance.ending != .works, session.encryption == .explicit, server.allowsClearControl {
      session.clearsControl = true
      var other = worst(session, ports, theatre.logIn(session), theatre)
      if other.performance.ending == .works {
        other.remark = "only after CCC: sessions that stay encrypted have no data path"
        return other
      }
    }
    return played
  }

  /// The passive ports that are tried in a mode.
  private func ports(_ mode: DataMode, isQuick: Bool) -> PassivePorts {
    let ends = server.passivePorts
    return isQuick ? PassivePorts(Array(mode == .pasv ? ends.suffix(1) : ends.prefix(1)), nil) : passivePorts
  }

  /// The session on the first of the passive ports where it does not work, or on the last where it does.
  func worst(
    _ session: Session, _ ports: PassivePorts, _ login: Theatre.Login, _ theatre: Theatre
  ) -> Played {
    var session = session
    session.passivePort = ports.parts.first?.ports.lowerBound ?? session.passivePort
    let first = theatre.perform(session, after: login)
    // Without a control connection, and in active mode, the passive port does not matter; and one part is all there is
    // to tell.
    guard !session.mode.isActive, login.isConnected, let part = ports.parts.first,
      ports.parts.count > 1 || ports.untried != nil
    else { return Played(performance: first) }
    var trial = PassiveTrial()
    trial.add(part.ports, first)
    var known = [part.kind: first]
    for part in ports.parts.dropFirst() {
      session.passivePort = part.ports.lowerBound
      let performance = known[part.kind] ?? theatre.perform(session, after: login)
      known[part.kind] = performance
      trial.add(part.ports, performance)
    }
    trial.add(untried: ports.untried)
    return Played(performance: trial.performance ?? first, parts: trial.isMixed ? trial.parts : [])
  }

  private func judge(_ performance: Performance, _ refusal: String?, _ remark: String) -> (SessionOutcome, String) {
    switch (performance.ending, refusal) {
    case (.works, nil): (.works, remark)
    case (.works, let refusal?): (.works, "nothing stops it although \(refusal)")
    case (.lost(_, let loss), _) where loss.isUndecided: (.undecided, performance.sentence)
    case (_, let refusal?): (.refused, refusal)
    case (_, nil): (.broken, performance.sentence)
    }
  }
}
