import Nftables
import Platforms

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
      return try await removal(of: table, try? records())
    }
    // Where nobody changed anything, nothing is made either.
    guard try records() != nil else {
      return try await removeWithoutState()
    }
    return try await changing { lock throws(ApplyFailure) -> Removal?? in
      let removal = try await remove(lock)
      // Watchdogs see it, and end: what they would take back is not in force.
      if case .some = removal { lock.records.removeAll(but: nil) }
      return removal
    }
  }

  /// The kernel keeps transactions apart by itself: the lock is for what the state folder holds.
  private func removeWithoutState() async throws(ApplyFailure) -> Removal? {
    for _ in 0..<Self.tries {
      if let removal = try await remove(nil) { return removal }
    }
    throw .restless(tries: Self.tries)
  }

  /// Removes the table; `nil` when other programs were faster, `nil` inside when there is none.
  private func remove(_ lock: StateLock?) async throws(ApplyFailure) -> Removal?? {
    let now = try await running()
    guard let table = now.content else { return .some(nil) }
    let removal = try await removal(of: table, lock?.records)
    let script = ScriptWriter.removal(ofTable: ownTableName)
    let isCommitted = try await commit(script, expecting: now.rulesetGeneration, lock, isDone: { $0 == nil })
    return isCommitted ? removal : nil
  }

  private func removal(of table: Table, _ records: StateRecords?) async throws(ApplyFailure) -> Removal {
    let connections = try await inKernel { () throws(NetfilterFailure) in try await backend.connections() }
    let bootFile = records.flatMap { try? known(table, $0) }?.record.bootFile
    return Removal(sessions: liveSessions(of: table, connections), bootFile: bootFile)
  }
}
