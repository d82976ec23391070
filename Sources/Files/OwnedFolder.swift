import CLinux
import Glibc

/// Why a folder or file is not used.
package enum FolderRefusal: Error, Hashable, Sendable {
  /// Somebody else could put another thing in its place, or write to it; with the part of the path that is to blame.
  case untrusted(path: String, reason: String)
  /// The number of the system's error, and the part of the path that it is about.
  case system(path: String, number: Int32)

  /// One sentence without the path.
  package var reason: String {
    switch self {
    case .untrusted(_, let reason): reason
    case .system(_, let number): systemError(number)
    }
  }

  /// The same for people who know one path: with the part that is to blame where that is another.
  package func reason(for path: String) -> String { self.path == path ? reason : "\(self.path): \(reason)" }

  package var path: String {
    switch self {
    case .untrusted(let path, _), .system(let path, _): path
    }
  }
}

/// A folder that nobody but root and the user of this process can move, replace or fill: every part of its path belongs
/// to one of the two, and nobody else may write there, sticky folders like /tmp apart, in which everybody's names are
/// their own.
///
/// The path is gone through part by part, and from then on the folder is used by its descriptor alone. So whatever
/// happens to the path later, these are the same files.
package final class OwnedFolder: Sendable {
  /// The path that led here, for people.
  package let path: String
  private let place: OpenFile

  /// What is to be done with symbolic links on the way.
  package enum Links: Sendable {
    case refused
    /// Those that belong to root or to the user of this process, in folders as described above.
    case followed
  }

  init(path: String, place: OpenFile) {
    self.path = path
    self.place = place
  }

  /// - Parameters:
  ///   - path: A relative one is taken from the current folder.
  ///   - isMade: Whether to make what is missing, for this user alone.
  /// - Returns: `nil` when there is none, and none is made.
  package static func open(_ path: String, isMade: Bool) throws(FolderRefusal) -> OwnedFolder? {
    var walk = try FolderWalk(path, .refused)
    while try walk.step(isMade: isMade) {}
    guard walk.isThere else { return nil }
    try walk.checkPrivate()
    return OwnedFolder(path: path, place: walk.place)
  }

  /// The folder that holds a file, and the name that the file has there: links are followed, its own too.
  ///
  /// - Returns: The file itself need not exist. One that does belongs to root or to the user of this process, and
  ///   nobody else may write to it.
  package static func holding(_ path: String) throws(FolderRefusal) -> (folder: OwnedFolder, name: String) {
    var walk = try FolderWalk(path, .followed)
    while let name = try walk.stepToLast() {
      if try walk.followLink(name) { continue }
      return (OwnedFolder(path: walk.shown, place: walk.place), name)
    }
    throw .system(path: path, number: EISDIR)
  }

  /// A path to a name in this folder that leads through the descriptor: what is done to the path of the folder changes
  /// nothing about it. It is valid as long as the folder is.
  package func pathByDescriptor(_ name: String) -> String { "/proc/self/fd/\(place.descriptor)/\(name)" }

  /// Opens a file of the folder, and no link; `nil` when that fails, with the reason in `errno`.
  package func open(_ name: String, _ flags: Int32, mode: UInt32 = 0o600) -> OpenFile? {
    OpenFile(openat(place.descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode))
  }

  /// The bytes of a file.
  package func read(_ name: String) throws(FileFailure) -> [UInt8] {
    guard let file = open(name, O_RDONLY) else { throw .system() }
    return try readAll(file.descriptor)
  }

  /// Whether something bears a name; `nil` when the system does not tell.
  package func has(_ name: String) -> Bool? {
    var status = stat()
    if fstatat(place.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return true }
    return errno == ENOENT ? false : nil
  }

  /// Whether an open file is the one that bears a name.
  package func isSame(_ file: OpenFile, _ name: String) -> Bool {
    var (own, named) = (stat(), stat())
    return fstat(file.descriptor, &own) == 0
      && fstatat(place.descriptor, name, &named, AT_SYMLINK_NOFOLLOW) == 0
      && (own.st_dev, own.st_ino) == (named.st_dev, named.st_ino)
  }

  /// Gives a name a content in one step, for this user alone.
  ///
  /// - Throws: The file is as it was.
  package func write(_ bytes: [UInt8], to name: String) throws(WriteFailure) {
    let aside = temporaryName()
    guard let file = open(aside, O_WRONLY | O_CREAT | O_EXCL) else { throw WriteFailure("\(path)/\(name)") }
    var reason = writeAll(bytes, to: file.descriptor)
    if reason == nil, fsync(file.descriptor) != 0 { reason = systemError() }
    if reason == nil, renameat(place.descriptor, aside, place.descriptor, name) != 0 { reason = systemError() }
    guard let reason else { return }
    unlinkat(place.descriptor, aside, 0)
    throw WriteFailure("\(path)/\(name)", reason)
  }

  /// Gives a file another name, which needs no room.
  package func rename(_ name: String, to other: String) throws(WriteFailure) {
    guard renameat(place.descriptor, name, place.descriptor, other) != 0 else { return }
    throw WriteFailure("\(path)/\(name)")
  }

  /// Removes a file; one that is not there needs it not.
  package func remove(_ name: String) { unlinkat(place.descriptor, name, 0) }

  /// The names in the folder, sorted; none when it cannot be read.
  package func names() -> [String] { folderNames(of: place) ?? [] }
}
