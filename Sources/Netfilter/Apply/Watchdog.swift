package import Nftables
import SystemPackage

/// Takes a change back at its deadline unless somebody has confirmed it.
///
/// All that it needs at that moment is read and written when it is armed: the request for the worker lies in an open file.
package struct Watchdog: Sendable {
  private let changer: RuleChanger<NetfilterWorker>
  private let generation: Generation
  private let deadline: Deadline
  private let request: FileDescriptor

  /// Milliseconds between two looks at the record.
  private static let interval: Int64 = 1000
  /// How often it asks the worker, a second apart, before it gives up.
  private static let tries = 600

  /// - Throws: `ApplyFailure.state` when the change is not written down, or not as one that waits.
  package init(
    of generation: Generation, _ changer: RuleChanger<NetfilterWorker>
  ) throws(ApplyFailure) {
    let state = changer.state
    let record = try changer.inState { () throws(StateFailure) in try state.record(of: generation) }
    guard let record, let deadline = record.deadline else { throw .nothingKnown }
    let before = try changer.inState { () throws(StateFailure) in try state.bytes(state.beforePath(generation)) }
    let bytes = NetfilterWorker.commitRequest(record.wayBack(to: before), expecting: nil)
    do throws(NetfilterFailure) {
      request = try requestFile(bytes, in: state.path)
    } catch {
      throw .netfilter(error)
    }
    (self.changer, self.generation, self.deadline) = (changer, generation, deadline)
  }

  /// Waits for the deadline, and does what is to be done then.
  package func run() async {
    while deadline.remaining > 0 {
      try? await Task.sleep(for: .milliseconds(min(Self.interval, deadline.remaining)))
      guard isWaiting else { return }
    }
    for _ in 0..<Self.tries {
      guard isWaiting else { return }
      // Whoever holds the lock confirms, takes back, or has a worker at work.
      if let lock = try? await changer.state.lock(waiting: 60) {
        defer { lock.release() }
        guard isWaiting else { return }
        if await takeBack() { return }
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }

  /// Whether the change still waits for its confirmation; a record that cannot be read is no confirmation.
  private var isWaiting: Bool {
    do throws(StateFailure) {
      return try changer.state.record(of: generation)?.deadline != nil
    } catch {
      return true
    }
  }

  /// Whether nothing is left to do.
  private func takeBack() async -> Bool {
    guard let copy = try? request.duplicate(), (try? copy.seek(offset: 0, from: .start)) != nil,
      let outcome = try? await changer.backend.commit(preparedIn: copy)
    else { return false }
    switch outcome {
    case .stale: return false
    case .refused(let messages) where !messages.contains(where: \.isMissingObject): return false
    // The change is not in force: it never was, or another one came.
    case .missing, .refused: changer.state.remove(generation)
    case .committed:
      if let record = try? changer.state.record(of: generation) { try? changer.finish(record, .unconfirmed) }
    }
    return true
  }
}
