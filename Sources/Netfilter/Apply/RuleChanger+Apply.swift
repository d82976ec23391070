import Compilation
package import Diagnostics
import FoundationEssentials
package import Nftables
import Platforms

/// How to apply a policy.
package struct ApplyOptions: Sendable {
  /// Whether to replace the whole table where a change would do.
  package var replacing = false
  /// Seconds after which the change is taken back unless it is confirmed; `nil` for a change that needs no
  /// confirmation.
  package var confirmWithin: Int?
  /// Absolute path of the file that loads the rules at boot; `nil` for none.
  package var bootFile: String?
  /// Whether that may be a file that we did not write.
  package var replacesAnyBootFile = false
  /// Starts the watchdog of a change, which is armed when this returns.
  package var arm: @Sendable (Generation) async throws(ApplyFailure) -> Void

  package init(
    replacing: Bool = false, confirmWithin: Int? = nil, bootFile: String? = nil, replacesAnyBootFile: Bool = false,
    arm: @escaping @Sendable (Generation) async throws(ApplyFailure) -> Void
  ) {
    self.replacing = replacing
    self.confirmWithin = confirmWithin
    self.bootFile = bootFile
    self.replacesAnyBootFile = replacesAnyBootFile
    self.arm = arm
  }
}

extension ApplyOptions {
  /// - Throws: `ApplyFailure.bootFileRefused` when the file for boot could not be written.
  package func checkBootFile() throws(ApplyFailure) {
    if let bootFile, let reason = bootFileObstacle(bootFile, isForced: replacesAnyBootFile) {
      throw .bootFileRefused(path: bootFile, reason: reason)
    }
  }
}

/// What became of a policy that was to be applied.
package enum Applied: Sendable {
  /// The rules were what the policy wants.
  case unchanged(ApplyPlan)
  case changed(ApplyPlan)

  package var plan: ApplyPlan {
    switch self {
    case .unchanged(let plan), .changed(let plan): plan
    }
  }
}

/// What `--dry-run` finds out.
package struct Trial: Sendable {
  package var plan: ApplyPlan
  /// What the kernel refuses.
  package var refusals: [Diagnostic]
  package var pending: PendingChange.Answer
}

/// The running table when it was asked for, or why there is no answer; `nil` inside when other programs changed rules
/// meanwhile.
package typealias RunningAnswer = Result<Listed<PrintedTable>?, NetfilterFailure>

extension RuleChanger {
  /// Asks the kernel for the running table, while what it shall become is still being compiled.
  package func ask() async -> RunningAnswer {
    do throws(NetfilterFailure) {
      return .success(try await backend.printed(table: ownTableName))
    } catch {
      return .failure(error)
    }
  }

  /// Makes the running rules those of a policy, in one transaction.
  ///
  /// - Parameter answer: What `ask` returned; it is asked here otherwise.
  package func apply(
    _ wanted: WantedRules, _ options: ApplyOptions, running answer: RunningAnswer? = nil
  ) async throws(ApplyFailure) -> Applied {
    // What can be known before anything is made is said before.
    if case .failure(let failure)? = answer { throw .netfilter(failure) }
    try options.checkBootFile()
    var answer = answer
    return try await changing { lock throws(ApplyFailure) in
      guard let before = try await snapshot(answer.take()) else { return nil }
      let running = before.content?.table.generation
      switch PendingChange.find(running, in: lock.records) {
      case .none: break
      case .waits(let change): throw .pending(change)
      case .unknown(let failure): throw .state(failure)
      }
      let plan = wanted.plan(from: before.content?.table, replacing: options.replacing)
      if plan.difference.isSame {
        if let path = options.bootFile {
          if let reason = try bootFile(path).write(wanted.bootScript(running)) {
            throw .bootFile(path: path, reason: reason)
          }
        }
        lock.records.removeAll(but: running)
        if try known(before.content?.table, lock.records) == nil { lock.records.noteFound(running) }
        return .unchanged(plan)
      }
      // What became of earlier changes is of no interest any more, and says nothing about this one.
      lock.records.removeAll(but: running)
      return try await change(wanted, plan, before, options, lock)
    }
  }

  /// Has the kernel check what `apply` would send, and throw it away.
  package func tryOut(
    _ wanted: WantedRules, replacing: Bool, running answer: RunningAnswer? = nil
  ) async throws(ApplyFailure) -> Trial {
    var answer = answer
    for _ in 0..<Self.tries {
      let told = answer.take()
      let running = try await inKernel { () throws(NetfilterFailure) in
        if let told = try told?.get() { return told.content?.table }
        return try await backend.table(named: ownTableName)
      }
      let plan = wanted.plan(from: running, replacing: replacing)
      let pending = PendingChange.find(running?.generation, in: state)
      guard !plan.difference.isSame else { return Trial(plan: plan, refusals: [], pending: pending) }
      let script = plan.transaction.script.bytes
      let messages = try await inKernel { () throws(NetfilterFailure) in try await backend.dryRun(script) }
      if !messages.isEmpty, try await isOutdated(plan, wanted) { continue }
      return Trial(plan: plan, refusals: wanted.diagnostics(messages, of: plan), pending: pending)
    }
    throw .restless(tries: Self.tries)
  }

