import Files
import FoundationEssentials
import Glibc
package import Nftables
package import SystemPackage

/// The folder in which `apply` keeps what `confirm`, `rollback` and the watchdog need, `/run/sallyport` by default.
///
/// One change has files that begin with the name of its generation. Which change is in force is not written down: it is
/// that of the generation that the running table carries, so a program that dies leaves nothing wrong behind.
package struct StateFolder: Sendable {
  /// The folder without another choice. It does not outlive a reboot, and neither do the rules.
  package static let defaultPath = "/run/sallyport"

  /// Absolute.
  package let path: String

  /// - Parameter path: A relative one is taken from the current folder.
  package init(path: String) {
    self.path = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
  }

  /// Whether it is there. Without it nothing is known of any change.
  var exists: Bool { access(path, F_OK) == 0 || errno != ENOENT }

  /// The record of a change.
  func recordPath(_ generation: Generation) -> String { "\(path)/\(generation.name).json" }
  /// The table before a change, as nft lists it.
  func beforePath(_ generation: Generation) -> String { "\(path)/\(generation.name).before.nft" }
  /// The script of a change for boot.
  func bootPath(_ generation: Generation) -> String { "\(path)/\(generation.name).boot.nft" }
  /// What stood in the file for boot before a change was confirmed.
  func bootBeforePath(_ generation: Generation) -> String { "\(path)/\(generation.name).boot-before.nft" }
  /// What became of the last change that was taken back.
  var outcomePath: String { "\(path)/outcome.json" }

  /// Makes the folder, for root alone, and takes its lock.
  ///
  /// - Parameter seconds: How long to wait for another one to give it back.
  /// - Throws: `StateFailure.system` when the folder cannot be written, `.busy` when the lock is not to be had.
  package func lock(waiting seconds: Int) async throws(StateFailure) -> StateLock {
    try makeFolder()
    let file = "\(path)/lock"
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .init(file) }
    let lock = StateLock(descriptor: FileDescriptor(rawValue: descriptor))
    let deadline = BootClock.now + Int64(seconds) * 1000
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { throw .init(file) }
      guard BootClock.now < deadline else { throw .busy(path: path, seconds: seconds) }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return lock
  }

  private func makeFolder() throws(StateFailure) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      // What there is instead of a folder, or why there is none.
      guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
      throw .init(path)
    }
  }

  /// The record of a change; `nil` when there is none.
  ///
  /// - Throws: `StateFailure.damaged` for one that is not understood.
  package func record(of generation: Generation) throws(StateFailure) -> ChangeRecord? {
    try read(ChangeRecord.self, recordPath(generation))
  }

  /// What became of the last change that was taken back; `nil` when there is none.
  package func lastOutcome() throws(StateFailure) -> ChangeOutcome? { try read(ChangeOutcome.self, outcomePath) }

  private func read<Content: Decodable>(_ type: Content.Type, _ path: String) throws(StateFailure) -> Content? {
    guard let bytes = try bytes(path) else { return nil }
    guard let content = try? JSONDecoder().decode(type, from: Data(bytes)) else { throw .damaged(path: path) }
    return content
  }

  /// The bytes of a file; `nil` when there is none.
  func bytes(_ path: String) throws(StateFailure) -> [UInt8]? {
    do throws(FileFailure) {
      return try readFile(path)
    } catch {
      switch error {
      case .missing: return nil
      case .unreadable(let reason): throw .system(path: path, reason: reason)
      }
    }
  }

  package func write(_ record: ChangeRecord) throws(StateFailure) {
    try write(encoded(record), to: recordPath(record.generation))
  }

  package func write(_ outcome: ChangeOutcome) throws(StateFailure) { try write(encoded(outcome), to: outcomePath) }

  func write(_ bytes: [UInt8], to path: String) throws(StateFailure) {
    if let reason = replaceFile(path, with: bytes, mode: 0o600) { throw .system(path: path, reason: reason) }
  }

  /// Forgets what became of an earlier change: another one begins.
  package func forgetOutcome() { unlink(outcomePath) }

  /// Removes what belongs to a change; what is not there needs none.
  package func remove(_ generation: Generation) {
    // The record last: the rest means nothing without it.
    for path in [
      beforePath(generation), bootPath(generation), bootBeforePath(generation), recordPath(generation),
    ] {
      unlink(path)
    }
  }

  /// Removes what belongs to any other change.
  package func removeAll(but generation: Generation?) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names.sorted() {
      guard let digits = name.split(separator: ".").first, let other = Generation(name: String(digits)),
        other != generation
      else { continue }
      unlink("\(path)/\(name)")
    }
  }
}

/// What is written as JSON is made of strings and numbers, which every encoder takes.
private func encoded(_ value: some Encodable) -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
  return ((try? encoder.encode(value)).map { Array($0) } ?? []) + [0x0A]
}

/// The lock of a state folder: one change at a time. Requests that change rules are written into its file, so that a worker
/// that outlives its parent holds the lock until it has ended.
package struct StateLock: Sendable {
  package let descriptor: FileDescriptor

  /// Another reference to the open file, which shares the lock.
  func duplicate() throws(NetfilterFailure) -> FileDescriptor {
    let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .noRequestFile(systemError()) }
    return FileDescriptor(rawValue: copy)
  }

  /// Gives the lock back, unless a worker still holds it. The end of the process does the same.
  package func release() {
    try? descriptor.resize(to: 0)
    try? descriptor.close()
  }
}
