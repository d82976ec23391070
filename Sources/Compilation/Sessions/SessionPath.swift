import Addressing
import Diagnostics
import FTPSession
import Flows
import Platforms
import Policy

/// A gateway further out than the one that is studied, with what the policy compiles to there.
struct OuterGateway: Sendable {
  /// Position in `Policy.gateways`.
  let position: Int
  let name: String
  /// The policy as this gateway carries it out.
  let view: Policy
  let program: Program
  let addresses: Set<IPAddress>
  /// Whether the model was held against real connections through such a gateway.
  let wasRun: Bool

  /// - Returns: `nil` where its platform cannot be played.
  init?(_ position: Int, of policy: Policy) {
    guard let platform = policy.platform(of: position) as? any SessionPlatform,
      let gateway = policy.gateway(at: position)
    else { return nil }
    self.position = position
    name = gateway.name.value
    view = policy.seen(from: position)
    program = Program(platform.ruleset(of: FlowPlan(view, gateway: position)))
    addresses = view.addresses(ofGateway: position)
    wasRun = platform.wasRun
  }
}

extension Policy {
  /// The addresses for which packets of publications arrive that a gateway itself answers to.
  func addresses(ofGateway gateway: Int?) -> Set<IPAddress> {
    var own: Set<IPAddress> = []
    var translated: Set<IPAddress> = []
    var servers: Set<IPAddress> = []
    for publication in publications where publication.gateway == gateway {
      for endpoint in endpoints(of: publication) {
        switch endpoint.reach {
        case .local: own.insert(endpoint.arrival)
        case .translated: translated.insert(endpoint.arrival)
        case .routed: break
        }
        if endpoint.reach != .local { servers.insert(endpoint.server) }
      }
    }
    // Answers to users come to the address that the gateway puts in the place of theirs.
    if isOutbound { own.formUnion(AddressFamily.allCases.compactMap { outboundSource(of: gateway, $0) }) }
    // An external address may be that of a server behind the gateway, of which some ports lead elsewhere.
    return own.union(translated.subtracting(servers))
  }
}

/// What stands before the innermost gateway on the path of one publication: the gateways further out, each with its
/// surroundings.
struct ScenePath {
  /// One of them, on its part of the path.
  private struct Station {
    let gateway: OuterGateway
    let surroundings: SessionSurroundings
    let hop: PublicationHop
    /// Networks that mean nothing further out.
    let hidden: [Prefix]
  }

  private let stations: [Station]
  /// The gateways at the other end, of users who reach a publication of the same policy, the outermost first.
  private let others: [Hop]
  /// Whether the model was held against real connections through all of them.
  private let othersWereRun: Bool
  /// The name of the innermost gateway.
  private let innermost: String
  /// What the box before that one translates.
  private let boxes: [ExternalAddress]
  /// Where the gateway is on the path that is next to the server.
  var last: Int { stations.count + others.count }
  /// The networks between gateways, where no client is.
  var networks: [Prefix] { stations.flatMap(\.surroundings.serverNetworks) }

  /// - Returns: `nil` for a publication with one gateway or none.
  init?(_ study: SessionStudy, of publication: Publication) {
    let hops = publication.hops
    guard let end = hops.last, let inner = study.policy.gateway(at: end.gateway) else { return nil }
    innermost = inner.name.value
    boxes = end.boxes
    (others, othersWereRun) = ([], true)
    stations = zip(hops.dropLast(), hops.dropFirst()).compactMap { hop, next in
      study.outer.first { $0.position == hop.gateway }.map { Self.station($0, hop, next) }
    }
    guard stations.count == hops.count - 1 else { return nil }
  }

  private static func station(_ gateway: OuterGateway, _ hop: PublicationHop, _ next: PublicationHop) -> Station {
    let surroundings = SessionSurroundings(
      gateway.view, hop.publication, hop.server, gatewayAddresses: gateway.addresses, interfaces: (nil, nil))
    let neighbours = Set(
      next.publication.endpoints(at: next.server).filter { $0.reach != .routed }.map(\.arrival)
        + next.boxes.map(\.dialled.value))
    let isTranslated = hop.publication.endpoints(at: hop.server).contains { $0.reach == .translated }
    return Station(
      gateway: gateway, surroundings: surroundings.reaching(neighbours), hop: hop,
      hidden: isTranslated ? surroundings.serverNetworks : [])
  }

