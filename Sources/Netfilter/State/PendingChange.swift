package import Nftables

/// A change that is in force and waits to be confirmed or taken back.
package struct PendingChange: Hashable, Sendable {
  package let generation: Generation
  /// Milliseconds until its deadline; `nil` when its record is gone, and then it is taken back now.
  package let remaining: Int64?
  /// Whether its watchdog lives.
  package let isWatched: Bool

  package init(_ generation: Generation, remaining: Int64?, isWatched: Bool) {
    (self.generation, self.remaining, self.isWatched) = (generation, remaining, isWatched)
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
    let isWatched = askWatchdog(of: running) != nil
    do throws(StateFailure) {
      guard let known = try state.records()?.known(running) else {
        return isWatched ? .waits(PendingChange(running, remaining: nil, isWatched: true)) : .none
      }
      guard case .waiting = known.fate, let deadline = known.record.deadline, deadline.isOfThisBoot else {
        return .none
      }
      return .waits(PendingChange(running, remaining: deadline.remaining, isWatched: isWatched))
    } catch {
      return isWatched ? .waits(PendingChange(running, remaining: nil, isWatched: true)) : .unknown(error)
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
    return switch (remaining, isWatched) {
    case (nil, _): "the record of change \(generation.name) is gone: its watchdog, which is alive, takes it back"
    case (0?, true): "change \(generation.name) was not confirmed in time, and its watchdog is taking it back"
    case (0?, false):
      "change \(generation.name) was not confirmed in time, and its watchdog is gone: `sallyport rollback` takes it back"
    case (let remaining?, true):
      "change \(generation.name) still waits \(seconds(remaining)) seconds for its confirmation, and its watchdog is alive; "
        + keep
    case (let remaining?, false):
      "change \(generation.name) still waits \(seconds(remaining)) seconds for its confirmation, but its watchdog is gone: "
        + "nothing takes it back by itself; \(keep)"
    }
  }

  private func seconds(_ milliseconds: Int64) -> Int64 { milliseconds / 1000 + (milliseconds % 1000 > 0 ? 1 : 0) }
}
