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
  /// The name of the innermost gateway.
  private let innermost: String
  /// What the box before that one translates.
  private let boxes: [ExternalAddress]
  /// Where the innermost gateway is on the path.
  var last: Int { stations.count }
  /// The networks between gateways, where no client is.
  var networks: [Prefix] { stations.flatMap(\.surroundings.serverNetworks) }

  /// - Returns: `nil` for a publication with one gateway or none.
  init?(_ study: SessionStudy, of publication: Publication) {
    let hops = publication.hops
    guard let end = hops.last, let inner = study.policy.gateway(at: end.gateway) else { return nil }
    innermost = inner.name.value
    boxes = end.boxes
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
    return outer.first.map { GatewayPath($0, outer.dropFirst() + [inner]) } ?? GatewayPath(inner)
  }

  /// A client before the outermost gateway.
  ///
  /// - Parameter hidden: Networks behind the innermost gateway that mean nothing before it.
  func outsideClient(_ address: IPAddress, dialling dialled: IPAddress, hidden: [Prefix]) -> Party {
    let all = stations.flatMap(\.hidden) + hidden
    var host = Host(
      [address], behind: stations.first?.surroundings.outsideInterface ?? "outside",
      unreachable: all.filter { !$0.contains(dialled) })
    host.hop = 0
    return .host(host)
  }

  /// Whether something is known of all gateways that a session came to.
  func wasRun(_ performance: Performance, innermost: Bool) -> Bool {
    performance.passedOnly { stations.indices.contains($0) ? stations[$0].gateway.wasRun : innermost }
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