  /// The path with the innermost gateway as it is studied.
  func gateways(_ program: Program, _ network: Network, _ kernel: KernelTraits) -> GatewayPath {
    let outer = stations.map { station in
      var network = station.surroundings.network
      network.translatedBefore = station.hop.boxes.map(TranslationBefore.init)
      return Hop(
        station.gateway.name, station.gateway.program, network,
        outwards: station.surroundings.outsideInterface, inwards: station.surroundings.insideInterface)
    }
    var own = network
    own.translatedBefore += boxes.map(TranslationBefore.init)
    let inner = Hop(innermost, program, own, kernel)
    let all = outer + [inner] + others
    return GatewayPath(all.first ?? inner, Array(all.dropFirst()))
  }

  /// A client before the outermost gateway.
  ///
  /// - Parameters:
  ///   - own: The surroundings of the innermost gateway.
  ///   - hidden: Networks behind that one that mean nothing before it.
  func outsideClient(
    _ address: IPAddress, dialling dialled: IPAddress, _ own: SessionSurroundings, hidden: [Prefix]
  ) -> Party {
    let all = stations.flatMap(\.hidden) + hidden
    return .host(
      Host(
        [address], behind: (stations.first?.surroundings ?? own).outsideInterface,
        unreachable: all.filter { !$0.contains(dialled) }))
  }

  /// Whether something is known of all gateways that a session came to.
  func wasRun(_ performance: Performance, innermost: Bool) -> Bool {
    performance.passedOnly { hop in
      if stations.indices.contains(hop) { return stations[hop].gateway.wasRun }
      return hop == stations.count ? innermost : othersWereRun
    }
  }
}

// MARK: Users of a publication of the same policy

/// A publication that users behind another gateway of the policy reach, with its own path. A class, because a study has
/// one that has a study.
final class ReachedEnd: Sendable {
  let publication: Publication
  /// Where the server really is, with what it announces.
  let scenes: Scenes

  /// - Returns: `nil` where a gateway on its path cannot be played, or is one that the users' packets pass before.
  init?(_ publication: Publication, in policy: Policy, besides passed: [Int]) {
    let path = publication.hops.isEmpty ? [publication.gateway].compactMap(\.self) : publication.hops.map(\.gateway)
    guard !path.isEmpty, Set(path).isDisjoint(with: passed),
      let platform = policy.platform(of: publication.gateway) as? any SessionPlatform
    else { return nil }
    let study = SessionStudy(
      policy, gateway: publication.gateway,
      ruleset: platform.ruleset(of: FlowPlan(policy, gateway: publication.gateway)))
    guard study.unplayed == nil, let scenes = Scenes(study, of: publication) else { return nil }
    (self.publication, self.scenes) = (publication, scenes)
  }

  /// Its gateways, the outermost first, each on its part of the path.
  fileprivate var hops: [Hop] {
    var network = scenes.surroundings.network
    guard let path = scenes.path else {
      network.translatedBefore = publication.externalAddresses.filter { $0.at != nil }.map(TranslationBefore.init)
      let name = scenes.study.policy.gateway(of: publication)?.name.value ?? ""
      return [Hop(name, scenes.study.program, network)]
    }
    let all = path.gateways(scenes.study.program, network, KernelTraits())
    return [all.first] + all.others
  }

  fileprivate var wereRun: Bool { scenes.study.wasRun && scenes.study.outer.allSatisfy(\.wasRun) }

  /// What answers on the wire before its outermost gateway: that one's own addresses, and those of a box before it.
  fileprivate var neighbours: Set<IPAddress> {
    let first = publication.hops.first
    let server = first?.server ?? scenes.study.policy.server(of: publication)
    let own = server.map { (first?.publication ?? publication).endpoints(at: $0) } ?? []
    let boxes = publication.hops.isEmpty ? publication.externalAddresses.filter { $0.at != nil } : first?.boxes ?? []
    return Set(
      own.filter { $0.reach != .routed && $0.external.at == nil }.map(\.arrival) + boxes.map(\.dialled.value))
  }
}

extension ScenePath {
  /// The path of users behind one gateway to a publication behind others.
  ///
  /// - Parameter own: The gateway of the users.
  init(users own: Gateway, to end: ReachedEnd) {
    stations = []
    boxes = []
    innermost = own.name.value
    others = end.hops
    othersWereRun = end.wereRun
  }
}

extension SessionSurroundings {
  /// The surroundings of the users' gateway where the next machine further on is that of the publication.
  func reaching(_ end: ReachedEnd) -> SessionSurroundings { reaching(end.neighbours) }
}

extension TranslationBefore {
  init(_ external: ExternalAddress) {
    self.init(dialled: external.dialled.value, arrival: external.arrival.value)
  }
}

extension Party {
  /// The same behind, or on, another gateway of the path.
  func at(hop: Int) -> Party {
    switch self {
    case .gateway(let addresses, _): return .gateway(addresses, at: hop)
    case .host(var host):
      host.hop = hop
      return .host(host)
    }
  }
}
