package import Files
package import Nftables

/// Whoever knows the rules of a network namespace: the worker, or in tests a ruleset in memory.
package protocol NetfilterBackend: Sendable {
  /// Hands a script to the kernel, which takes it in as a whole and throws it away again. Nothing changes.
  ///
  /// - Returns: What the kernel refused, in the order of the script; empty when it would take the script.
  func dryRun(_ script: [UInt8]) async throws(NetfilterFailure) -> [KernelMessage]

  /// The base chains of the namespace, of every table, in the order of the listing.
  func baseChains() async throws(NetfilterFailure) -> [InstalledChain]

  /// Every table of the namespace as it runs, whoever wrote it.
  func ruleset() async throws(NetfilterFailure) -> Ruleset

  /// A table of family inet as it runs; sets that packets fill may lack their elements.
  func running(table name: String) async throws(NetfilterFailure) -> Listed<Table>
}

/// Whoever can change them as well.
package protocol ChangingBackend: NetfilterBackend {
  /// A table of family inet as it runs, also as a text.
  ///
  /// - Returns: `nil` when other programs changed rules while the table was read.
  func printed(table name: String) async throws(NetfilterFailure) -> Listed<PrintedTable>?

  /// The generation of the ruleset of the network namespace.
  func rulesetGeneration() async throws(NetfilterFailure) -> UInt32

  /// Has the kernel take a script in, as a whole or not at all.
  ///
  /// - Parameters:
  ///   - generation: That of the ruleset for which the script was made; another one makes it fail.
  ///   - lock: A file that the worker keeps open as long as it may change anything, and with it every lock of its
  ///     description; `nil` where nobody holds one.
  func commit(
    _ script: [UInt8], expecting generation: UInt32, holding lock: OpenFile?
  ) async throws(NetfilterFailure) -> CommitOutcome

  /// The TCP connections that the kernel tracks.
  func connections() async throws(NetfilterFailure) -> [TrackedConnection]
}

extension NetfilterBackend {
  /// A table of family inet as it runs; `nil` when there is none of that name.
  package func table(named name: String) async throws(NetfilterFailure) -> Table? {
    try await running(table: name).content
  }
}

/// What the kernel listed, and when.
package struct Listed<Content: Sendable>: Sendable {
  /// `nil` when there is no such table.
  package var content: Content?
  /// The generation of the whole ruleset of the network namespace, read before the listing: each transaction of any
  /// program adds one.
  package var rulesetGeneration: UInt32

  package init(_ content: Content?, rulesetGeneration: UInt32) {
    self.content = content
    self.rulesetGeneration = rulesetGeneration
  }
}

/// A table as a value, and as a text of the same moment.
package struct PrintedTable: Sendable {
  /// Sets that packets fill may lack their elements.
  package var table: Table
  /// As nft prints it, with counters and with what packets have added to sets.
  package var text: [UInt8]
  /// Where the table holds something that nft prints in such a way that the text says something else than the kernel
  /// holds; `nil` when it does not.
  package var strangeness: String?

  package init(table: Table, text: [UInt8], strangeness: String?) {
    self.table = table
    self.text = text
    self.strangeness = strangeness
  }

  /// The script that makes the table anew: nft's text where it says what runs, otherwise one written from the values;
  /// `nil` where neither can be had.
  package var script: [UInt8]? { strangeness == nil ? text : table.ownScript }
}

/// What became of a script.
package enum CommitOutcome: Hashable, Sendable {
  case committed
  /// Another transaction came first; nothing has changed.
  case stale
  /// A table or set that the script names is not there, so nothing was sent.
  case missing
  /// What the kernel refused, in the order of the script; nothing has changed.
  case refused([KernelMessage])
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
