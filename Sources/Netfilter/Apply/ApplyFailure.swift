package import Diagnostics
package import Nftables

/// Why the rules were not changed as asked. Unless said otherwise they are as they were.
package enum ApplyFailure: Error, Sendable {
  case netfilter(NetfilterFailure)
  case state(StateFailure)
  /// An earlier change waits for its confirmation.
  case pending(PendingChange)
  /// Other programs changed the rules of this host again and again while the change was made ready.
  case restless(tries: Int)
  /// The kernel refused the change; why, at the statements that asked for it.
  case refused([Diagnostic])
  /// The kernel does not take in its own listing of the running table, so there would be no way back.
  case noWayBack(KernelMessage)
  /// Of something in the running table no script can be written, so there would be no way back; where it stands.
  case noScript(String)
  /// There is no way back for that reason: the change was made without a deadline.
  case noReturn(String)
  /// The watchdog did not start, with the reason.
  case noWatchdog(String)
  /// The worker failed, and what is running now cannot be found out.
  case unknown(NetfilterFailure)
  /// No change is known that could be taken back.
  case nothingKnown
  /// Nothing is known of the rules that run, so nothing can be said about their confirmation.
  case nothingToConfirm
  /// The change was taken back already.
  case takenBack(ChangeFate.TakingBack)
  /// The change is not in force: it never was, or other rules came after it.
  case notInForce(Generation)
  /// Its deadline has passed; what its watchdog does.
  case tooLate(Generation, PendingChange.Watch)
  /// The change in force waits, and has no record here.
  case unrecorded(PendingChange)
  /// The watchdog ended before the change was made, which was taken back then.
  case watchdogEnded
  /// The watchdog does not see the confirmation: it looks into another folder, or does not answer.
  case unseen(Generation)
  /// The file for boot cannot be written, so nothing was changed.
  case bootFileRefused(path: String, reason: String)
  /// The rules are as asked; the file for boot is not.
  case bootFile(path: String, reason: String)
}

extension ApplyFailure: CustomStringConvertible {
  /// What happened and what to do, in one line for people.
  package var description: String {
    switch self {
    case .netfilter(let failure): "\(failure)"
    case .state(let failure): "\(failure)"
    case .pending(let change): "\(change); nothing was changed"
    case .restless(let tries):
      "other programs keep changing the rules of this host; gave up after \(tries) tries, nothing was changed"
    case .refused: "the kernel refused the change; nothing was changed"
    case .noWayBack(let message):
      "the running table could not be put back: nft does not take in its own listing (\(message.text)); nothing was "
        + "changed. Without --confirm-within and --verify the change can be made"
    case .noScript(let place):
      "the running table could not be put back: it holds \(place), which no script can be trusted to hold; nothing was "
        + "changed. Without --confirm-within and --verify the change can be made"
    case .noReturn(let place):
      "the table that ran before cannot be put back: it held \(place), which no script can be trusted to hold; nothing was "
        + "changed. `sallyport apply` with the earlier policy makes its rules"
    case .noWatchdog(let reason): "the watchdog does not start: \(reason); nothing was changed"
    case .unknown(let failure):
      "\(failure); whether the rules were changed could not be found out: `sallyport diff` tells"
    case .nothingKnown: "no change is known that could be taken back"
    case .nothingToConfirm:
      "nothing is confirmed: nothing is known of a change of the rules that run now; `sallyport diff` compares them with a "
        + "policy"
    case .notInForce(let generation):
      "change \(generation.name) is not in force: it was taken back, or other rules have come after it"
    case .tooLate(let generation, .alive):
      "too late: change \(generation.name) was not confirmed in time, and its watchdog is taking it back"
    case .tooLate(let generation, .silent):
      "too late: change \(generation.name) was not confirmed in time, and its watchdog does not answer: it may be stopped, "
        + "and then the change still runs; `sallyport rollback` takes it back"
    case .tooLate(let generation, .gone):
      "too late: change \(generation.name) was not confirmed in time, and its watchdog is gone, so it still runs; "
        + "`sallyport rollback` takes it back"
    case .unrecorded(let change): "nothing is confirmed: \(change)"
    case .watchdogEnded: "the watchdog ended while the change was made; the change has been taken back"
    case .unseen(let generation):
      "the watchdog of change \(generation.name) does not see the confirmation, and may take it back; `sallyport diff` "
        + "tells what runs"
    case .takenBack(.unconfirmed): "the change was not confirmed in time and has been taken back"
    case .takenBack(.unverified): "the change was taken back because the command of --verify failed"
    case .takenBack(.requested): "the change has been taken back"
    case .bootFileRefused(let path, let reason): "--persist: \(path): \(reason); nothing was changed"
    case .bootFile(let path, let reason): "the rules are as asked, but \(path) was not written: \(reason)"
    }
  }
}
