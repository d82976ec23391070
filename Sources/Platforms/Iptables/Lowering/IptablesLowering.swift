import Addressing
import Diagnostics
import Flows

/// Turns the flows of one family into rules of iptables. They do what our table of nftables does, at the same hooks and
/// in the same order, and accept in `filter` what they let in, so that no rule after them stops it:
///
/// - `raw`: the helper, which is chosen before connection tracking, by what clients dial.
/// - `mangle` PREROUTING: clients, limits and log, before any translation, on the first packet of a connection; whom
///   `allow` keeps out is dropped there, whatever the policy of FORWARD is.
/// - `nat`: translation of what is dialled, and of sources.
/// - `filter`: accepts what was let in, answers, and data connections that the helper expects.
struct IptablesLowering {
  let plan: FlowPlan
  let flows: FamilyFlows
  let kernel: LinuxKernel
  /// Whether lists of clients are sets of ipset.
  let usesSets: Bool
  /// The services of the family, sorted by name.
  let services: [PublishedService]
  /// What publications are called in the log, where the room is short.
  let logNames: ObjectNames
  var rules: IptablesRuleset
  /// The chains of lists of clients that were made.
  var lists: [ClientListUse: String] = [:]
  /// What was asked for last. Neighbours often have the same list, and one that is compared with itself is equal at
  /// once.
  var lastList: (use: ClientListUse, chain: String)?
  /// The sets of clients that rules ask; one may be there twice.
  var sets: [ClientSet] = []
  /// The chains that write lines of a log.
  var logChains: [LogUse: String] = [:]

  init(_ plan: FlowPlan, _ flows: FamilyFlows, services: [PublishedService], _ kernel: LinuxKernel, usesSets: Bool) {
    self.plan = plan
    self.flows = flows
    self.kernel = kernel
    self.usesSets = usesSets
    self.services = services
    logNames = ObjectNames(
      services.lazy.filter { $0.logs(.new) || $0.logs(.denied) }.map(\.name), longest: longestLogPrefix,
      suffixes: ["denied: "])
    rules = IptablesRuleset(flows.family, kernel)
  }

  /// The rules of every family that has services, of `reach` blocks too.
  ///
  /// - Parameter isModel: Whether what the kernel does by itself is among them.
  static func lower(
    _ plan: FlowPlan, usesSets: Bool = false, isModel: Bool = false
  ) -> [(rules: IptablesRuleset, sets: [ClientSet])] {
    let own = lowerOneWay(plan, usesSets, isModel)
    guard let outbound = plan.outbound else { return own }
    let other = lowerOneWay(outbound, usesSets, isModel)
    return AddressFamily.allCases.compactMap { family in
      let both = [own, other].map { all in all.first { $0.rules.family == family } }
      guard let reach = both[1] else { return both[0] }
      let empty = IptablesRuleset(family, plan.kernel)
      return ((both[0]?.rules ?? empty).joined(withReach: reach.rules), (both[0]?.sets ?? []) + reach.sets)
    }
  }

  private static func lowerOneWay(
    _ plan: FlowPlan, _ usesSets: Bool, _ isModel: Bool
  ) -> [(rules: IptablesRuleset, sets: [ClientSet])] {
    let kernel = plan.kernel
    let services = plan.services
    return plan.families.map { flows in
      var lowering = IptablesLowering(
        plan, flows, services: services.filter { $0.family == flows.family }, kernel, usesSets: usesSets)
      lowering.run(isModel: isModel)
      return (lowering.rules, lowering.sets)
    }
  }

  private mutating func run(isModel: Bool) {
    if kernel.helpsByRule || isModel { assignHelper() }
    decide()
    mark()
    translate()
    changeSources()
    admit()
  }
}

extension FlowPlan {
  /// The kernel of the gateway: the one that its platform names, else a present-day one.
  var kernel: LinuxKernel { platformVersion.flatMap { LinuxKernel($0) } ?? .current }
}

extension IptablesLowering {
  var family: AddressFamily { flows.family }
  var outside: [String] { plan.outside.map(\.name).uniqued() }
  var inside: [String] { plan.inside.map(\.name).uniqued() }
  var isAnyLocal: Bool { services.contains(where: \.isLocal) }
  var isAnyForwarded: Bool { !services.allSatisfy(\.isLocal) }

  /// What a comment says of a rule about one publication.
  func comment(_ publication: String, _ part: String) -> String? {
    kernel.hasRevisions ? tag(publication, part) : nil
  }

  func comment(_ service: PublishedService, _ part: String) -> String? { comment(service.name, part) }

  /// Leads packets that come in from outside to a chain, and those from inside that dial a publication with
  /// `hairpin on`.
  ///
  /// - Parameter state: Which packets of a connection are led there; `nil` for all.
  mutating func enter(_ entrance: IptablesEntrance, to chain: String, state: ConnectionState? = nil) {
    guard rules.has(chain, entrance.table) else { return }
    let ofState: [IptablesMatch] = state.map { [.state($0)] } ?? []
    func lead(_ name: String, to chain: String, _ span: SourceSpan?) -> IptablesRule {
      IptablesRule([.comesIn(name)] + ofState, .jump(chain), for: span)
    }
    var leads = plan.outside.isEmpty ? [IptablesRule(ofState, .jump(chain), for: plan.header)] : []
    leads += outside.map { lead($0, to: chain, plan.outside.first?.provenance) }
    if !plan.outside.isEmpty, plan.opensInside, flows.hasHairpin {
      let ports = flows.hairpinPorts
      rules.addTree(
        ownChain("INSIDE"), entrance.table, by: .destination,
        ports.flows.map { flow in
          AddressedRules(
            prefix: Prefix(flow.address),
            rules: [
              IptablesRule(
                [.dials(flow.ports)], .jump(chain), comment: comment(ports.publications(flow), "hairpin"),
                for: ports.provenance(flow))
            ])
        })
      leads += inside.map { lead($0, to: ownChain("INSIDE"), plan.inside.first?.provenance) }
    }
    rules.add(leads, to: entrance)
  }

  /// What clients dial, and the server's end of it, port by port: the control connection and the passive range.
  func ends(_ service: PublishedService) -> [(dialled: PortRange, served: PortRange, part: String, span: SourceSpan)]
  {
    let control = [
      (
        PortRange(service.controlPort), PortRange(service.serverControlPort), "ctl",
        service.provenance(of: .control)
      )
    ]
    return control + (service.passiveRange.map { [($0, $0, "pasv", service.provenance(of: .passive))] } ?? [])
  }

  /// What says that a connection to the server was dialled as published: its first destination, where it was
  /// translated.
  func dialled(_ service: PublishedService, _ ports: PortRange, _ state: ConnectionState?) -> [IptablesMatch] {
    let isTranslated = service.isTranslated || service.controlPort != service.serverControlPort
    guard isTranslated else { return state.map { [.state($0)] } ?? [] }
    let port = kernel.hasRevisions && ports.count == 1 ? ports.low : nil
    return [.dialled(service.arrival, port: port, state)]
  }
}

extension Sequence where Element: Hashable {
  /// Each element where it comes first.
  func uniqued() -> [Element] {
    var known: Set<Element> = []
    return filter { known.insert($0).inserted }
  }
}
