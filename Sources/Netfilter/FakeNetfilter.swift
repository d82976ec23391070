package import Nftables

/// A ruleset in memory in the place of the kernel, for tests.
package struct FakeNetfilter: NetfilterBackend {
  /// A text that the kernel refuses, wherever it stands in a script, and the kernel's reason.
  package typealias Refusal = (text: String, reason: String)

  package var chains: [InstalledChain]
  package var refusals: [Refusal]
  /// What becomes of every dry run, listings apart: libnftables 1.0.6 crashes like this.
  package var dryRunFailure: NetfilterFailure?

  /// The running tables.
  package var tables: [Table]

  package init(
    chains: [InstalledChain] = [], refusals: [Refusal] = [], dryRunFailure: NetfilterFailure? = nil,
    tables: [Table] = []
  ) {
    self.chains = chains
    self.refusals = refusals
    self.dryRunFailure = dryRunFailure
    self.tables = tables
  }

  package func dryRun(_ script: [UInt8]) async throws(NetfilterFailure) -> [KernelMessage] {
    if let dryRunFailure { throw dryRunFailure }
    let lines = String(decoding: script, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.enumerated().flatMap { index, line in
      refusals.filter { line.contains($0.text) }.map {
        KernelMessage(line: index + 1, text: "Could not process rule: \($0.reason)")
      }
    }
  }

  package func baseChains() async throws(NetfilterFailure) -> [InstalledChain] { chains }

  /// The tables, and those of the chains, which have no rules then.
  package func ruleset() async throws(NetfilterFailure) -> Ruleset {
    var ruleset = Ruleset(tables)
    for chain in chains {
      guard let family = TableFamily(rawValue: chain.family), let kind = BaseChain.Kind(rawValue: chain.type),
        let hook = BaseChain.Hook(rawValue: chain.hook)
      else { continue }
      let base = BaseChain(kind, hook, priority: chain.priority, dropsByPolicy: chain.dropsByPolicy)
      ruleset.tables.append(Table(chain.table, family: family, chains: [Chain(chain.name, base)]))
    }
    return ruleset
  }

  package func running(table name: String) async throws(NetfilterFailure) -> Listed<Table> {
    Listed(tables.first { $0.name == name }, rulesetGeneration: 1)
  }
}
