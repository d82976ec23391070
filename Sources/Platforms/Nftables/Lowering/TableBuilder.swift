import Addressing
import Diagnostics
import Flows
import Nftables

/// Collects sets and rules; what stays empty is left out of the table.
struct TableBuilder {
  /// Of how many ranges the longest list of clients is that is repeated for each address.
  let longestRepeated: Int

  private var helper: HelperObject?
  private var sets: [NamedSet] = []
  /// Those that are left out unless a rule asks for them.
  private var setsIfUsed: [NamedSet] = []
  private var rules: [SingleChain: [Rule]] = [:]
  private var publicationChains: [Chain] = []

  init(longestRepeated: Int) { self.longestRepeated = longestRepeated }

  /// Adds a set or map unless it is empty. Returns whether it was added.
  @discardableResult
  mutating func add(_ set: NamedSet) -> Bool {
    guard !set.elements.isEmpty || set.flags.contains(.dynamic) else { return false }
    sets.append(set)
    return true
  }

  /// Adds a set that is left out unless a rule asks for it.
  mutating func addIfUsed(_ set: NamedSet) { setsIfUsed.append(set) }

  mutating func add(
    _ statements: Statement..., to chain: SingleChain, comment: String? = nil, provenance: SourceSpan?
  ) {
    add(Rule(statements, comment: comment, provenance: provenance.map { [$0] } ?? []), to: chain)
  }

  mutating func add(_ rule: Rule, to chain: SingleChain) { rules[chain, default: []].append(rule) }

  /// Puts a rule before those that a chain has.
  mutating func begin(_ chain: SingleChain, with rule: Rule) { rules[chain, default: []].insert(rule, at: 0) }

  /// Adds what the next steps collected.
  mutating func append(_ next: TableBuilder) {
    helper = helper ?? next.helper
    sets += next.sets
    setsIfUsed += next.setsIfUsed
    for (chain, added) in next.rules { rules[chain, default: []] += added }
    publicationChains += next.publicationChains
  }

  /// Whether a chain would be written.
  func hasRules(_ chain: SingleChain) -> Bool { rules[chain] != nil }

  /// Whether a rule asks for that set.
  private func uses(_ set: String) -> Bool {
    rules.values.contains { $0.contains { rule in rule.statements.contains { $0.matches(set) } } }
  }

  /// Adds a chain that exists for one publication.
  mutating func addPublicationChain(_ name: ChainName, rules: [Rule]) {
    publicationChains.append(Chain(name.text, rules: rules))
  }

  /// Declares the helper object; the first statement that asks for it is its provenance.
  mutating func useHelper(provenance: SourceSpan?) {
    helper = helper ?? HelperObject(ownHelperName, type: "ftp", provenance: provenance.map { [$0] } ?? [])
  }

  func table() -> Table {
    let chains = SingleChain.allCases.compactMap { chain in
      rules[chain].map { Chain(chain.rawValue, chain.base, rules: $0) }
    }
    return Table(
      ownTableName, helpers: helper.map { [$0] } ?? [], sets: sets + setsIfUsed.filter { uses($0.name) },
      chains: publicationChains + chains)
  }
}

extension Expression {
  /// `ip daddr . tcp dport`.
  static func dialled(_ family: AddressFamily) -> Expression { .concatenation(FlowSide.dialled.key(family)) }
}

extension FlowSide {
  /// The fields of a packet that hold the address and the ports.
  func key(_ family: AddressFamily) -> [Expression] {
    switch self {
    case .dialled, .served: [.destination(family), .destinationPort]
    case .sent: [.source(family), .sourcePort]
    case .answered: [.source(family), .destinationPort]
    }
  }
}

extension NamedSet {
  /// A set or map of ours.
  init(
    _ name: SetName, key: [Expression], data: [Expression] = [], flags: [Flag] = [], isCounted: Bool = false,
    elements: ElementList
  ) {
    self.init(name.text, key: key, data: data, flags: flags, isCounted: isCounted, elements: elements)
  }

  /// A set of flows, or a map with one value for each.
  init(
    _ set: FamilySet, of flows: PortFlows, data: [Expression] = [], isCounted: Bool = false,
    value: ((PortFlow) -> Value)? = nil
  ) {
    var elements = ElementList()
    elements.reserve(flows.flows.count, width: value == nil ? 2 : 3)
    for flow in flows.flows { elements.append(flow, of: flows, data: value.map { $0(flow) }) }
    self.init(
      .family(set, flows.family), key: flows.side.key(flows.family), data: data,
      // A port from which a server sends is one alone.
      flags: flows.side == .sent ? [] : [.interval], isCounted: isCounted, elements: elements)
  }

  /// A set of control connections as clients dial them, or a map with the same fields for each.
  init(
    _ name: SetName, of flows: [ControlFlow], _ family: AddressFamily, data: [Expression] = [],
    isCounted: Bool = false,
    values: ((ControlFlow) -> [Value])? = nil
  ) {
    var elements = ElementList()
    elements.reserve(flows.count, width: 2 + data.count)
    for flow in flows {
      elements.append(
        flow.address, PortRange(flow.port), data: values?(flow) ?? [], comment: flow.service.name,
        provenance: flow.provenance)
    }
    self.init(name, key: FlowSide.dialled.key(family), data: data, isCounted: isCounted, elements: elements)
  }
}

extension ElementList {
  /// Appends an element keyed by the address and the ports of a flow.
  ///
  /// - Parameters:
  ///   - hasPorts: Whether the ports are part of the key.
  ///   - data: What a map holds under it.
  mutating func append(_ flow: PortFlow, of flows: PortFlows, hasPorts: Bool = true, data: Value? = nil) {
    append(
      flow.address, hasPorts ? flow.ports : nil, data: data.map { [$0] } ?? [], comment: flows.publications(flow),
      provenance: flows.provenance(flow))
  }

  /// The addresses alone.
  init(_ addresses: [(address: IPAddress, provenance: SourceSpan)]) {
    self.init()
    reserve(addresses.count, width: 1)
    for (address, provenance) in addresses { append(address, provenance: provenance) }
  }
}

extension Statement {
  /// A match against a set of ours.
  static func `in`(_ expression: Expression, _ set: SetName) -> Statement {
    .match(expression, .equal, .set(set.text))
  }
  /// A match of what clients dial against a set of ours.
  static func dials(_ set: FamilySet, _ family: AddressFamily) -> Statement {
    .in(.dialled(family), .family(set, family))
  }
  /// The packet comes in, or leaves, on an interface of one side.
  static func comesIn(_ side: InterfaceSide) -> Statement { .in(.inputInterface, .interfaces(side)) }
  static func leaves(_ side: InterfaceSide) -> Statement { .in(.outputInterface, .interfaces(side)) }

  static func jump(_ chain: SingleChain) -> Statement { .verdict(.jump(chain.rawValue)) }
  static let deny = Statement.verdict(.goto(SingleChain.denied.rawValue))
  /// Denies what exceeds a limit.
  static let denyExcess = Statement.verdict(.goto(SingleChain.limited.rawValue))
  static let isNew = Statement.match(.conntrack("state"), .equal, .flags(["new"]))
  /// The connection was translated by a dnat rule.
  static let isTranslated = Statement.match(.conntrack("status"), .equal, .flags(["dnat"]))

  /// Whether the statement matches against that set.
  func matches(_ set: String) -> Bool {
    if case .match(_, _, .set(set)) = self { true } else { false }
  }
}
