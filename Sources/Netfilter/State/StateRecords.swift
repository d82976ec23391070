package import Files
import FoundationEssentials
import Glibc
package import Nftables

/// What the state folder knows of the changes of one network namespace. Files of other namespaces are never touched.
///
/// The files of a change begin with the inode of the namespace and the name of the change. Which change is in force is
/// not written down: it is that of the generation that the running table carries, so a program that dies leaves nothing
/// wrong.
package struct StateRecords: Sendable {
  private let folder: OwnedFolder
  private let namespace: NetworkNamespace
  private let hasRoom: @Sendable () -> Bool

  /// - Parameter hasRoom: Whether the disk of the folder takes more, see `StateFolder`.
  package init(
    _ folder: OwnedFolder, _ namespace: NetworkNamespace, hasRoom: @escaping @Sendable () -> Bool = { true }
  ) {
    (self.folder, self.namespace, self.hasRoom) = (folder, namespace, hasRoom)
  }

  /// For people.
  package var path: String { folder.path }

  /// A file that lies beside the record of a change.
  package enum Attachment: String, Sendable {
    /// The table before the change, as nft lists it.
    case before = "before.nft"
    /// The script of the change, as long as it is not written into the file for boot.
    case boot = "boot.nft"
    /// The same script, after it was written into the file for boot.
    case bootWritten = "boot-written.nft"
    /// What stood in the file for boot before.
    case bootBefore = "boot-before.nft"
  }

  /// A change, and what has become of it.
  package struct Known: Hashable, Sendable {
    package var record: ChangeRecord
    package var fate: ChangeFate
  }

  /// Begins the name of every file of this namespace.
  private var prefix: String { "\(namespace.inode)." }

  private func name(_ generation: Generation, _ rest: String) -> String { "\(prefix)\(generation.name).\(rest)" }
  private func name(_ generation: Generation, _ fate: ChangeFate) -> String { name(generation, "\(fate.name).json") }

  /// What has become of a change; `nil` when nothing is known of it, and that means: take it back. Where the system
  /// does not tell, it waits.
  package func fate(of generation: Generation) -> ChangeFate? {
    var isTold = true
    for fate in ChangeFate.all {
      guard let isThere = folder.has(name(generation, fate)) else {
        isTold = false
        continue
      }
      if isThere { return fate }
    }
    return isTold ? nil : .waiting
  }

  /// - Throws: `StateFailure.damaged` for a record that is not understood.
  package func known(_ generation: Generation) throws(StateFailure) -> Known? {
    for fate in ChangeFate.all {
      let name = name(generation, fate)
      guard let bytes = try bytes(name) else { continue }
      guard let record = try? JSONDecoder().decode(ChangeRecord.self, from: Data(bytes)),
        record.generation == generation
      else { throw .damaged(path: "\(path)/\(name)") }
      return Known(record: record, fate: fate)
    }
    return nil
  }

  /// Every change of this namespace of which something is known, with the first fate that is found.
  package func all() -> [(generation: Generation, fate: ChangeFate)] {
    generations().compactMap { generation in fate(of: generation).map { (generation, $0) } }
  }

  private func generations() -> [Generation] {
    var seen: Set<Generation> = []
    return folder.names().compactMap { name in
      guard name.hasPrefix(prefix), let digits = name.dropFirst(prefix.count).split(separator: ".").first,
        let generation = Generation(name: String(digits)), seen.insert(generation).inserted
      else { return nil }
      return generation
    }
  }

  package func write(_ record: ChangeRecord, as fate: ChangeFate) throws(StateFailure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    // It is made of strings and numbers, which every encoder takes.
    let bytes = ((try? encoder.encode(record)).map { Array($0) } ?? []) + [0x0A]
    try write(bytes, to: name(record.generation, fate))
  }

  /// Writes down what has become of a change, in one step that needs no room.
  package func turn(_ generation: Generation, from fate: ChangeFate, to next: ChangeFate) throws(StateFailure) {
    try rename(name(generation, fate), to: name(generation, next))
  }

  package func write(_ bytes: [UInt8], _ kind: Attachment, of generation: Generation) throws(StateFailure) {
    try write(bytes, to: name(generation, kind.rawValue))
  }

  /// `nil` when there is no such file.
  package func bytes(_ kind: Attachment, of generation: Generation) throws(StateFailure) -> [UInt8]? {
    try bytes(name(generation, kind.rawValue))
  }

  package func has(_ kind: Attachment, of generation: Generation) -> Bool {
    folder.has(name(generation, kind.rawValue)) ?? false
  }

  /// Where such a file lies, for people.
  package func path(_ kind: Attachment, of generation: Generation) -> String {
    "\(path)/\(name(generation, kind.rawValue))"
  }

  /// Writes down that the script for boot is written, in one step that needs no room.
  package func noteBootFile(of generation: Generation) throws(StateFailure) {
    try rename(name(generation, Attachment.boot.rawValue), to: name(generation, Attachment.bootWritten.rawValue))
  }

  /// Removes everything that belongs to a change, or to any change but one.
  package func remove(_ generation: Generation) { removeFiles { $0 == generation } }
  package func removeAll(but generation: Generation?) {
    removeFiles { $0 != generation }
    // What was being written when a program was killed. Nobody else writes while we hold the lock.
    for name in folder.names() where name.hasPrefix(temporaryPrefix) { folder.remove(name) }
  }
  /// Removes all but what has become of a change.
  package func removeAttachments(of generation: Generation) {
    for kind in [Attachment.before, .boot, .bootWritten, .bootBefore] {
      folder.remove(name(generation, kind.rawValue))
    }
  }

  /// Records go last: the rest means nothing without them.
  private func removeFiles(_ isObsolete: (Generation) -> Bool) {
    for generation in generations() where isObsolete(generation) {
      removeAttachments(of: generation)
      for fate in ChangeFate.all { folder.remove(name(generation, fate)) }
    }
    folder.remove(foundName)
  }
}

