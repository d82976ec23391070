import Addressing
import Diagnostics
import FTPSession
import Flows
import Platforms
import Policy

/// What packets of users pass after the gateway that is studied: gateways further out of their own, and those of the
/// publication that they use, where it is one of the same policy. A class, because a study has one that has a study.
final class OnwardPath: Sendable {
  /// The gateways in the order in which packets pass them, each with what the policy compiles to there, or with the
  /// rules that are judged.
  let hops: [Hop]
  /// Whether the model was held against real connections through all of them.
  let wasRun: Bool
  /// What answers on the wire after the gateway that is studied.
  let neighbours: Set<IPAddress>
  /// The server with all that it says; `nil` where it is somebody else's.
  let server: FTPServer?
  /// Where the server is.
  let party: Party

  /// - Parameters:
  ///   - access: What of a `reach` the gateway that is studied has to let through, of `outbound`.
  ///   - outbound: `policy.outbound`.
  ///   - publication: The one that the users use.
  ///   - judged: Rules that take the place of what the policy compiles to at one gateway.
  /// - Returns: `nil` where there is nothing after that gateway, or something that cannot be played.
  init?(
    after access: Publication, _ outbound: Policy, of policy: Policy, to publication: Publication?,
    judged: JudgedRules?
  ) {
    let end = publication.flatMap { ReachedEnd($0, in: policy, judged: judged) }
    guard publication == nil || end != nil else { return nil }
    let further = outbound.furtherOut(access)
    let passed = Set(further.map(\.gateway) + [access.gateway])
    guard !(further.isEmpty && end == nil), passed.isDisjoint(with: end?.path ?? []) else { return nil }
    let sources = passed.flatMap { gateway in
      AddressFamily.allCases.compactMap { outbound.outboundSource(of: gateway, $0) }
    }
    let first = end?.neighbours ?? []
    var users: [PassedGateway] = []
    for (position, access) in further.enumerated() {
      let isLast = position == further.count - 1
      let next: Set<IPAddress>? = isLast && end == nil ? nil : isLast ? first : []
      guard let one = PassedGateway(access, outbound, of: policy, next: next, sources: Set(sources)) else {
        return nil
      }
      users.append(one)
    }
    hops = users.map(\.hop) + (end?.hops ?? [])
    wasRun = users.allSatisfy(\.wasRun) && end?.wereRun ?? true
    neighbours = users.isEmpty ? first : []
    server = end?.scenes.server
    guard let party = end?.scenes.server.party ?? users.last?.server else { return nil }
    self.party = party
  }
}

extension Policy {
  /// The same access at the gateways further out, the nearest first; for a policy that is outbound.
  fileprivate func furtherOut(_ access: Publication) -> [Publication] {
    guard let gateway = access.gateway else { return [] }
    return path(to: gateway).dropLast().reversed().compactMap { position in
      publications.first { $0.gateway == position && $0.server == access.server }
    }
  }
}

/// A gateway further out that users pass.
private struct PassedGateway {
  let hop: Hop
  let wasRun: Bool
  /// The server beyond it.
  let server: Party

  /// - Parameters:
  ///   - next: What answers on the wire after it; `nil` where the server is there itself.
  ///   - sources: Addresses that gateways put in the place of the users': they are on this side.
  /// - Returns: `nil` where its platform cannot be played.
  init?(
    _ access: Publication, _ outbound: Policy, of policy: Policy, next: Set<IPAddress>?, sources: Set<IPAddress>
  ) {
    guard let platform = policy.platform(of: access.gateway) as? any SessionPlatform,
      let gateway = policy.gateway(of: access), let server = outbound.server(of: access)
    else { return nil }
    let own = SessionSurroundings(
      outbound, access, server, gatewayAddresses: outbound.addresses(ofGateway: access.gateway),
      interfaces: (nil, nil), avoiding: sources)
    let surroundings = next.map { own.reaching($0) } ?? own
    var network = surroundings.network
    network.addBoxes(of: access, in: outbound, towards: surroundings.insideInterface)
    hop = Hop(
      gateway.name.value, Program(platform.ruleset(of: FlowPlan(policy, gateway: access.gateway))), network,
      outwards: surroundings.outsideInterface, inwards: surroundings.insideInterface)
    wasRun = platform.wasRun
    self.server = surroundings.server
  }
}

