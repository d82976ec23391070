import Glibc

/// The text of `errno`.
package func systemError(_ number: Int32 = errno) -> String {
  String(cString: strerror(number)).lowercased()
}

/// Writes every byte; the system's reason when that fails.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> String? {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR {
      return systemError()
    }
  }
  return nil
}

/// Why a file was not read.
package enum FileFailure: Error, Hashable, Sendable {
  case missing
  /// With the reason.
  case unreadable(String)

  /// What a number of the system's says.
  static func system(_ number: Int32 = errno) -> FileFailure {
    number == ENOENT ? .missing : .unreadable(systemError(number))
  }
}

/// Everything up to the end of an open file.
///
/// - Parameter limit: Bytes beyond which a file is refused.
package func readAll(_ descriptor: Int32, limit: Int = .max) throws(FileFailure) -> [UInt8] {
  var bytes: [UInt8] = []
  var status = stat()
  if fstat(descriptor, &status) == 0, status.st_size > 0 {
    bytes.reserveCapacity(min(Int(status.st_size), limit) + 1)
  }
  while true {
    var count = 0
    let room = bytes.capacity - bytes.count
    bytes.append(addingCapacity: room > 0 ? room : 1 << 16) { rest in
      rest.withUnsafeMutableBufferPointer { buffer, filled in
        count = read(descriptor, buffer.baseAddress, buffer.count)
        filled = max(count, 0)
      }
    }
    if count == 0 { return bytes }
    guard count > 0 || errno == EINTR else { throw .unreadable(systemError()) }
    guard bytes.count <= limit else { throw .unreadable("the file is larger than \(limit >> 20) MiB") }
  }
}

/// Whether a path leads to a regular file, links followed.
package func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// Every byte of a file.
///
/// - Parameters:
///   - limit: Bytes beyond which a file is refused.
///   - isPipeRead: Whether to read a pipe, whose other end somebody must have; otherwise it is refused without a wait.
package func readFile(_ path: String, limit: Int = .max, isPipeRead: Bool = true) throws(FileFailure) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isPipeRead ? 0 : O_NONBLOCK))
  guard descriptor >= 0 else { throw .system() }
  defer { close(descriptor) }
  if !isPipeRead {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFIFO else {
      throw .unreadable(
        "it is not a regular file but a pipe, which may have nobody to write to it; give it as standard input, `-`")
    }
    // A terminal is waited for.
    guard fcntl(descriptor, F_SETFL, O_RDONLY) == 0 else { throw .unreadable(systemError()) }
  }
  return try readAll(descriptor, limit: limit)
}
