import Glibc

/// An open file, which is closed with its last reference.
package final class OpenFile: Sendable {
  /// Valid as long as this object lives.
  package let descriptor: Int32

  /// - Parameter descriptor: Belongs to this object from now on. For a negative one, which says that opening failed,
  ///   the result is `nil`, and `errno` stays.
  package init?(_ descriptor: Int32) {
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Goes to the first byte, where the next read or write begins; whether that is possible.
  package func rewind() -> Bool { lseek(descriptor, 0, SEEK_SET) == 0 }

  package var isRegular: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Bytes of the file; 0 when that is not known.
  package var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }
}

/// Whether this process may open that many files more. Where its own limit is in the way it is raised as far as the
/// system permits (setrlimit(2)).
package func canOpen(files count: Int) -> Bool {
  if hasRoom(for: count) { return true }
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else {
    return false
  }
  limit.rlim_cur = limit.rlim_max
  return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 && hasRoom(for: count)
}

/// Whether so many descriptors are to be had, found out by taking them for a moment.
private func hasRoom(for count: Int) -> Bool {
  var taken: [OpenFile] = []
  while taken.count < count {
    guard let file = OpenFile(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else { return false }
    taken.append(file)
  }
  return true
}
