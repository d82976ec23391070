package import Addressing
import FTPSession
import Lowering
package import Nftables
package import Policy

/// The passive port of a server that may take any.
private let anyPort: UInt16 = 50005

/// The sessions of publications on a gateway under one ruleset.
package struct SessionStudy: Sendable {
  private let policy: Policy
  private let program: Program
  /// The external addresses that each gateway itself answers to.
  private let gatewayAddresses: Set<IPAddress>

  /// - Parameters:
  ///   - gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  ///   - ruleset: What runs there, all tables.
  package init(_ policy: Policy, gateway: Int?, ruleset: Ruleset) {
    self.policy = policy
    program = Program(ruleset)
    var own: Set<IPAddress> = []
    var translated: Set<IPAddress> = []
    var servers: Set<IPAddress> = []
    for publication in policy.publications where publication.gateway == gateway {
      for endpoint in policy.endpoints(of: publication) {
        switch endpoint.reach {
        case .local: own.insert(endpoint.external.value)
        case .translated: translated.insert(endpoint.external.value)
        case .routed: break
        }
        if endpoint.reach != .local { servers.insert(endpoint.server) }
      }
    }
    // An external address may be that of a server behind the gateway, of which some ports lead elsewhere.
    gatewayAddresses = own.union(translated.subtracting(servers))
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
    var table = SessionTable(publication: publication.name.value, cells: [], clients: [:])
    guard let server = policy.server(of: publication) else { return table }
    let surroundings = SessionSurroundings(policy, publication, server, gatewayAddresses: gatewayAddresses)
    let network = site?.network ?? surroundings.network
    let party =
      server.isLocal ? surroundings.server : site?.server(server.addresses.map(\.value)) ?? surroundings.server
    let endpoints = policy.endpoints(of: publication)
    let admitted = policy.admittedClients(of: publication)
    let samples = ClientSamples(
      admitted: admitted, taken: surroundings.serverNetworks + gatewayAddresses.map { Prefix($0) })
    for place in ClientPlace.allCases {
      for family in AddressFamily.allCases where client == nil || client?.family == family {
        guard let endpoint = endpoints.first(where: { $0.family == family }) else {
          if place == .allowed { table.cells += unpublished(family) }
          continue
        }
        let address: IPAddress?
        if let known = site?.client(place, family) {
          address = known
        } else if let client {
          let isInside = surroundings.serverNetworks.contains { $0.contains(client) }
          let its: ClientPlace = isInside ? .inside : admitted.contains(client) ? .allowed : .stranger
          address = its == place ? client : nil
        } else {
          switch place {
          case .allowed: address = samples.allowed(family)
          case .stranger: address = samples.stranger(family)
          case .inside: address = surroundings.insideAddress(family)
          }
        }
        guard let address else { continue }
        table.clients[place, default: [:]][family] = address
        let scene = Scene(
          study: self, publication: publication, endpoint: endpoint, place: place,
          client: site?.party(place, address)
            ?? (place == .inside
              ? surroundings.insideClient(address) : surroundings.outsideClient(address, endpoint)),
          server: ftpServer(publication, server, party), network: network, kernel: site?.kernel ?? KernelTraits(),
          permission: SessionPermission(
            publication: publication, endpoint: endpoint,
            deniesInside: policy.deniedClients(of: publication).contains(address)))
        table.cells += scene.cells(program, permittedOnly: permittedOnly)
      }
    }
    return table
  }

  /// The cells of a family in which nothing can be dialled.
  private func unpublished(_ family: AddressFamily) -> [SessionCell] {
    Encryption.allCases.flatMap { encryption in
      DataMode.allCases.map { mode in
        SessionCell(
          place: .allowed, encryption: encryption, mode: mode, family: family, outcome: .refused,
          reason: "the publication has no \(family == .ipv4 ? "IPv4" : "IPv6") address", isPermitted: false)
      }
    }
  }

  /// The server as its settings make it.
  private func ftpServer(_ publication: Publication, _ server: Server, _ party: Party) -> FTPServer {
    let range = publication.passiveRange?.value
    let ends = range.map { [$0.low, $0.high] } ?? [anyPort]
    let port = publication.controlPort.value.server
    var model = FTPServer(
      party, controlPort: port, passivePorts: ends.first == ends.last ? Array(ends.prefix(1)) : ends)
    let masquerade = policy.masquerade(of: publication)
    let kind = server.software?.value.kind
    // ProFTPD has a masquerade address for TLS sessions alone (`TLSMasqueradeAddress`).
    let announcesOwn = masquerade.plainMayBeOwn && kind == .proftpd
    model.announced = announcesOwn ? nil : masquerade.plain
    model.announcedEncrypted = masquerade.encrypted
    let tls = publication.tls.value
    model.allowsPlain = tls.allowsPlain
    model.offersTLS = tls == .explicitOptional || tls == .explicitRequired
    model.isImplicit = tls == .implicit
    model.allowsClearControl = publication.clearControl != nil
    model.refusesActive = !publication.active.value && kind?.canRefuseActive == true
    model.activePort = kind?.activeDataPort(controlPort: port)
    return model
  }
}

