import Addressing
import Diagnostics
package import Nftables

/// A ruleset ready to be run: what is registered at each hook, in the order in which the kernel calls it. A class,
/// because every gateway that is played runs the same one.
package final class Program: Sendable {
  /// One rule. A class, because what it decided is cited by reference.
  final class CompiledRule: Hashable, Sendable {
    let operations: [Operation]
    private let rule: Rule
    /// What the words of iptables need; `nil` where nft wrote the rule.
    private let sets: IPSets?

    /// - Parameter sets: The sets of `ipset`, for a table that iptables manages; `nil` for all other tables.
    init(_ rule: Rule, _ family: TableFamily, _ sets: IPSets?) {
      self.rule = rule
      self.sets = sets
      operations = rule.statements.map { Operation(extension: $0, family) ?? Operation($0) }
    }

    var statements: [Statement] { rule.statements }

    /// The rule as nft writes it, or as iptables does in a table of its own.
    var text: String {
      sets.map { IptablesWords(rule.statements, operations, $0).text } ?? rule.quotation ?? rule.text
    }

    /// The comment of the rule, whether nft or iptables wrote it.
    var comment: String? {
      if let comment = rule.comment { return comment }
      for case .extensionMatch(let match) in operations {
        if let comment = match.comment { return comment }
      }
      return nil
    }

    /// The first of the statements of the policy that asked for it.
    var provenance: SourceSpan? { rule.provenance.first }

    static func == (left: CompiledRule, right: CompiledRule) -> Bool { left === right || left.rule == right.rule }
    func hash(into hasher: inout Hasher) { hasher.combine(rule) }
  }

  final class CompiledChain: Sendable {
    let name: String
    let rules: [CompiledRule]

    init(_ chain: Chain, _ family: TableFamily, _ sets: IPSets?) {
      name = chain.name
      rules = chain.rules.map { CompiledRule($0, family, sets) }
    }
  }

  final class BaseChainEntry: Sendable {
    let table: CompiledTable
    let chain: CompiledChain
    let base: BaseChain

    init(table: CompiledTable, chain: CompiledChain, base: BaseChain) {
      self.table = table
      self.chain = chain
      self.base = base
    }
  }

  /// One thing that happens to a packet at a hook.
  enum Station: Sendable {
    case chain(BaseChainEntry)
    case tracking
    case translation
  }

  /// What is registered at one hook for packets of one family.
  fileprivate struct HookStations: Sendable {
    var stations: [Station] = []
    var nat: [BaseChainEntry] = []
  }

  /// By hook and family, see `Hook.position`.
  private let hooks: [HookStations]
  /// All tables whose chains packets may meet.
  let tables: [CompiledTable]
  /// Chains of hooks of devices, first to last.
  let deviceChains: [BaseChainEntry]
  /// Chains of family bridge, first to last.
  let bridgeChains: [BaseChainEntry]
  /// Chains of family arp, first to last.
  let arpChains: [BaseChainEntry]
  /// Whether packets of programs on the machine are routed again when a rule has marked them: a chain of type route is
  /// there.
  let routesByMark: Bool
  let sets: IPSets

  /// - Parameter ruleset: Any ruleset.
  package init(_ ruleset: Ruleset) {
    var entries: [(family: TableFamily, entry: BaseChainEntry)] = []
    var sets = IPSets(ruleset.ipSets)
    for table in ruleset.tables {
      for chain in table.chains { for rule in chain.rules { rule.statements.forEach { sets.noteTest(of: $0) } } }
    }
    self.sets = sets
    var tables: [CompiledTable] = []
    for table in ruleset.tables where !table.isDormant {
      let compiled = CompiledTable(table, sets)
      tables.append(compiled)
      for chain in table.chains {
        guard let base = chain.base, let rules = compiled.chains[chain.name] else { continue }
        entries.append((table.family, BaseChainEntry(table: compiled, chain: rules, base: base)))
      }
    }
    // Of two hooks with one priority the later registered runs first (`nf_hook_entries_grow` in the kernel's core.c).
    let order = entries.indices.sorted {
      (entries[$0].entry.base.priority, -$0) < (entries[$1].entry.base.priority, -$1)
    }
    self.tables = tables
    let sorted = order.map { entries[$0] }
    bridgeChains = sorted.filter { $0.family == .bridge }.map(\.entry)
    arpChains = sorted.filter { $0.family == .arp }.map(\.entry)
    deviceChains = sorted.map(\.entry).filter(\.base.hook.isOfDevices)
    routesByMark = entries.contains { $0.entry.base.kind == .route }
    hooks = BaseChain.Hook.all.flatMap { hook in
      let called = sorted.filter { $0.entry.base.hook == hook }
      return AddressFamily.allCases.map { family in
        HookStations(hook, called.filter { $0.family.sees(family) }.map(\.entry))
      }
    }
  }

  /// Whether no chain is called for packets of a family that pass the machine.
  func isEmpty(_ family: AddressFamily) -> Bool {
    [BaseChain.Hook.prerouting, .forward, .postrouting].allSatisfy { hook in
      stations(hook, family).allSatisfy { if case .chain = $0 { false } else { true } }
        && natChains(hook, family).isEmpty
    }
  }

  /// What happens at a hook to packets of a family, first to last; chains of type nat belong to the translation.
  func stations(_ hook: BaseChain.Hook, _ family: AddressFamily) -> [Station] {
    let position = hook.position(family)
    return hooks.indices.contains(position) ? hooks[position].stations : []
  }

  /// The chains of type nat at a hook that see packets of a family, first to last.
  func natChains(_ hook: BaseChain.Hook, _ family: AddressFamily) -> [BaseChainEntry] {
    let position = hook.position(family)
    return hooks.indices.contains(position) ? hooks[position].nat : []
  }
}

