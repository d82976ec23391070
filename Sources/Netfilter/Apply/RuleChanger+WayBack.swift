import Files
package import Nftables

/// What `confirm` found.
package enum Confirmation: Hashable, Sendable {
  /// The change that waited stays.
  case kept(Generation)
  /// Nothing waits: the rules that run were confirmed before, or needed no confirmation.
  case stays(Generation?)
}

extension RuleChanger {
  /// Keeps the change that waits for its confirmation.
  ///
  /// - Parameter wanted: The change that is meant; `nil` for whichever waits.
  /// - Throws: Unless the rules stay: `takenBack` or `notInForce` when they are others, `tooLate` after the deadline,
  ///   `unrecorded` or `unseen` when the change is going to be taken back all the same, `nothingToConfirm` when nothing
  ///   is known.
  package func confirm(_ wanted: Generation? = nil) async throws(ApplyFailure) -> Confirmation {
    guard try records() != nil else {
      throw unknownChange(wanted, running: try await running().content?.generation)
    }
    return try await changing { lock throws(ApplyFailure) -> Confirmation? in
      try await confirm(wanted, running: try await self.running().content, lock.records)
    }
  }

  private func confirm(
    _ wanted: Generation?, running table: Table?, _ records: StateRecords
  ) async throws(ApplyFailure) -> Confirmation {
    let (running, known) = (table?.generation, try known(table, records))
    if let known, wanted == nil || wanted == running, known.fate == .waiting {
      try await keep(known, in: records)
      return .kept(known.record.generation)
    }
    if let wanted {
      if case .takenBack(let how)? = records.fate(of: wanted) { throw .takenBack(how) }
      guard let known, wanted == running else { throw unknownChange(wanted, running: running) }
      try persist(known.record, in: records)
      return .stays(known.record.generation)
    }
    for (generation, fate) in records.all() where generation != running {
      if case .takenBack(let how) = fate { throw .takenBack(how) }
      if fate == .waiting { throw .notInForce(generation) }
    }
    if case .takenBack(let how)? = known?.fate { throw .takenBack(how) }
    guard known != nil || records.wasFound(running) else { throw unknownChange(nil, running: running) }
    // A file for boot that could not be written when the change was kept is written now.
    if let known { try persist(known.record, in: records) }
    return .stays(running)
  }

  /// Why a change that has no record, or is not in force, cannot be confirmed.
  private func unknownChange(_ wanted: Generation?, running: Generation?) -> ApplyFailure {
    if let wanted, wanted != running { return .notInForce(wanted) }
    guard let running, let sign = askWatchdog(of: running), let pending = PendingChange(running, sign) else {
      return .nothingToConfirm
    }
    return .unrecorded(pending)
  }

  /// Writes down that a change stays, and then the file for boot.
  private func keep(_ known: StateRecords.Known, in records: StateRecords) async throws(ApplyFailure) {
    let generation = known.record.generation
    guard let deadline = known.record.deadline, deadline.isOfThisBoot, deadline.remaining > 0 else {
      throw .tooLate(generation, PendingChange.Watch(askWatchdog(of: generation)))
    }
    try inState { () throws(StateFailure) in try records.turn(generation, from: .waiting, to: .confirmed) }
    // The watchdog may have opened a folder to which this path no longer leads, or taken the change back by now.
    switch askWatchdog(of: generation) {
    case nil: guard try await isInForce(generation) else { throw .takenBack(.unconfirmed) }
    case .confirmed?: break
    case .takenBack?: throw .takenBack(.unconfirmed)
    case .waiting?, .lost?, .silent?: throw .unseen(generation)
    }
    try persist(known.record, in: records)
  }

  /// Whether the rules that run are those of a change.
  package func isInForce(_ generation: Generation) async throws(ApplyFailure) -> Bool {
    try await running().content?.generation == generation
  }

  /// Writes the file for boot of a change that stays.
  func persist(_ record: ChangeRecord, in records: StateRecords) throws(ApplyFailure) {
    let generation = record.generation
    guard let path = record.bootFile, !records.has(.bootWritten, of: generation) else { return }
    let script = try inState { () throws(StateFailure) in try records.bytes(.boot, of: generation) }
    guard let script else { throw .bootFile(path: path, reason: "its text is missing in \(records.path)") }
    let file = try bootFile(path)
    if let reason = file.obstacle(script, isForced: record.replacesAnyBootFile) {
      throw .bootFile(path: path, reason: reason)
    }
    do {
      if let old = try file.content() { try records.write(old, .bootBefore, of: generation) }
    } catch {
      throw .bootFile(path: path, reason: "what it holds cannot be set aside: \(error)")
    }
    if let reason = file.write(script) { throw .bootFile(path: path, reason: reason) }
    try inState { () throws(StateFailure) in try records.noteBootFile(of: generation) }
  }

  func bootFile(_ path: String) throws(ApplyFailure) -> BootFile {
    do throws(FolderRefusal) {
      if path == BootFile.defaultPath { _ = try OwnedFolder.open(BootFile.defaultFolder, isMade: true) }
      return try BootFile(path)
    } catch {
      throw .bootFile(path: path, reason: error.reason(for: path))
    }
  }

  /// Takes back the last change, confirmed or not: what ran before runs again, and the file for boot is as before.
  ///
  /// - Parameter wanted: The change that is meant; `nil` for whichever is in force.
  /// - Throws: `ApplyFailure.nothingKnown` when no record belongs to the running table.
  package func rollback(
    _ how: ChangeFate.TakingBack, of wanted: Generation? = nil
  ) async throws(ApplyFailure) -> ChangeRecord {
    guard try records() != nil else { throw .nothingKnown }
    return try await changing { lock throws(ApplyFailure) -> ChangeRecord? in
      let records = lock.records
      let now = try await running()
      guard let known = try known(now.content, records), wanted == nil || wanted == known.record.generation,
        known.fate == .waiting || known.fate == .confirmed
      else { throw .nothingKnown }
      let record = known.record
      if let reason = record.lacksWayBack { throw .noReturn(reason) }
      let before = try inState { () throws(StateFailure) in try records.bytes(.before, of: record.generation) }
      guard (before != nil) == record.hadTable else {
        throw .state(.damaged(path: records.path(.before, of: record.generation)))
      }
      let isCommitted = try await commit(
        record.wayBack(to: before), expecting: now.rulesetGeneration, lock,
        isDone: { $0?.generation != record.generation })
      guard isCommitted else { return nil }
      try finish(known, how, in: records)
      return record
    }
  }

  /// What is left to do after a change was taken back.
  func finish(
    _ known: StateRecords.Known, _ how: ChangeFate.TakingBack, in records: StateRecords
  ) throws(ApplyFailure) {
    let generation = known.record.generation
    // Where that fails the record names a change that is not in force, and every reader of records compares that.
    defer {
      try? records.turn(generation, from: known.fate, to: .takenBack(how))
      records.removeAttachments(of: generation)
    }
    guard let path = known.record.bootFile, records.has(.bootWritten, of: generation) else { return }
    let old = try inState { () throws(StateFailure) in try records.bytes(.bootBefore, of: generation) }
    let file = try bootFile(path)
    guard let old else { return file.remove() }
    if let reason = file.write(old) { throw .bootFile(path: path, reason: reason) }
  }
}
