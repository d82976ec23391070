import Addressing
import Diagnostics
import Nftables
import Policy

/// The chains of our table, in the order in which they are written.
///
/// Priorities: the helper must be assigned behind connection tracking (-200) and before dstnat (-100); see
/// `nft_ct_helper_obj_eval` in the kernel's `nft_ct.c`, and CVE-2025-68206 for what happened when it came later.
enum ChainName: Int, CaseIterable {
  case prerouting
  case admission
  case clients
  case denied
  case destinationNAT
  case publish
  case forward
  case input
  case output
  case outputHelper
  case related
  case postrouting

  /// The name in the table.
  var text: String {
    switch self {
    case .prerouting: "prerouting"
    case .admission: "admission"
    case .clients: "admitted_clients"
    case .denied: "denied"
    case .destinationNAT: "destination_nat"
    case .publish: "publish"
    case .forward: "forward_data"
    case .input: "input_data"
    case .output: "output_data"
    case .outputHelper: "output_helper"
    case .related: "related_data"
    case .postrouting: "source_nat"
    }
  }

  /// The chain of that name; `nil` for a name that is not ours.
  init?(text: String) {
    guard let name = Self.allCases.first(where: { $0.text == text }) else { return nil }
    self = name
  }

  var base: BaseChain? {
    switch self {
    case .prerouting: BaseChain(.filter, .prerouting, priority: -150)
    case .destinationNAT: BaseChain(.nat, .prerouting, priority: -100)
    case .forward: BaseChain(.filter, .forward, priority: 0)
    case .input: BaseChain(.filter, .input, priority: 0)
    case .output: BaseChain(.filter, .output, priority: 0)
    case .outputHelper: BaseChain(.filter, .output, priority: -150)
    case .postrouting: BaseChain(.nat, .postrouting, priority: 100)
    case .admission, .clients, .denied, .publish, .related: nil
    }
  }
}

/// Collects sets and rules; what stays empty is left out of the table.
struct TableBuilder {
  /// The name of our helper object.
  static let helperName = "published-ftp"

  /// Interfaces where clients come from; empty when addresses alone decide.
  let outside: [Located<String>]
  /// Interfaces where the servers are.
  let inside: [Located<String>]
  /// Of how many ranges the longest list of clients is that is repeated for each address.
  let longestRepeated: Int

  private var helper: HelperObject?
  private var sets: [NamedSet] = []
  /// Those that are left out unless a rule asks for them.
  private var setsIfUsed: [NamedSet] = []
  /// The rules of each chain, in the order of `ChainName`.
  private var rules = [[Rule]](repeating: [], count: ChainName.allCases.count)
  private var publicationChains: [Chain] = []

  init(outside: [Located<String>], inside: [Located<String>], longestRepeated: Int) {
    self.outside = outside
    self.inside = inside
    self.longestRepeated = longestRepeated
  }

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
    _ statements: Statement..., to chain: ChainName, comment: String? = nil, provenance: SourceSpan?
  ) {
    add(Rule(statements, comment: comment, provenance: provenance.map { [$0] } ?? []), to: chain)
  }

  mutating func add(_ rule: Rule, to chain: ChainName) { rules[chain.rawValue].append(rule) }

  /// Adds what the next steps collected.
  mutating func append(_ next: TableBuilder) {
    helper = helper ?? next.helper
    sets += next.sets
    setsIfUsed += next.setsIfUsed
    for (chain, added) in next.rules.enumerated() { rules[chain] += added }
    publicationChains += next.publicationChains
  }

  /// Whether a chain would be written.
  func hasRules(_ chain: ChainName) -> Bool { !rules[chain.rawValue].isEmpty }

  /// Whether a rule asks for that set.
  private func uses(_ set: String) -> Bool {
    rules.contains { $0.contains { rule in rule.statements.contains { $0.names(set) } } }
  }

  /// Adds a chain that exists for one publication.
  mutating func addPublicationChain(_ chain: Chain) { publicationChains.append(chain) }

  /// Declares the helper object; the first statement that asks for it is its provenance.
  mutating func useHelper(provenance: SourceSpan?) {
    helper = helper ?? HelperObject(Self.helperName, type: "ftp", provenance: provenance.map { [$0] } ?? [])
  }

  func table() -> Table {
    let chains = ChainName.allCases.filter(hasRules)
      .map { Chain($0.text, $0.base, rules: rules[$0.rawValue]) }
    return Table(
      ownTableName, helpers: helper.map { [$0] } ?? [], sets: sets + setsIfUsed.filter { uses($0.name) },
      chains: publicationChains + chains)
  }
}

extension Expression {
  /// `ip daddr . tcp dport`.
  static func dialled(_ family: AddressFamily) -> Expression {
    .concatenation([.destination(family), .destinationPort])
  }
}

extension NamedSet {
  /// A set or map keyed by an address and ports of it.
  static func ports(
    _ name: String, _ family: AddressFamily, data: [Expression] = [], isInterval: Bool = true, _ elements: ElementList
  ) -> NamedSet {
    NamedSet(
      name + family.suffix, key: [.destination(family), .destinationPort], data: data,
      flags: isInterval ? [.interval] : [], elements: elements)
  }
}

extension AddressFamily {
  /// What ends the name of a set that exists once a family; it also keeps names clear of nft's keywords.
  var suffix: String { self == .ipv4 ? "4" : "6" }
}

extension Statement {
  /// A match against a named set.
  static func `in`(_ expression: Expression, _ set: String) -> Statement { .match(expression, .equal, .set(set)) }
  /// Whether the statement matches against that set.
  func names(_ set: String) -> Bool {
    if case .match(_, _, .set(set)) = self { return true }
    return false
  }
  static let isNew = Statement.match(.conntrack("state"), .equal, .flags(["new"]))
  /// The connection was translated by a dnat rule.
  static let isTranslated = Statement.match(.conntrack("status"), .equal, .flags(["dnat"]))
}