extension BaseChain.Hook {
  fileprivate static let all: [Self] = [.prerouting, .input, .forward, .output, .postrouting]

  /// The place of a family at the hook, in the order of `all` and the families.
  fileprivate func position(_ family: AddressFamily) -> Int {
    let position =
      switch self {
      case .prerouting: 0
      case .input: 2
      case .forward: 4
      case .output: 6
      case .postrouting: 8
      case .ingress, .egress: -1
      }
    return family == .ipv4 || position < 0 ? position : position + 1
  }
}

extension Table {
  /// Whether iptables wrote the table: one of its rules has an extension of xtables, or it is of iptables-legacy.
  fileprivate var hasExtensions: Bool {
    guard family == .ip || family == .ip6 else { return false }
    return name.hasSuffix(Self.legacySuffix)
      || chains.contains { chain in
        chain.rules.contains { rule in
          rule.statements.contains { statement in
            switch statement {
            case .xtables: true
            case .foreign(let listed): listed["xt"] != nil
            default: false
            }
          }
        }
      }
  }
}

extension TableFamily {
  fileprivate func sees(_ family: AddressFamily) -> Bool {
    self == .inet || (self == .ip && family == .ipv4) || (self == .ip6 && family == .ipv6)
  }
}

extension Program.HookStations {
  /// Chains, connection tracking and translation by priority. Nat chains belong to the translation.
  ///
  /// - Parameter entries: The base chains of the hook, first to last.
  fileprivate init(_ hook: BaseChain.Hook, _ entries: [Program.BaseChainEntry]) {
    nat = entries.filter { $0.base.kind == .nat }
    var pending = entries.filter { $0.base.kind != .nat }[...]
    func chains(below priority: Int) -> [Program.Station] {
      let next = pending.prefix { $0.base.priority < priority }
      pending = pending.dropFirst(next.count)
      return next.map { .chain($0) }
    }
    switch hook {
    case .prerouting, .output:
      stations = chains(below: Gateway.trackingPriority) + [.tracking]
      stations += chains(below: Gateway.destinationPriority) + [.translation]
    case .postrouting, .input:
      stations = chains(below: Gateway.sourcePriority) + [.translation]
    case .forward, .ingress, .egress: break
    }
    stations += chains(below: .max)
  }
}

extension Program {
  /// The parts of a table that evaluation needs, by name.
  final class CompiledTable: Sendable {
    /// As nft names it, for example `inet sallyport`.
    let title: String
    let family: TableFamily
    /// See `Table.isOfDevice`.
    let isOfDevice: Bool
    let chains: [String: CompiledChain]
    let lookups: [String: Lookup]
    let helpers: [String: String]
    /// What the objects do that rules refer to, by kind and name.
    let objects: [ObjectName: Operation]

    init(_ table: Table, _ sets: IPSets) {
      let words = table.hasExtensions ? sets : nil
      family = table.family
      isOfDevice = table.isOfDevice
      title = "\(table.family.rawValue) \(table.name)"
      chains = Dictionary(
        table.chains.map { ($0.name, CompiledChain($0, table.family, words)) }, uniquingKeysWith: { $1 })
      let changed = Set(table.chains.flatMap { $0.rules.flatMap { $0.statements.compactMap(\.changedSet) } })
      lookups = Dictionary(
        table.sets.map { ($0.name, Lookup($0, isChanged: changed.contains($0.name))) }, uniquingKeysWith: { $1 })
      helpers = Dictionary(table.helpers.map { ($0.name, $0.type) }, uniquingKeysWith: { $1 })
      objects = Dictionary(
        table.foreign.map {
          (ObjectName(kind: $0.kind, name: $0.name), Operation($0) ?? .unknown("the \($0.kind) `\($0.name)`"))
        }, uniquingKeysWith: { $1 })
    }

    /// What a rule of the table refers to; `nil` where the listing does not show it.
    func lookup(_ reference: LookupReference) -> Lookup? {
      switch reference {
      case .inline(let lookup): lookup
      case .named(let name): lookups[name]
      }
    }
  }
}

extension Statement {
  /// The named set or map to which it adds elements, or from which it deletes some, when a packet comes.
  fileprivate var changedSet: String? {
    switch self {
    case .update(let update): return update.name
    case .foreign(.string(let text)):
      // nft 1.0.6 lists changes of maps as text.
      let words = text.split(separator: " ")
      guard let verb = words.first, ["add", "update", "delete"].contains(verb), words.count > 1,
        words[1].hasPrefix("@")
      else { return nil }
      return String(words[1].dropFirst())
    default: return nil
    }
  }
}
