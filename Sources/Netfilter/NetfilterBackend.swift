package import Nftables

/// Whoever knows the rules of a network namespace: the worker, or in tests a ruleset in memory.
package protocol NetfilterBackend: Sendable {
  /// Hands a script to the kernel, which takes it in as a whole and throws it away again. Nothing changes.
  ///
  /// - Returns: What the kernel refused, in the order of the script; empty when it would take the script.
  func dryRun(_ script: [UInt8]) async throws(NetfilterFailure) -> [KernelMessage]

  /// The base chains of the namespace, of every table, in the order of the listing.
  func baseChains() async throws(NetfilterFailure) -> [InstalledChain]

  /// A table of family inet as it runs; `nil` when there is none of that name.
  func table(named name: String) async throws(NetfilterFailure) -> Table?
}

/// What nft says about a place in a script.
package struct KernelMessage: Hashable, Sendable {
  /// From 1.
  package var line: Int
  /// Without the place and without `Error: `, for example `Could not process rule: File exists`.
  package var text: String

  package init(line: Int, text: String) {
    self.line = line
    self.text = text
  }
}

/// A base chain that is installed in the kernel, ours or another's.
package struct InstalledChain: Hashable, Sendable {
  /// The family of its table, as nft writes it: `inet`, `ip`, `ip6`, `bridge`...
  package var family: String
  package var table: String
  package var name: String
  /// `filter`, `nat` or `route`.
  package var type: String
  /// As nft writes it, for example `forward`.
  package var hook: String
  /// Lower runs first.
  package var priority: Int
  /// Whether packets that reach its end are dropped.
  package var dropsByPolicy: Bool

  package init(
    family: String, table: String, name: String, type: String, hook: String, priority: Int,
    dropsByPolicy: Bool = false
  ) {
    self.family = family
    self.table = table
    self.name = name
    self.type = type
    self.hook = hook
    self.priority = priority
    self.dropsByPolicy = dropsByPolicy
  }
}
