import CLinux
import Glibc

/// Why a file that somebody else's text names was not read.
package enum OpenFolderFailure: Error, Hashable, Sendable {
  /// It lies outside of the folders in which files may be read.
  case outside
  case failed(FileFailure)
}

/// Folders in which files may be read that somebody else's text names. What counts is where a path leads in the end,
/// its links followed; only regular files are read, so that nothing waits for a pipe or a device.
package struct OpenFolders: Sendable {
  /// As the kernel knows them, without a slash at the end; that of `/` is empty.
  private let roots: [String]

  /// - Parameter folders: Those that do not exist hold nothing.
  package init(_ folders: [String]) {
    roots = folders.compactMap { realPath($0.isEmpty ? "." : $0) }.map { $0 == "/" ? "" : $0 }
  }

  /// Every byte of a file.
  ///
  /// - Parameter limit: Bytes beyond which a file is refused.
  package func read(_ path: String, limit: Int = .max) throws(OpenFolderFailure) -> [UInt8] {
    guard let place = realPath(path) else {
      let reason = errno
      // Whether something is missing elsewhere is nobody's business.
      guard holds(path) else { throw .outside }
      throw .failed(.system(reason == ENOTDIR ? ENOENT : reason))
    }
    guard isInside(place) else { throw .outside }
    do throws(FileFailure) {
      return try readRegularFile(at: place, limit: limit)
    } catch {
      throw .failed(error)
    }
  }

  /// The names in a folder, sorted. What is no folder holds none that anybody could mean.
  package func names(_ path: String) throws(OpenFolderFailure) -> [String] {
    guard let place = realPath(path) else {
      let reason = errno
      guard holds(path) else { throw .outside }
      throw .failed(.system(reason == ENOTDIR ? ENOENT : reason))
    }
    guard isInside(place) else { throw .outside }
    guard let folder = OpenFile(open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else {
      throw .failed(.system(errno == ENOTDIR ? ENOENT : errno))
    }
    guard let names = folderNames(of: folder) else { throw .failed(.system()) }
    return names
  }

  /// Whether a path leads into one of the folders; of one that leads nowhere, the part that is there.
  package func holds(_ path: String) -> Bool {
    var path = path
    while true {
      if let place = realPath(path) { return isInside(place) }
      guard errno == ENOENT || errno == ENOTDIR, path != ".", path != "/" else { return false }
      path = folder(of: path)
    }
  }

  private func isInside(_ place: String) -> Bool { roots.contains { place.hasPrefix($0 + "/") || place == $0 } }
}

/// Every byte of a regular file; one of another kind, and one that the kernel makes up, is refused without a wait.
/// Links are followed.
///
/// - Parameter limit: Bytes beyond which a file is refused.
package func readRegularFile(_ path: String, limit: Int = .max) throws(FileFailure) -> [UInt8] {
  guard let place = realPath(path) else { throw .system() }
  return try readRegularFile(at: place, limit: limit)
}

/// - Parameter place: A path without links.
private func readRegularFile(at place: String, limit: Int) throws(FileFailure) -> [UInt8] {
  let notRegular = FileFailure.unreadable("it is not a regular file")
  var status = stat()
  // Opening alone does something to some devices.
  guard lstat(place, &status) == 0 else { throw .system() }
  guard status.st_mode & S_IFMT == S_IFREG else { throw notRegular }
  // Whatever stands there by now, nobody waits for its partner.
  let descriptor = open(place, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
  guard descriptor >= 0 else { throw .system() }
  defer { close(descriptor) }
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, is_made_by_kernel(descriptor) == 0 else {
    throw notRegular
  }
  return try readAll(descriptor, limit: limit)
}

/// Opens a path without links, and follows none that stands there by now.
private func open(_ place: String, _ flags: Int32) -> Int32 {
  let descriptor = open_without_links(place, flags | O_NOFOLLOW)
  // An old kernel, or a filter of system calls that does not know this one, looks at the last part of the path alone.
  guard descriptor < 0, errno == ENOSYS || errno == EPERM else { return descriptor }
  return Glibc.open(place, flags | O_NOFOLLOW)
}

/// The absolute path of what a path leads to; `nil` and `errno` when it leads nowhere.
package func realPath(_ path: String) -> String? {
  guard let text = realpath(path, nil) else { return nil }
  defer { free(text) }
  return String(cString: text)
}