extension Network {
  /// The boxes of a gateway by which users leave with its address (`external ip A at B`): the other end sees A.
  mutating func addBoxes(of access: Publication, in outbound: Policy, towards interface: String) {
    guard access.source.value == .gateway else { return }
    let boxes = outbound.gateway(of: access)?.externalAddresses.filter { $0.at != nil } ?? []
    guard !boxes.isEmpty else { return }
    translatedBefore = boxes.map(TranslationBefore.init)
    boxInterface = interface
  }
}

/// A publication that users behind another gateway of the policy reach, with its own path.
private struct ReachedEnd {
  let publication: Publication
  /// Where the server really is, with what it announces.
  let scenes: Scenes
  private let judged: JudgedRules?

  /// The positions of its gateways, the outermost first.
  var path: [Int] {
    publication.hops.isEmpty ? [publication.gateway].compactMap(\.self) : publication.hops.map(\.gateway)
  }

  /// - Returns: `nil` where a gateway on its path cannot be played.
  init?(_ publication: Publication, in policy: Policy, judged: JudgedRules?) {
    guard let gateway = publication.gateway,
      let platform = policy.platform(of: gateway) as? any SessionPlatform
    else { return nil }
    let isJudged = judged?.gateway == gateway
    let ruleset = isJudged ? judged?.ruleset : nil
    let study = SessionStudy(
      policy, gateway: gateway, ruleset: ruleset ?? platform.ruleset(of: FlowPlan(policy, gateway: gateway)))
    let site = isJudged ? judged?.site?(publication, policy) : nil
    guard study.unplayed == nil, let scenes = Scenes(study, of: publication, at: site) else { return nil }
    (self.publication, self.scenes) = (publication, scenes)
    self.judged = judged.flatMap { $0.gateway != gateway ? $0 : nil }
  }

  /// Its gateways, the outermost first, each on its part of the path.
  var hops: [Hop] {
    let site = scenes.site
    var network = site?.network ?? scenes.surroundings.network
    let kernel = site?.kernel ?? KernelTraits()
    guard let path = scenes.path else {
      network.translatedBefore = publication.externalAddresses.filter { $0.at != nil }.map(TranslationBefore.init)
      let name = scenes.study.policy.gateway(of: publication)?.name.value ?? ""
      return [Hop(name, scenes.study.program, network, kernel)]
    }
    let all = path.gateways(scenes.study.program, network, kernel)
    return zip(self.path, [all.first] + all.others).map(judgedHop)
  }

  /// A gateway further out, with the rules that are judged where it is theirs.
  private func judgedHop(_ position: Int, _ hop: Hop) -> Hop {
    guard let judged, judged.gateway == position else { return hop }
    var own = hop
    own.program = Program(judged.ruleset)
    let view = scenes.study.policy.seen(from: position)
    guard let here = view.publications.first(where: { $0.name.value == publication.name.value }),
      let site = judged.site?(here, view)
    else { return own }
    own.network = site.network
    own.network.translatedBefore = hop.network.translatedBefore
    own.kernel = site.kernel
    own.outwards = site.network.outside
    let next = view.server(of: here)?.addresses.first?.value
    own.inwards = next.flatMap { site.network.interface(leadingTo: $0) } ?? hop.inwards
    return own
  }

  var wereRun: Bool { scenes.study.wasRun && scenes.study.outer.allSatisfy(\.wasRun) }

  /// What answers on the wire before its outermost gateway.
  var neighbours: Set<IPAddress> {
    publication.hops.first?.addressesOnWire
      ?? publication.addressesOnWire(
        scenes.study.policy.server(of: publication), boxes: publication.externalAddresses.filter { $0.at != nil })
  }
}
