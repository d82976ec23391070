import Addressing
import Diagnostics
package import Nftables

/// A ruleset ready to be run: the base chains of each hook in the order in which the kernel calls them.
package struct Program: Sendable {
  struct CompiledRule: Sendable {
    var operations: [Operation]
    /// The rule as nft writes it.
    var text: String
    var comment: String?
    var provenance: [SourceSpan]
  }

  struct BaseChainEntry: Sendable {
    var table: Int
    var chain: String
    var base: BaseChain
  }

  /// The parts of a table that evaluation needs, by name.
  struct CompiledTable: Sendable {
    var family: TableFamily
    var name: String
    var chains: [String: [CompiledRule]]
    var lookups: [String: Lookup]
    var helpers: [String: String]
    /// Limit objects that match what exceeds them.
    var inverseLimits: Set<String>
    /// Whether a set or chain could not be read.
    var unreadable: Set<String>
  }

  /// The chains of one hook that see packets of one family, first to last.
  struct HookChains: Sendable {
    /// The chains of type nat, which belong to the translation.
    var nat: [BaseChainEntry] = []
    /// All others.
    var filters: [BaseChainEntry] = []
  }

  let tables: [CompiledTable]
  private let hooks: [BaseChain.Hook: [AddressFamily: HookChains]]

  /// - Parameter ruleset: Any ruleset; tables of families that see no IP packets are left out.
  package init(_ ruleset: Ruleset) {
    var tables: [CompiledTable] = []
    var hooks: [BaseChain.Hook: [BaseChainEntry]] = [:]
    for table in ruleset.tables where !table.isDormant && table.family.seesIP {
      for chain in table.chains {
        guard let base = chain.base else { continue }
        hooks[base.hook, default: []].append(BaseChainEntry(table: tables.count, chain: chain.name, base: base))
      }
      tables.append(CompiledTable(table))
    }
    self.tables = tables
    // Of two hooks with one priority the later registered runs first (`nf_hook_entries_grow` in the kernel's core.c).
    self.hooks = hooks.mapValues { entries in
      let sorted = entries.enumerated()
        .sorted { ($0.element.base.priority, -$0.offset) < ($1.element.base.priority, -$1.offset) }.map(\.element)
      return Dictionary(
        uniqueKeysWithValues: AddressFamily.allCases.map { family in
          let seen = sorted.filter { tables[$0.table].family.sees(family) }
          return (
            family,
            HookChains(
              nat: seen.filter { $0.base.kind == .nat }, filters: seen.filter { $0.base.kind != .nat })
          )
        })
    }
  }

  /// The base chains of a hook that see packets of a family.
  func chains(_ hook: BaseChain.Hook, _ family: AddressFamily) -> HookChains { hooks[hook]?[family] ?? HookChains() }
}

extension TableFamily {
  fileprivate var seesIP: Bool { self == .ip || self == .ip6 || self == .inet }

  fileprivate func sees(_ family: AddressFamily) -> Bool {
    self == .inet || (self == .ip && family == .ipv4) || (self == .ip6 && family == .ipv6)
  }
}

extension Program.CompiledTable {
  fileprivate init(_ table: Table) {
    family = table.family
    name = table.name
    var chains: [String: [Program.CompiledRule]] = [:]
    for chain in table.chains {
      chains[chain.name] = chain.rules.map {
        Program.CompiledRule(
          operations: $0.statements.map { Operation($0) }, text: $0.text, comment: $0.comment,
          provenance: $0.provenance)
      }
    }
    self.chains = chains
    lookups = Dictionary(table.sets.map { ($0.name, Lookup($0)) }, uniquingKeysWith: { $1 })
    helpers = Dictionary(table.helpers.map { ($0.name, $0.type) }, uniquingKeysWith: { $1 })
    inverseLimits = Set(
      table.foreign.filter { $0.kind == "limit" && $0.definition["inv"] == .bool(true) }.map(\.name))
    unreadable = Set(table.foreign.filter { ["set", "map", "chain", "ct helper"].contains($0.kind) }.map(\.name))
  }
}
