import Addressing
import Diagnostics
import Flows

/// What firewalld is told of one gateway: a policy object for each publication and each `reach`, one for all users whom
/// these keep out, and a set for each long list of clients. Its files and the rules that sessions are played by both
/// come from this.
struct FirewalldRules {
  /// The zones where clients come from, and where users leave.
  let zones: [String]
  /// The zones where users are; empty where the policy names none.
  let users: [String]
  /// In the order of the names of publications, then of `reach` blocks; refusals come last, as firewalld asks them.
  private(set) var policies: [FirewalldPolicy] = []
  private(set) var sets: [FirewalldSet] = []

  /// Prefixes up to which each has a rule of its own.
  private static let few = 4
  /// The longest name of a policy object: 17 by the manual, and 1.3.3 takes 18 (`max_policy_name_len` in functions.py).
  private static let longestPolicy = 17
  /// The longest name of a set: `IPSET_MAXNAMELEN` in core/ipset.py is 32; the kernel's own sets have 31.
  private static let longestSet = 31
  /// The policy object with what `reach` blocks refuse: no other name of ours has a `_`.
  private static let refusals = "sallyport_refused"

  init(_ plan: FlowPlan) {
    zones = Self.zones(plan.outside)
    users = Self.zones(plan.inside)
    let (services, reached) = (plan.services, plan.outbound?.services ?? [])
    let named = (services + reached).map(\.name)
    let policyNames = ObjectNames(named, longest: Self.longestPolicy, suffixes: [])
    let setNames = ObjectNames(named, longest: Self.longestSet, suffixes: ["v"])
    for service in services {
      let policy = FirewalldPolicy(
        name: policyNames.name(service.name), publication: service.name,
        kind: service.isLocal ? .host : .forwarded, header: service.header)
      add(Self.rules(of: service, for: clients(of: service, setNames)), to: policy)
    }
    for service in reached {
      let policy = FirewalldPolicy(
        name: policyNames.name(service.name), publication: service.name, kind: .reach, header: service.header)
      add(Self.rules(of: service, for: clients(of: service, setNames)), to: policy)
    }
    for service in reached where service.clients != nil {
      let policy = FirewalldPolicy(
        name: Self.refusals, publication: "", kind: .refusals, header: service.provenance(of: .clients))
      add(Self.refusals(of: service), to: policy)
    }
  }

  private mutating func add(_ rules: [FirewalldRule], to policy: FirewalldPolicy) {
    if policies.last?.name != policy.name { policies.append(policy) }
    policies[policies.count - 1].rules += rules
  }

  private static func zones(_ interfaces: [GatewayInterface]) -> [String] {
    var known: Set<String> = []
    return interfaces.map(\.name).filter { known.insert($0).inserted }
  }

  /// Whom the rules of a service let in; makes a set of many.
  private mutating func clients(of service: PublishedService, _ names: ObjectNames) -> [FirewalldRule.Clients] {
    let sources = service.clientSources
    let prefixes = sources.compactMap(\.self)
    guard prefixes.count > Self.few, prefixes.count == sources.count else {
      return sources.map { $0.map { .network($0) } ?? .everybody }
    }
    let name = names.name(service.name, "v\(service.family == .ipv4 ? 4 : 6)")
    // A publication may have two services of a family, with the same clients.
    if sets.last?.name != name {
      sets.append(
        FirewalldSet(
          name: name, publication: service.name, family: service.family, prefixes: prefixes,
          provenance: service.provenance(of: .clients)))
    }
    return [.set(name)]
  }

  private static func rules(
    of service: PublishedService, for clients: [FirewalldRule.Clients]
  ) -> [FirewalldRule] {
    func rules(_ ports: PortRange, to port: UInt16?, _ aspect: ServiceAspect, logs: Bool) -> [FirewalldRule] {
      // A port of its own makes a translation of what keeps its address.
      let action: FirewalldRule.Action =
        service.isTranslated || port != nil
        ? .forward(to: service.serverAddress, port: port)
        : .accept(log: logs && service.logs(.new) ? "\(tag(service.name, "new")) " : nil)
      return clients.map {
        FirewalldRule(
          clients: $0, destination: service.arrival, ports: ports, action: action,
          provenance: service.provenance(of: aspect))
      }
    }
    let isShifted = service.controlPort != service.serverControlPort
    return rules(
      PortRange(service.controlPort), to: isShifted ? service.serverControlPort : nil, .control, logs: true)
      // firewalld writes no port for a range that stays as it is, so that every port keeps its number.
      + (service.passiveRange.map { rules($0, to: nil, .passive, logs: false) } ?? [])
  }

  /// Users whom a `reach` does not admit.
  private static func refusals(of service: PublishedService) -> [FirewalldRule] {
    service.serverPorts.map { ports in
      FirewalldRule(
        clients: .everybody, destination: service.arrival, ports: ports,
        action: .refuse(log: service.logs(.denied) ? "\(tag(service.name, "denied")) " : nil),
        provenance: service.provenance(of: .clients))
    }
  }

  /// The zones from which packets of a policy object come; empty for all.
  func ingress(of policy: FirewalldPolicy) -> [String] { policy.isOfUsers ? users : zones }

  /// The zones to which they go; empty for all.
  func egress(of policy: FirewalldPolicy) -> [String] { policy.kind == .reach ? zones : [] }
}

/// A policy object of firewalld: what holds for packets from some zones.
struct FirewalldPolicy {
  enum Kind {
    /// A publication of a server on the machine itself. Packets that are forwarded and packets for the machine need
    /// policies of their own: `ANY` does not hold `HOST`, and `HOST` allows no `forward-port` to an address.
    case host
    /// One of a server behind it.
    case forwarded
    /// What users may reach, and what `reach` blocks keep all others from.
    case reach, refusals
  }

  var name: String
  /// The publication, or the `reach`; empty for what is refused.
  var publication: String
  var kind: Kind
  var rules: [FirewalldRule] = []
  var header: SourceSpan

  var isForHost: Bool { kind == .host }
  var isOfUsers: Bool { kind == .reach || kind == .refusals }
}

/// A rich rule.
struct FirewalldRule {
  enum Clients {
    case everybody
    case network(Prefix)
    /// Those of a set.
    case set(String)
  }

  enum Action {
    /// The packet gets another destination; its port stays where there is none. What was translated is accepted before
    /// any policy is asked (`ct status dnat accept`).
    case forward(to: IPAddress, port: UInt16?)
    /// With what log entries begin, where there are any.
    case accept(log: String?)
    /// Drops the packet; likewise.
    case refuse(log: String?)
  }

  var clients: Clients
  /// The address for which packets arrive.
  var destination: IPAddress
  var ports: PortRange
  var action: Action
  var provenance: SourceSpan

  var family: AddressFamily { destination.family }
}

/// A named set of clients.
struct FirewalldSet {
  var name: String
  var publication: String
  var family: AddressFamily
  /// Disjoint, in ascending order.
  var prefixes: [Prefix]
  var provenance: SourceSpan
}
