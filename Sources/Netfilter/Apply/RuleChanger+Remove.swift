import Lowering
import Nftables

/// What became of the table that was to go.
package struct Removal: Sendable {
  /// Connections through the table, by publication.
  package var sessions: [LiveSession]
  /// The file that still loads the rules at boot; `nil` when none is known.
  package var bootFile: String?
}

extension RuleChanger {
  /// Takes the table away, and nothing else.
  ///
  /// - Parameter dryRun: Whether to tell only what would happen.
  /// - Returns: `nil` when there is no table.
  package func remove(dryRun: Bool) async throws(ApplyFailure) -> Removal? {
    if dryRun {
      guard let table = try await running().content else { return nil }
      return try await removal(of: table)
    }
    // Where nobody changed anything, nothing is made either.
    if !isStateKept, try await running().content == nil { return nil }
    return try await changing { lock throws(ApplyFailure) -> Removal?? in
      let now = try await running()
      guard let table = now.content else { return .some(nil) }
      let removal = try await removal(of: table)
      let script = Array("delete table inet \(ownTableName)\n".utf8)
      let isCommitted = try await commit(
        script, expecting: now.rulesetGeneration, lock, isDone: { $0 == nil })
      guard isCommitted else { return nil }
      state.removeAll(but: nil)
      return removal
    }
  }

  private func removal(of table: Table) async throws(ApplyFailure) -> Removal {
    let connections = try await inKernel { () throws(NetfilterFailure) in try await backend.connections() }
    return Removal(sessions: liveSessions(of: table, connections), bootFile: try? record(of: table)?.bootFile)
  }
}