// MARK: - What an apply found that had nothing to change

extension StateRecords {
  private var foundName: String { "\(prefix)found" }

  /// Notes that the rules of a generation are those that somebody wanted, although no change of ours made them: rules
  /// that were loaded at boot. It is no loss when that cannot be written.
  package func noteFound(_ generation: Generation?) {
    try? write(Array((generation?.name ?? "none").utf8), to: foundName)
  }

  /// Whether that was noted of the rules that run.
  package func wasFound(_ generation: Generation?) -> Bool {
    (try? folder.read(foundName)) == Array((generation?.name ?? "none").utf8)
  }
}

// MARK: - Files

extension StateRecords {
  static let lockName = "lock"

  /// Something in a folder that has no lock of ours, and so was never used by us; `nil` when it is ours or empty. What
  /// `mkfs` makes in every file system belongs to nobody.
  var stranger: String? {
    if let lock = folder.open(Self.lockName, O_RDONLY), lock.isRegular { return nil }
    return folder.names().first { $0 != "lost+found" }
  }

  /// The file whose lock is that of the folder; it is opened for reading, which does on a disk that takes no more.
  func lockFile(isMade: Bool) throws(StateFailure) -> OpenFile {
    guard let file = folder.open(Self.lockName, O_RDONLY | (isMade ? O_CREAT : 0)) else {
      throw .init("\(path)/\(Self.lockName)")
    }
    return file
  }

  /// Whether the lock is ours now; waits for nobody.
  func take(_ lock: OpenFile) throws(StateFailure) -> Bool {
    if flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK || errno == EINTR else { throw .init("\(path)/\(Self.lockName)") }
    return false
  }

  private func bytes(_ name: String) throws(StateFailure) -> [UInt8]? {
    do throws(FileFailure) {
      return try folder.read(name)
    } catch {
      switch error {
      case .missing: return nil
      case .unreadable(let reason): throw .system(path: "\(path)/\(name)", reason: reason)
      }
    }
  }

  private func write(_ bytes: [UInt8], to name: String) throws(StateFailure) {
    guard hasRoom() else { throw .system(path: "\(path)/\(name)", reason: systemError(ENOSPC)) }
    do throws(WriteFailure) {
      try folder.write(bytes, to: name)
    } catch {
      throw .system(path: error.path, reason: error.reason)
    }
  }

  private func rename(_ name: String, to other: String) throws(StateFailure) {
    do throws(WriteFailure) {
      try folder.rename(name, to: other)
    } catch {
      throw .system(path: error.path, reason: error.reason)
    }
  }
}
