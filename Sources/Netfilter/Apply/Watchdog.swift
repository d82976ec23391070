import CLinux
import Files
import Glibc
package import Nftables

/// Takes a change back at its deadline unless somebody has confirmed it.
///
/// All that it needs at that moment is read when it is armed: the request for the worker lies in memory, the state
/// folder and its lock are open. What it sees there decides: the change is confirmed if its record says so, and not if
/// the record is gone.
package struct Watchdog: Sendable {
  private let changer: RuleChanger<NetfilterWorker>
  private let generation: Generation
  private let deadline: Deadline
  private let request: OpenFile
  private let records: StateRecords
  private let lock: OpenFile
  private let socket: WatchdogSocket
  /// Tells of signals that would end the process otherwise.
  private let signalFile: OpenFile
  private let log = SystemLog()

  /// Signals that do not end it. They are blocked when the process begins, and in all its threads.
  package static let blockedSignals: [Int32] = (1...64).filter { ![SIGKILL, SIGSTOP, 32, 33].contains($0) }

  /// Milliseconds between two looks at the record.
  private static let interval: Int64 = 1000
  /// Milliseconds between two looks at a lock that somebody else holds.
  private static let lockInterval: Int64 = 50
  /// Milliseconds after which it takes the change back although somebody else holds the lock: the kernel does not need
  /// it, and whoever has been at it for so long may never come back.
  private static let lockPatience: Int64 = 60_000
  /// How often it asks the worker, a second apart, before it gives up.
  private static let tries = 600

  /// - Throws: `ApplyFailure.state` when the change is not written down, or not as one that waits.
  package init(
    of generation: Generation, _ changer: RuleChanger<NetfilterWorker>
  ) throws(ApplyFailure) {
    guard let opened = try changer.records(),
      let known = try changer.inState({ () throws(StateFailure) in try opened.known(generation) }),
      known.fate == .waiting, let deadline = known.record.deadline
    else { throw .nothingKnown }
    let before = try changer.inState { () throws(StateFailure) in try opened.bytes(.before, of: generation) }
    guard (before != nil) == known.record.hadTable else {
      throw .state(.damaged(path: opened.path(.before, of: generation)))
    }
    let bytes = NetfilterWorker.commitRequest(known.record.wayBack(to: before), expecting: nil)
    do throws(NetfilterFailure) {
      request = try requestFile(bytes)
    } catch {
      throw .netfilter(error)
    }
    lock = try changer.inState { () throws(StateFailure) in try opened.lockFile(isMade: false) }
    socket = try WatchdogSocket(of: generation)
    var blocked = signals(Self.blockedSignals)
    pthread_sigmask(SIG_BLOCK, &blocked, nil)
    guard let file = OpenFile(signal_descriptor(&blocked)) else { throw .noWatchdog(systemError()) }
    (signalFile, records) = (file, opened)
    (self.changer, self.generation, self.deadline) = (changer, generation, deadline)
  }

  /// Makes it hard to lose: its memory is not swapped out, and whoever looks for memory ends others first. Both need
  /// privilege and are no loss without.
  package static func shield() {
    _ = lock_memory()
    let file = OpenFile(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC))
    if let file { _ = writeAll(Array("-1000\n".utf8), to: file.descriptor) }
  }

  /// Where it stands.
  private struct Course {
    /// Whether the machine is going down.
    var isLeaving = false
    /// When it began to wait for the lock; `nil` as long as it has not.
    var lockedOutSince: Int64?
    /// The earliest moment of its next attempt.
    var next: Int64 = 0
    var tries = 0
    /// Whether the log knows that the record is gone.
    var saidLost = false
  }

  /// Waits for the deadline, and does what is to be done then.
  ///
  /// It waits for nothing but its descriptors, and so on the main thread of its process alone: a thread of the runtime,
  /// or the main one where it waits for others, would take the signals that are blocked here.
  package func run() {
    log.write(.notice, "change \(generation.name) is taken back in \(deadline.remaining / 1000) s unless confirmed")
    var course = Course()
    while true {
      heed(&course)
      let fate = records.fate(of: generation)
      socket.answer { WatchdogSign(records.fate(of: generation)) }
      if let fate, isEnd(fate) { return }
      guard isDue(fate, course) else {
        rest(min(Self.interval, deadline.remaining))
        continue
      }
      if fate == nil, !course.saidLost {
        log.write(.warning, "change \(generation.name): its record is gone, so it is taken back")
        course.saidLost = true
      }
      if attempt(&course) { return }
    }
  }

  /// Whether a change needs no watchdog any more.
  private func isEnd(_ fate: ChangeFate) -> Bool {
    switch fate {
    case .waiting: return false
    case .confirmed: log.write(.notice, "change \(generation.name) is confirmed")
    case .takenBack: log.write(.notice, "change \(generation.name) was taken back")
    }
    return true
  }

  private func isDue(_ fate: ChangeFate?, _ course: Course) -> Bool {
    fate == nil || course.isLeaving || deadline.remaining == 0
  }

  /// SIGTERM ends it only when the machine goes down, and then not before the change is taken back.
  private func heed(_ course: inout Course) {
    while case let signal = next_signal(signalFile.descriptor), signal != 0 {
      guard signal == SIGTERM else { continue }
      course.isLeaving = course.isLeaving || isSystemStopping()
      log.write(
        .warning,
        course.isLeaving
          ? "SIGTERM, and the machine is going down: change \(generation.name) is taken back now"
          : "SIGTERM does not end the watchdog of change \(generation.name); `sallyport rollback` does")
    }
  }

  /// Sleeps until a signal or a question comes, at most for that many milliseconds.
  private func rest(_ milliseconds: Int64) {
    var events = [
      pollfd(fd: signalFile.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    poll(&events, nfds_t(events.count), Int32(max(1, min(milliseconds, Self.interval))))
  }

  /// Whether nothing is left to do.
  private func attempt(_ course: inout Course) -> Bool {
    let now = BootClock.monotonic
    guard now >= course.next else {
      rest(course.next - now)
      return false
    }
    // Whoever holds the lock confirms, takes back, or has a worker at work.
    let isLocked = (try? records.take(lock)) ?? false
    defer { if isLocked { flock(lock.descriptor, LOCK_UN) } }
    if isLocked {
      course.lockedOutSince = nil
    } else {
      let since = course.lockedOutSince ?? now
      course.lockedOutSince = since
      guard now - since >= Self.lockPatience else {
        rest(Self.lockInterval)
        return false
      }
    }
    let fate = records.fate(of: generation)
    guard fate == nil || fate == .waiting else { return false }
    course.next = now + 1000
    switch takeBack() {
    case .done: return true
    // Without the lock a worker may still be on its way there.
    case .notInForce where isLocked: return true
    case .notInForce: break
    case .failed(let reason):
      if course.tries % 60 == 0 { log.write(.error, "change \(generation.name) cannot be taken back yet: \(reason)") }
    }
    course.tries += 1
    guard course.tries >= Self.tries else { return false }
    log.write(.error, "change \(generation.name) is not taken back: given up after \(course.tries) tries")
    return true
  }

  private enum Attempt {
    case done
    /// It was never made, or another one has replaced it.
    case notInForce
    case failed(String)
  }

  private func takeBack() -> Attempt {
    let outcome: CommitOutcome
    do throws(NetfilterFailure) {
      outcome = try changer.backend.commit(preparedIn: request, holding: lock)
    } catch {
      return .failed("\(error)")
    }
    switch outcome {
    case .stale: return .failed("other programs are changing rules")
    case .refused(let messages) where !messages.contains(where: \.isMissingObject):
      return .failed(messages.first?.text ?? "the kernel refuses")
    case .missing, .refused:
      log.write(.notice, "change \(generation.name) is not in force")
      records.remove(generation)
      return .notInForce
    case .committed:
      log.write(.warning, "change \(generation.name) was not confirmed and is taken back")
      if let known = try? records.known(generation) { try? changer.finish(known, .unconfirmed, in: records) }
      socket.answer { .takenBack }
      return .done
    }
  }
}
