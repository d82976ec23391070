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

/// The gateways beside the one that is studied, on the path of one publication: those further out, each with its
/// surroundings, or of users those that come after theirs.
struct ScenePath {
  /// One of those further out, on its part of the path.
  private struct Station {
    let gateway: OuterGateway
    let surroundings: SessionSurroundings
    let hop: PublicationHop
    /// Networks that mean nothing further out.
    let hidden: [Prefix]
  }

  private let stations: [Station]
  /// What comes after the gateway that is studied.
  private let onward: OnwardPath?
  /// The name of the gateway that is studied.
  private let name: String
  /// What the box before that one translates.
  private let boxes: [ExternalAddress]
  /// Where the gateway is on the path that is next to the server.
  var last: Int { stations.count + (onward?.hops.count ?? 0) }
  /// The networks between gateways, where no client is.
  var networks: [Prefix] { stations.flatMap(\.surroundings.serverNetworks) }
  /// Whether clients are next to the gateway that is studied.
  var beginsHere: Bool { stations.isEmpty }

  /// - Returns: `nil` for a publication with one gateway or none.
  init?(_ study: SessionStudy, of publication: Publication) {
    if let onward = study.onward {
      name = study.policy.gateway(of: publication)?.name.value ?? ""
      (stations, boxes, self.onward) = ([], [], onward)
      return
    }
    let hops = publication.hops
    guard let end = hops.last, let inner = study.policy.gateway(at: end.gateway) else { return nil }
    name = inner.name.value
    boxes = end.boxes
    onward = nil
    stations = zip(hops.dropLast(), hops.dropFirst()).compactMap { hop, next in
      study.outer.first { $0.position == hop.gateway }.map { Self.station($0, hop, next) }
    }
    guard stations.count == hops.count - 1 else { return nil }
  }

  private static func station(_ gateway: OuterGateway, _ hop: PublicationHop, _ next: PublicationHop) -> Station {
    let surroundings = SessionSurroundings(
      gateway.view, hop.publication, hop.server, gatewayAddresses: gateway.addresses, interfaces: (nil, nil))
    let isTranslated = hop.publication.endpoints(at: hop.server).contains { $0.reach == .translated }
    return Station(
      gateway: gateway, surroundings: surroundings.reaching(next.addressesOnWire), hop: hop,
      hidden: isTranslated ? surroundings.serverNetworks : [])
  }

  /// The path with the gateway as it is studied.
  ///
  /// - Parameter inwards: Its interface towards the server.
  func gateways(_ program: Program, _ network: Network, _ kernel: KernelTraits, inwards: String? = nil) -> GatewayPath
  {
    let outer = stations.map { station in
      var network = station.surroundings.network
      network.translatedBefore = station.hop.boxes.map(TranslationBefore.init)
      return Hop(
        station.gateway.name, station.gateway.program, network,
        outwards: station.surroundings.outsideInterface, inwards: station.surroundings.insideInterface)
    }
    var own = network
    own.translatedBefore += boxes.map(TranslationBefore.init)
    let studied = Hop(name, program, own, kernel, inwards: inwards)
    let all = outer + [studied] + (onward?.hops ?? [])
    return GatewayPath(all.first ?? studied, Array(all.dropFirst()))
  }

  /// A client before the outermost gateway.
  ///
  /// - Parameters:
  ///   - own: The surroundings of the gateway that is studied.
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
  ///
  /// - Parameter studied: Whether it is of the one that is studied.
  func wasRun(_ performance: Performance, studied: Bool) -> Bool {
    performance.passedOnly { hop in
      if stations.indices.contains(hop) { return stations[hop].gateway.wasRun }
      return hop == stations.count ? studied : onward?.wasRun ?? true
    }
  }
}

extension PublicationHop {
  /// What answers on the wire before its gateway.
  var addressesOnWire: Set<IPAddress> { publication.addressesOnWire(server, boxes: boxes) }
}

extension Publication {
  /// What answers on the wire before its gateway: that one's own addresses, and those of a box before it.
  func addressesOnWire(_ server: Server?, boxes: [ExternalAddress]) -> Set<IPAddress> {
    let own = server.map(endpoints) ?? []
    let hidden = Set(boxes.map(\.arrival.value))
    return Set(
      own.filter { $0.reach != .routed }.map(\.arrival).filter { !hidden.contains($0) } + boxes.map(\.dialled.value))
  }
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
