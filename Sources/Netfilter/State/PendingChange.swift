package import Nftables

/// A change that is in force and waits to be confirmed or taken back.
package struct PendingChange: Hashable, Sendable {
  package let generation: Generation
  package let standing: Standing
  /// Whether its watchdog lives.
  package let isWatched: Bool

  package enum Standing: Hashable, Sendable {
    /// Milliseconds until its deadline; 0 when it has passed.
    case remaining(Int64)
    /// Its record is gone, and its watchdog takes it back now.
    case lost
    /// Its record lies in another state folder.
    case elsewhere
  }

  package init(_ generation: Generation, _ standing: Standing, isWatched: Bool) {
    (self.generation, self.standing, self.isWatched) = (generation, standing, isWatched)
  }

  /// A change of which only its watchdog tells; `nil` when it says that nothing waits any more.
  init?(_ generation: Generation, _ sign: WatchdogSign) {
    switch sign {
    case .waiting: self.init(generation, .elsewhere, isWatched: true)
    case .lost, .silent: self.init(generation, .lost, isWatched: true)
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
    guard let running else { return .none }
    let sign = askWatchdog(of: running)
    let witnessed = sign.flatMap { PendingChange(running, $0) }
    do throws(StateFailure) {
      guard let known = try state.records()?.known(running) else { return witnessed.map(Answer.waits) ?? .none }
      guard case .waiting = known.fate, let deadline = known.record.deadline, deadline.isOfThisBoot else {
        return .none
      }
      return .waits(PendingChange(running, .remaining(deadline.remaining), isWatched: sign != nil))
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
    return switch (standing, isWatched) {
    case (.lost, _): "the record of change \(generation.name) is gone: its watchdog, which is alive, takes it back"
    case (.elsewhere, _):
      "change \(generation.name) waits for its confirmation, and its watchdog is alive; its record lies in another state "
        + "folder, for --state-dir"
    case (.remaining(0), true):
      "change \(generation.name) was not confirmed in time, and its watchdog is taking it back"
    case (.remaining(0), false):
      "change \(generation.name) was not confirmed in time, and its watchdog is gone: `sallyport rollback` takes it back"
    case (.remaining(let remaining), true):
      "change \(generation.name) still waits \(seconds(remaining)) seconds for its confirmation, and its watchdog is alive; "
        + keep
    case (.remaining(let remaining), false):
      "change \(generation.name) still waits \(seconds(remaining)) seconds for its confirmation, but its watchdog is gone: "
        + "nothing takes it back by itself; \(keep)"
    }
  }

  private func seconds(_ milliseconds: Int64) -> Int64 { milliseconds / 1000 + (milliseconds % 1000 > 0 ? 1 : 0) }
}