  /// The running table; `nil` when other programs changed rules while it was read.
  ///
  /// - Parameter answer: One from before the lock was taken. It counts as long as the rules are of its generation:
  ///   another `sallyport` may have changed them while this one waited for the lock.
  private func snapshot(_ answer: RunningAnswer?) async throws(ApplyFailure) -> Listed<PrintedTable>? {
    try await inKernel { () throws(NetfilterFailure) in
      if let told = try answer?.get(), try await backend.rulesetGeneration() == told.rulesetGeneration { return told }
      return try await backend.printed(table: ownTableName)
    }
  }

  private func change(
    _ wanted: WantedRules, _ plan: ApplyPlan, _ before: Listed<PrintedTable>, _ options: ApplyOptions,
    _ lock: StateLock
  ) async throws(ApplyFailure) -> Applied? {
    if options.confirmWithin != nil { try await tryWayBack(before) }
    let script = before.content?.script
    var record = ChangeRecord(
      plan.generation, madeAt: Int64(Date().timeIntervalSince1970), hadTable: before.content != nil,
      deadline: options.confirmWithin.map { Deadline(after: $0) }, bootFile: options.bootFile,
      replacesAnyBootFile: options.replacesAnyBootFile)
    if script == nil { record.lacksWayBack = before.content?.strangeness }
    let records = lock.records
    do throws(ApplyFailure) {
      try inState { () throws(StateFailure) in
        if let script { try records.write(script, .before, of: plan.generation) }
        if options.bootFile != nil {
          try records.write(wanted.bootScript(plan.generation), .boot, of: plan.generation)
        }
        try records.write(record, as: options.confirmWithin == nil ? .confirmed : .waiting)
      }
      if options.confirmWithin != nil { try await options.arm(plan.generation) }
      let isCommitted = try await commit(
        plan.transaction.script.bytes, expecting: before.rulesetGeneration, lock,
        isDone: { $0?.generation == plan.generation }, refusal: { .refused(wanted.diagnostics($0, of: plan)) })
      guard isCommitted else {
        records.remove(plan.generation)
        return nil
      }
    } catch {
      if case .unknown = error { throw error }
      records.remove(plan.generation)
      if case .refused = error, try await isOutdated(plan, wanted) { return nil }
      throw error
    }
    records.removeAll(but: plan.generation)
    if options.confirmWithin == nil {
      try persist(record, in: records)
    } else {
      try await checkWatchdog(record, before, lock)
    }
    return .changed(plan)
  }

  /// Whether a plan is for a table that is another one by now. Elements that expire go without a new generation of the
  /// ruleset, and the kernel refuses a script that deletes one of these as a whole (measured: 6.18).
  private func isOutdated(_ plan: ApplyPlan, _ wanted: WantedRules) async throws(ApplyFailure) -> Bool {
    guard plan.transaction.kind == .change else { return false }
    guard let now = try await snapshot(nil) else { return true }
    return wanted.plan(from: now.content?.table, replacing: false).difference.runningScript
      != plan.difference.runningScript
  }

  /// A change that waits has a watchdog which sees its record, or is no change.
  private func checkWatchdog(
    _ record: ChangeRecord, _ before: Listed<PrintedTable>, _ lock: StateLock
  ) async throws(ApplyFailure) {
    let generation = record.generation
    switch askWatchdog(of: generation) {
    case .waiting?, .silent?, .confirmed?, .takenBack?: return
    case .lost?: throw .unrecorded(PendingChange(generation, .lost, .alive))
    case nil: break
    }
    let script = record.wayBack(to: before.content?.script)
    for _ in 0..<Self.tries {
      let now = try await inKernel { () throws(NetfilterFailure) in try await backend.rulesetGeneration() }
      guard try await commit(script, expecting: now, lock, isDone: { $0?.generation != generation }) else { continue }
      lock.records.remove(generation)
      throw .watchdogEnded
    }
    throw .restless(tries: Self.tries)
  }

  /// Whether the kernel would take the running table in again.
  private func tryWayBack(_ before: Listed<PrintedTable>) async throws(ApplyFailure) {
    guard let table = before.content else { return }
    guard let own = table.script else { throw .noScript(table.strangeness ?? "") }
    let script = ScriptWriter.removal(ofTable: ownTableName, replacedBy: own)
    let refusals = try await inKernel { () throws(NetfilterFailure) in try await backend.dryRun(script) }
    if let refusal = refusals.first { throw .noWayBack(refusal) }
  }
}
