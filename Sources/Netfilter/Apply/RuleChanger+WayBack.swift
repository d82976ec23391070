import Files
import Nftables

extension RuleChanger {
  /// Keeps the change that waits for its confirmation.
  ///
  /// - Returns: Whether one was waiting.
  /// - Throws: `ApplyFailure.takenBack` when it came too late.
  package func confirm() async throws(ApplyFailure) -> Bool {
    guard isStateKept else { return false }
    return try await changing { _ throws(ApplyFailure) -> Bool? in
      guard let record = try record(of: try await running().content), record.deadline != nil else {
        if let outcome = try inState({ () throws(StateFailure) in try state.lastOutcome() }) {
          throw .takenBack(outcome.reason)
        }
        return false
      }
      try keep(record)
      return true
    }
  }

  /// Writes down that a change stays, and then the file for boot.
  func keep(_ record: ChangeRecord) throws(ApplyFailure) {
    var record = record
    if record.deadline != nil {
      record.deadline = nil
      try inState { () throws(StateFailure) in try state.write(record) }
    }
    guard let path = record.bootFile, !record.wroteBootFile else { return }
    let script = try inState { () throws(StateFailure) in try state.bytes(state.bootPath(record.generation)) }
    guard let script else { throw .bootFile(path: path, reason: "its text is missing in \(state.path)") }
    if let reason = bootFileObstacle(path, script, isForced: record.replacesAnyBootFile ?? false) {
      throw .bootFile(path: path, reason: reason)
    }
    do throws(StateFailure) {
      if let old = try state.bytes(path) { try state.write(old, to: state.bootBeforePath(record.generation)) }
    } catch {
      throw .bootFile(path: path, reason: "\(error)")
    }
    try writeBootFile(path, script)
    record.wroteBootFile = true
    try inState { () throws(StateFailure) in try state.write(record) }
  }

  func writeBootFile(_ path: String, _ script: [UInt8]) throws(ApplyFailure) {
    if let reason = replaceFile(path, with: script) { throw .bootFile(path: path, reason: reason) }
  }

  /// Takes back the last change, confirmed or not: what ran before runs again, and the file for boot is as before.
  ///
  /// - Throws: `ApplyFailure.nothingKnown` when no record belongs to the running table.
  package func rollback(_ reason: ChangeOutcome.Reason) async throws(ApplyFailure) -> ChangeRecord {
    guard isStateKept else { throw .nothingKnown }
    return try await changing { lock throws(ApplyFailure) -> ChangeRecord? in
      let now = try await running()
      guard let record = try record(of: now.content) else { throw .nothingKnown }
      if let reason = record.lacksWayBack { throw .noReturn(reason) }
      let before = try inState { () throws(StateFailure) in try state.bytes(state.beforePath(record.generation)) }
      guard (before != nil) == record.hadTable else {
        throw .state(.damaged(path: state.beforePath(record.generation)))
      }
      let isCommitted = try await commit(
        record.wayBack(to: before), expecting: now.rulesetGeneration, lock,
        isDone: { $0?.generation != record.generation })
      guard isCommitted else { return nil }
      try finish(record, reason)
      return record
    }
  }

  /// What is left to do behind a change that was taken back.
  func finish(_ record: ChangeRecord, _ reason: ChangeOutcome.Reason) throws(ApplyFailure) {
    defer { state.remove(record.generation) }
    if let path = record.bootFile, record.wroteBootFile {
      let old = try inState { () throws(StateFailure) in try state.bytes(state.bootBeforePath(record.generation)) }
      if let old { try writeBootFile(path, old) } else { removeFile(path) }
    }
    try inState { () throws(StateFailure) in try state.write(ChangeOutcome(record.generation, reason)) }
  }
}
