import Addressing
import FTPSession
import Policy

/// The passive port of a server that may take any.
private let anyPort: UInt16 = 50005

/// The clients and servers of one publication.
struct Scenes {
  let study: SessionStudy
  let publication: Publication
  let client: IPAddress?
  let site: SessionSite?
  let server: FTPServer
  let endpoints: [Endpoint]
  let surroundings: SessionSurroundings
  let samples: ClientSamples
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
    surroundings = SessionSurroundings(
      study.policy, publication, server, gatewayAddresses: study.gatewayAddresses,
      interfaces: study.interfaces(publication))
    looseSamples = ClientSamples(
      admitted: study.policy.admittedClients(of: publication),
      taken: surroundings.insideNetworks + study.gatewayAddresses.map { Prefix($0) }
        + publication.externalAddresses.filter { $0.at != nil }.map { Prefix($0.dialled.value) })
    samples = ClientSamples(admitted: looseSamples.admitted, taken: looseSamples.taken + (site?.taken ?? []))
    let party =
      server.isLocal ? surroundings.server : site?.server(server.addresses.map(\.value)) ?? surroundings.server
    self.server = FTPServer(publication, server, party, publication.masquerade(endpoints))
  }

  func endpoint(_ family: AddressFamily) -> Endpoint? { endpoints.first { $0.family == family } }

  /// The client of a place; `nil` where there is none, or nothing that it could dial.
  func scene(_ place: ClientPlace, _ family: AddressFamily) -> Scene? {
    guard let endpoint = endpoint(family), let address = address(place, family) else { return nil }
    var network = site?.network ?? surroundings.network
    for external in publication.externalAddresses {
      guard let arrival = external.at else { continue }
      network.translatedBefore.append(TranslationBefore(dialled: external.dialled.value, arrival: arrival.value))
    }
    let invented =
      place == .inside ? surroundings.insideClient(address) : surroundings.outsideClient(address, endpoint)
    return Scene(
      study: study, publication: publication, endpoint: endpoint, place: place, clientAddress: address,
      client: site?.party(place, address, endpoint.arrival) ?? invented, server: server,
      network: network, kernel: site?.kernel ?? KernelTraits(),
      permission: SessionPermission(
        publication: publication, endpoint: endpoint,
        deniesInside: study.policy.deniedClients(of: publication).contains(address)))
  }

  private func address(_ place: ClientPlace, _ family: AddressFamily) -> IPAddress? {
    if let client {
      let isInside = site?.isInside(client) ?? surroundings.insideNetworks.contains { $0.contains(client) }
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

extension FTPServer {
  /// The server as its settings make it.
  fileprivate init(_ publication: Publication, _ server: Server, _ party: Party, _ masquerade: MasqueradeAddresses) {
    let range = publication.passiveRange?.value
    let ends = range.map { [$0.low, $0.high] } ?? [anyPort]
    let port = publication.controlPort.value.server
    self.init(party, controlPort: port, passivePorts: ends.first == ends.last ? Array(ends.prefix(1)) : ends)
    let kind = server.software?.value.kind
    // ProFTPD has a masquerade address for TLS sessions alone (`TLSMasqueradeAddress`).
    let announcesOwn = masquerade.plainMayBeOwn && kind == .proftpd
    announced = announcesOwn ? nil : masquerade.plain
    announcedEncrypted = masquerade.encrypted
    let tls = publication.tls.value
    allowsPlain = tls.allowsPlain
    offersTLS = tls == .explicitOptional || tls == .explicitRequired
    isImplicit = tls == .implicit
    allowsClearControl = publication.clearControl != nil
    refusesActive = !publication.active.value && kind?.canRefuseActive == true
    activePort = kind?.activeDataPort(controlPort: port)
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
  let kernel: KernelTraits
  let permission: SessionPermission

  func cells(permittedOnly: Bool) -> [SessionCell] {
    let theatre = Theatre(study.program, network, kernel)
    let byEncryption = Encryption.allCases.map { encryption in
      let modes = permittedOnly ? permitted(encryption) : DataMode.allCases
      return cells(encryption, modes, theatre, isQuick: permittedOnly)
    }
    return DataMode.allCases.flatMap { mode in
      byEncryption.compactMap { cells in cells.first { $0.mode == mode } }
    }
  }

  /// Whether every session works that the policy permits. Nothing is written down of them.
  var permittedSessionsWork: Bool {
    let wanted = Encryption.allCases.map { ($0, permitted($0)) }.filter { !$0.1.isEmpty }
    guard !wanted.isEmpty else { return true }
    let theatre = Theatre(study.program, network, kernel, keepsSteps: false)
    return wanted.allSatisfy { encryption, modes in
      let session = session(encryption)
      let login = theatre.logIn(session)
      return modes.allSatisfy { play($0, session, login, theatre, isQuick: true).performance.ending == .works }
    }
  }

  private func permitted(_ encryption: Encryption) -> [DataMode] {
    DataMode.allCases.filter { permission.refusal(place, encryption, $0) == nil }
  }

  /// A session whose mode is still to be chosen.
  private func session(_ encryption: Encryption) -> Session {
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
    return modes.map { mode in
      let (performance, remark) = play(mode, session, login, theatre, isQuick: isQuick)
      let refusal = permission.refusal(place, encryption, mode)
      let (outcome, reason) = judge(performance, refusal, remark)
      return SessionCell(
        place: place, encryption: encryption, mode: mode, family: endpoint.family, outcome: outcome, reason: reason,
        isPermitted: refusal == nil, performance: performance)
    }
  }

  /// The sessions of one mode, or the one among them that shows why they do not work, and what is to be said of it.
  ///
  /// - Parameter isQuick: Whether PASV and EPSV have one end of the passive range each, instead of both.
  private func play(
    _ mode: DataMode, _ session: Session, _ login: Theatre.Login, _ theatre: Theatre, isQuick: Bool
  ) -> (performance: Performance, remark: String) {
    var session = session
    session.mode = mode
    let ports =
      isQuick
      ? (mode == .pasv ? server.passivePorts.suffix(1) : server.passivePorts.prefix(1)) : server.passivePorts[...]
    let performance = worst(session, ports, login, theatre)
    if performance.ending != .works, session.encryption == .explicit, server.allowsClearControl {
      session.clearsControl = true
      let other = worst(session, ports, theatre.logIn(session), theatre)
      if other.ending == .works {
        return (other, "only after CCC: sessions that stay encrypted have no data path")
      }
    }
    return (performance, "")
  }

  /// The session on the first of the passive ports where it does not work, or on the last where it does.
  private func worst(
    _ session: Session, _ ports: ArraySlice<UInt16>, _ login: Theatre.Login, _ theatre: Theatre
  ) -> Performance {
    var session = session
    session.passivePort = ports.first ?? session.passivePort
    var performance = theatre.perform(session, after: login)
    guard !session.mode.isActive else { return performance }
    for port in ports.dropFirst() where performance.ending == .works {
      session.passivePort = port
      performance = theatre.perform(session, after: login)
    }
    return performance
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
