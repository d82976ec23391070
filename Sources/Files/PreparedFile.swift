import CLinux
import Glibc

/// A new content for a file, ready on its disk: what can fail has been done, and the file is as it was.
///
/// The content lies beside the file and gets its name in one step, so that a reader sees the old or the new text, and
/// so does whoever starts the machine after it has lost its power. Links are followed and stay. Owner, group, mode and
/// extended attributes stay. Where another name would lose something - the file has hard links, belongs to somebody
/// whose files we cannot make, is mounted by itself, or lies in a folder in which we may write nothing - the file
/// itself is overwritten, once there is room for it; a content that cannot be written whole is taken back.
package struct PreparedFile: Sendable {
  /// The file in the end, links followed.
  package let target: String
  /// Where the new content lies; `nil` when the file itself is to be overwritten.
  private let temporary: String?
  private let bytes: [UInt8]

  /// Of a file that does not exist yet, less what the process's own mask takes away.
  private static let newMode: UInt32 = 0o644

  /// - Parameter isDurable: Whether to wait until the content is on the disk; if not, the caller does.
  package init(_ path: String, _ bytes: [UInt8], isDurable: Bool = true) throws(WriteFailure) {
    target = try followLinks(path)
    self.bytes = bytes
    var status = stat()
    guard stat(target, &status) == 0 else {
      guard errno == ENOENT else { throw WriteFailure(path) }
      temporary = try Self.write(bytes, beside: target, mode: Self.newMode, isDurable: isDurable) { _ in true }
      return
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw WriteFailure(path, status.st_mode & S_IFMT == S_IFDIR ? systemError(EISDIR) : "it is not a regular file")
    }
    guard faccessat(AT_FDCWD, target, W_OK, AT_EACCESS) == 0 else { throw WriteFailure(path) }
    let file = target
    temporary =
      status.st_nlink > 1
      ? nil
      : try Self.write(bytes, beside: file, mode: 0o600, isDurable: isDurable, replacing: true) {
        copyAttributes(of: file, status, to: $0)
      }
    if temporary == nil { try reserve(status) }
  }

  /// Gives the content to the file.
  package func commit() throws(WriteFailure) {
    guard let temporary else { return try overwrite() }
    guard rename(temporary, target) != 0 else { return syncFolder(folder(of: target)) }
    // A file that is mounted by itself cannot get another content under its name.
    let reason = errno
    unlink(temporary)
    guard reason == EBUSY else { throw WriteFailure(target, systemError(reason)) }
    try overwrite()
  }

  /// Leaves the file as it is.
  package func abandon() {
    if let temporary { unlink(temporary) }
  }

  /// - Parameter attributes: Gives an open file the attributes that it shall have; whether that was possible.
  /// - Returns: `nil` when the file has to be overwritten instead.
  private static func write(
    _ bytes: [UInt8], beside target: String, mode: UInt32, isDurable: Bool, replacing: Bool = false,
    attributes: (Int32) -> Bool
  ) throws(WriteFailure) -> String? {
    let place = folder(of: target)
    var path = temporaryPath(in: place)
    var descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    while descriptor < 0, errno == EEXIST || errno == EINTR {
      path = temporaryPath(in: place)
      descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    }
    guard descriptor >= 0 else {
      if replacing, errno == EACCES || errno == EPERM { return nil }
      throw WriteFailure(target)
    }
    guard attributes(descriptor) else {
      close(descriptor)
      unlink(path)
      return nil
    }
    var reason = writeAll(bytes, to: descriptor)
    if reason == nil, isDurable, fsync(descriptor) != 0 { reason = systemError() }
    if close(descriptor) != 0, reason == nil { reason = systemError() }
    guard let reason else { return path }
    unlink(path)
    throw WriteFailure(target, reason)
  }

  /// Takes room for a file that grows where it lies.
  private func reserve(_ status: stat) throws(WriteFailure) {
    let descriptor = open(target, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw WriteFailure(target) }
    defer { close(descriptor) }
    guard bytes.count > Int(status.st_size), reserve_room(descriptor, Int64(bytes.count)) != 0 else { return }
    // Not every file system can tell.
    guard errno == ENOSPC || errno == EDQUOT || errno == EFBIG else { return }
    throw WriteFailure(target)
  }

  private func overwrite() throws(WriteFailure) {
    let old: [UInt8]
    do throws(FileFailure) {
      old = try readFile(target)
    } catch {
      throw WriteFailure(target, "it cannot be read")
    }
    let descriptor = open(target, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw WriteFailure(target) }
    defer { close(descriptor) }
    guard let reason = Self.fill(descriptor, with: bytes) else { return }
    _ = Self.fill(descriptor, with: old)
    throw WriteFailure(target, reason)
  }

  private static func fill(_ descriptor: Int32, with bytes: [UInt8]) -> String? {
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { return systemError() }
    if let reason = writeAll(bytes, to: descriptor) { return reason }
    return ftruncate(descriptor, bytes.count) == 0 && fsync(descriptor) == 0 ? nil : systemError()
  }
}

/// Writes down which names a folder has. Not every file system can, and then there is nothing to be done.
func syncFolder(_ path: String) {
  let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}

/// Replaces a file in one step, see `PreparedFile`, or makes it.
///
/// - Returns: The system's reason when that fails; the file is as it was then.
package func replaceFile(_ path: String, with bytes: [UInt8]) -> String? {
  do throws(WriteFailure) {
    try PreparedFile(path, bytes).commit()
    return nil
  } catch {
    return error.reason
  }
}

/// Why a file could not be replaced or made now, as far as that can be told without doing it; `nil` when it could.
package func obstacle(toWriting path: String, _ bytes: [UInt8] = []) -> String? {
  do throws(WriteFailure) {
    try PreparedFile(path, bytes, isDurable: false).abandon()
    return nil
  } catch {
    return error.reason
  }
}
