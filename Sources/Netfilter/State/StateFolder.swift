import Files
import FoundationEssentials
import Glibc

/// The folder in which `apply` keeps what `confirm`, `rollback` and the watchdog need, `/run/sallyport` by default.
///
/// Several network namespaces may share it: each has files of its own, see `StateRecords`.
package struct StateFolder: Sendable {
  /// The folder without another choice. It does not outlive a reboot, and neither do the rules.
  package static let defaultPath = "/run/sallyport"

  /// Absolute.
  package let path: String

  /// Whether its disk takes more; for tests, since a disk that is full needs root.
  private let hasRoom: @Sendable () -> Bool

  /// - Parameter path: A relative one is taken from the current folder.
  package init(path: String, hasRoom: @escaping @Sendable () -> Bool = { true }) {
    self.path = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    self.hasRoom = hasRoom
  }

  /// What is known in this network namespace; `nil` when there is no folder, and so nothing is known of any change.
  ///
  /// - Throws: `StateFailure.untrusted` when others could replace the folder or write there.
  package func records() throws(StateFailure) -> StateRecords? {
    guard let folder = try opened(isMade: false) else { return nil }
    return StateRecords(folder, try .current(), hasRoom: hasRoom)
  }

  private func opened(isMade: Bool) throws(StateFailure) -> OwnedFolder? {
    do throws(FolderRefusal) {
      return try OwnedFolder.open(path, isMade: isMade)
    } catch {
      throw .init(error)
    }
  }

  /// Makes the folder, for this user alone, and takes its lock. A folder that was never one of ours and holds other
  /// files is refused: `/`, `/etc` and the like are nothing to fill, and nothing to lock. What is put into ours later
  /// keeps nobody from going back.
  ///
  /// - Parameter seconds: How long to wait for another one to give it back.
  /// - Throws: `StateFailure.system` when the folder cannot be written, `.busy` when the lock is not to be had.
  package func lock(waiting seconds: Int) throws(StateFailure) -> StateLock {
    guard let folder = try opened(isMade: true) else { throw .system(path: path, reason: systemError(ENOENT)) }
    let records = StateRecords(folder, try .current(), hasRoom: hasRoom)
    if let stranger = records.stranger { throw .inUse(path: path, holding: stranger) }
    let deadline = BootClock.now + Int64(seconds) * 1000
    while true {
      let file = try records.lockFile(isMade: true)
      // The lock counts only if the file that is locked still has its name.
      if try records.take(file), folder.isSame(file, StateRecords.lockName) {
        return StateLock(records: records, file: file)
      }
      guard BootClock.now < deadline else { throw .busy(path: path, seconds: seconds) }
      poll(nil, 0, 20)
    }
  }
}

/// The lock of a state folder: one change at a time. A worker that changes rules keeps its file open, so that one that
/// outlives its parent holds the lock until it has ended.
package struct StateLock: Sendable {
  let records: StateRecords
  /// Its description holds the lock. The end of all processes that have it open gives it back.
  let file: OpenFile
}
