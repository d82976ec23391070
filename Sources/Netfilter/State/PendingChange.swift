package import Nftables

/// A change that is in force and waits to be confirmed or taken back.
package struct PendingChange: Hashable, Sendable {
  package let generation: Generation
  package let standing: Standing
  package let watch: Watch

  /// What is known of the watchdog of a change.
  package enum Watch: Hashable, Sendable {
    case alive
    /// It is there and does not answer: it is stopped, or has something to wait for. Nobody knows whether it will go
    /// on.
    case silent
    case gone

    init(_ sign: WatchdogSign?) {
      switch sign {
      case nil: self = .gone
      case .silent?: self = .silent
      default: self = .alive
      }
    }
  }

  package enum Standing: Hashable, Sendable {
    /// Milliseconds until its deadline; 0 when it has passed.
    case remaining(Int64)
    /// Its record is gone, and its watchdog takes it back now.
    case lost
    /// No record is found, and its watchdog does not say what it sees.
    case unknown
    /// Its record lies in another state folder.
    case elsewhere
  }

  /// Seconds until its deadline, the last one begun counts; `nil` where no deadline is known.
  package var remainingSeconds: Int64? {
    guard case .remaining(let milliseconds) = standing else { return nil }
    return milliseconds / 1000 + (milliseconds % 1000 > 0 ? 1 : 0)
  }

  package init(_ generation: Generation, _ standing: Standing, _ watch: Watch) {
    (self.generation, self.standing, self.watch) = (generation, standing, watch)
  }

  /// A change of which only its watchdog tells; `nil` when it says that nothing waits any more.
  init?(_ generation: Generation, _ sign: WatchdogSign) {
    switch sign {
    case .waiting: self.init(generation, .elsewhere, .alive)
    case .lost: self.init(generation, .lost, .alive)
    case .silent: self.init(generation, .unknown, .silent)
    case .confirmed, .takenBack: return nil
    }
  }

  /// What is known of changes that wait.
  package enum Answer: Hashable, Sendable {
    case none
    case waits(PendingChange)
    /// The state folder does not tell, with the reason.
    case unknown(StateFailure)
  }

  /// What waits in this network namespace.
  ///
  /// - Parameter running: That of the table that runs.
  package static func find(_ running: Generation?, in state: StateFolder) -> Answer {
    find(running) { () throws(StateFailure) in try state.records() }
  }

  /// The same for records that are open.
  static func find(_ running: Generation?, in records: StateRecords) -> Answer { find(running) { records } }

  private static func find(
    _ running: Generation?, _ records: () throws(StateFailure) -> StateRecords?
  ) -> Answer {
    guard let running else { return .none }
    let sign = askWatchdog(of: running)
    let witnessed = sign.flatMap { PendingChange(running, $0) }
    do throws(StateFailure) {
      guard let known = try records()?.known(running) else { return witnessed.map(Answer.waits) ?? .none }
      guard case .waiting = known.fate, let deadline = known.record.deadline, deadline.isOfThisBoot else {
        return .none
      }
      return .waits(PendingChange(running, .remaining(deadline.remaining), Watch(sign)))
    } catch {
      return witnessed.map(Answer.waits) ?? .unknown(error)
    }
  }

  /// Whether anything may wait here, found out without asking the kernel for its rules.
  package static func isPossible(in state: StateFolder) -> Bool {
    if hasWatchdogs { return true }
    do throws(StateFailure) {
      return try state.records()?.all().contains { $0.fate == .waiting } ?? false
    } catch {
      return true
    }
  }
}

extension PendingChange: CustomStringConvertible {
  /// What waits, for how long, and what to do, in one line for people.
  package var description: String {
    let keep = "`sallyport confirm \(generation.name)` keeps it, `sallyport rollback` takes it back"
    let wait = "still waits \(remainingSeconds ?? 0) seconds for its confirmation"
    let silence = "its watchdog does not answer: it may be stopped, and then nothing takes it back by itself"
    return switch (standing, watch) {
    case (.lost, _): "the record of change \(generation.name) is gone: its watchdog, which is alive, takes it back"
    case (.unknown, _): "no record of change \(generation.name) is found here, and \(silence)"
    case (.elsewhere, _):
      "change \(generation.name) waits for its confirmation, and its watchdog is alive; its record lies in another state "
        + "folder, for --state-dir"
    case (.remaining(0), .silent):
      "change \(generation.name) was not confirmed in time, and \(silence); `sallyport rollback` does"
    case (.remaining, .silent):
      "change \(generation.name) \(wait), but \(silence); \(keep)"
    case (.remaining(0), .alive):
      "change \(generation.name) was not confirmed in time, and its watchdog is taking it back"
    case (.remaining(0), .gone):
      "change \(generation.name) was not confirmed in time, and its watchdog is gone: `sallyport rollback` takes it back"
    case (.remaining, .alive):
      "change \(generation.name) \(wait), and its watchdog is alive; "
        + keep
    case (.remaining, .gone):
      "change \(generation.name) \(wait), but its watchdog is gone: "
        + "nothing takes it back by itself; \(keep)"
    }
  }
}