/// One client and one family of one publication.
private struct Scene {
  let study: SessionStudy
  let publication: Publication
  let endpoint: Endpoint
  let place: ClientPlace
  let client: Party
  let server: FTPServer
  let network: Network
  let kernel: KernelTraits
  let permission: SessionPermission

  func cells(_ program: Program, permittedOnly: Bool) -> [SessionCell] {
    let theatre = Theatre(program, network, kernel)
    let byEncryption = Encryption.allCases.map { encryption in
      let modes = DataMode.allCases.filter { mode in
        !permittedOnly || permission.refusal(place, encryption, mode) == nil
      }
      return cells(encryption, modes, theatre, isQuick: permittedOnly)
    }
    return DataMode.allCases.flatMap { mode in
      byEncryption.compactMap { cells in cells.first { $0.mode == mode } }
    }
  }

  /// The modes of one kind of TLS, which have their login in common.
  ///
  /// - Parameter isQuick: Whether PASV and EPSV have one end of the passive range each, instead of both.
  private func cells(
    _ encryption: Encryption, _ modes: [DataMode], _ theatre: Theatre, isQuick: Bool
  ) -> [SessionCell] {
    guard let first = modes.first else { return [] }
    let session = Session(
      client: client, server: server, dialled: endpoint.external.value, port: publication.controlPort.value.external,
      encryption, first)
    let login = theatre.logIn(session)
    return modes.map { mode in
      var session = session
      session.mode = mode
      let ports =
        isQuick
        ? (mode == .pasv ? server.passivePorts.suffix(1) : server.passivePorts.prefix(1)) : server.passivePorts[...]
      var performance = worst(session, ports, login, theatre)
      var remark = ""
      if performance.ending != .works, encryption == .explicit, server.allowsClearControl {
        session.clearsControl = true
        let other = worst(session, ports, theatre.logIn(session), theatre)
        if other.ending == .works {
          performance = other
          remark = "only after CCC: sessions that stay encrypted have no data path"
        }
      }
      let refusal = permission.refusal(place, encryption, mode)
      let (outcome, reason) = judge(performance, refusal, remark)
      return SessionCell(
        place: place, encryption: encryption, mode: mode, family: endpoint.family, outcome: outcome, reason: reason,
        isPermitted: refusal == nil, performance: performance)
    }
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

extension Compilation {
  /// Whether the sessions of a publication can be told: its statements were all understood, whatever they amount to.
  package func canExplain(_ publication: Publication) -> Bool {
    let server = policy.server(of: publication)
    return !policy.isPartial && publication.unreadable.isEmpty && server?.unreadable.isEmpty == true
      && !policy.endpoints(of: publication).isEmpty
  }

  /// The sessions of a publication.
  ///
  /// - Parameters:
  ///   - publication: One of `policy.publications`.
  ///   - running: The ruleset of its gateway and the machines around it; what the policy compiles to when `nil`.
  ///   - client: The only client to look at.
  package func sessions(
    of publication: Publication, running: (ruleset: Ruleset, site: SessionSite)? = nil, client: IPAddress? = nil
  ) -> SessionTable {
    let ruleset = running?.ruleset ?? Ruleset([table(gateway: publication.gateway)])
    return SessionStudy(policy, gateway: publication.gateway, ruleset: ruleset)
      .table(of: publication, client: client, at: running?.site)
  }
}
