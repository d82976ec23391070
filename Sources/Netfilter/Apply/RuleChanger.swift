import Nftables
import Platforms

/// Changes the rules of this network namespace, with a way back.
///
/// Every change holds the lock of the state folder, is bound to the generation of the ruleset for which it was made,
/// and is written down before it is made. So whatever dies at whatever moment, the table is wholly the old or the new
/// one, and the record of the new one is there.
package struct RuleChanger<Backend: ChangingBackend>: Sendable {
  let backend: Backend
  let state: StateFolder

  package init(backend: Backend, state: StateFolder) {
    self.backend = backend
    self.state = state
  }

  /// How often a change is made ready again when other programs were faster.
  static var tries: Int { 20 }
  /// Seconds to wait for another `sallyport`. It needs few: only a ruleset of 100,000 publications takes that long to
  /// load.
  private static var patience: Int { 10 }

  /// Runs one change under the lock, again and again as long as it returns nothing because other programs were faster.
  func changing<Result>(
    _ attempt: (StateLock) async throws(ApplyFailure) -> Result?
  ) async throws(ApplyFailure) -> Result {
    let lock = try locked()
    for _ in 0..<Self.tries {
      if let result = try await attempt(lock) { return result }
    }
    throw .restless(tries: Self.tries)
  }

  private func locked() throws(ApplyFailure) -> StateLock {
    try inState { () throws(StateFailure) in try state.lock(waiting: Self.patience) }
  }

  func running() async throws(ApplyFailure) -> Listed<Table> {
    try await inKernel { () throws(NetfilterFailure) in try await backend.running(table: ownTableName) }
  }

  func inKernel<Result>(
    _ body: () async throws(NetfilterFailure) -> Result
  ) async throws(ApplyFailure) -> Result {
    do throws(NetfilterFailure) {
      return try await body()
    } catch {
      throw .netfilter(error)
    }
  }

  /// The change that is in force; `nil` when none is known.
  func known(_ table: Table?, _ records: StateRecords) throws(ApplyFailure) -> StateRecords.Known? {
    guard let generation = table?.generation else { return nil }
    return try inState { () throws(StateFailure) in try records.known(generation) }
  }

  /// What is known in the state folder; `nil` when there is no folder.
  func records() throws(ApplyFailure) -> StateRecords? {
    try inState { () throws(StateFailure) in try state.records() }
  }

  func inState<Result>(_ body: () throws(StateFailure) -> Result) throws(ApplyFailure) -> Result {
    do throws(StateFailure) {
      return try body()
    } catch {
      throw .state(error)
    }
  }

  /// Whether a script took place; not when another program was faster.
  ///
  /// - Parameters:
  ///   - generation: That of the ruleset for which the script was made.
  ///   - lock: `nil` where there is no state folder.
  ///   - isDone: Whether a running table shows that the script took place.
  ///   - refusal: What to throw when the kernel refuses the script.
  func commit(
    _ script: [UInt8], expecting generation: UInt32, _ lock: StateLock?, isDone: (Table?) -> Bool,
    refusal: ([KernelMessage]) -> ApplyFailure = Self.refusedByKernel
  ) async throws(ApplyFailure) -> Bool {
    let outcome: CommitOutcome
    do throws(NetfilterFailure) {
      outcome = try await backend.commit(script, expecting: generation, holding: lock?.file)
    } catch {
      // A worker that was ended may have done its work before: the kernel knows.
      guard let now = try? await backend.running(table: ownTableName) else { throw .unknown(error) }
      guard isDone(now.content) else { throw .netfilter(error) }
      return true
    }
    switch outcome {
    case .committed: return true
    case .stale, .missing: return false
    case .refused(let messages): throw refusal(messages)
    }
  }

  /// For a script that no policy asks for.
  private static func refusedByKernel(_ messages: [KernelMessage]) -> ApplyFailure {
    .netfilter(.library(messages.map { "line \($0.line): \($0.text)" }.joined(separator: "\n")))
  }
}

extension ChangeRecord {
  /// The script that takes the change back: it fails as a whole when the change is not in force (any more).
  ///
  /// - Parameter before: The script that makes the table before the change, which `PrintedTable.script` has told.
  func wayBack(to before: [UInt8]?) -> [UInt8] {
    ScriptWriter.removal(ofTable: ownTableName, expecting: generation, replacedBy: before)
  }
}
