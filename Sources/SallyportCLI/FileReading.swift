import Compilation
import Glibc

/// Reads a whole file, or standard input for `-`.
func readInput(_ path: String) -> Result<[UInt8], ReadFailure> {
  if path == "-" { return readAll(STDIN_FILENO) }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    return .failure(errno == ENOENT ? .missing : .unreadable(systemError()))
  }
  defer { close(descriptor) }
  return readAll(descriptor)
}

private func readAll(_ descriptor: Int32) -> Result<[UInt8], ReadFailure> {
  var bytes: [UInt8] = []
  var status = stat()
  if fstat(descriptor, &status) == 0, status.st_size > 0 {
    bytes.reserveCapacity(min(Int(status.st_size), largestSource) + 1)
  }
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count == 0 { return .success(bytes) }
    if count < 0 {
      if errno == EINTR { continue }
      return .failure(.unreadable(systemError()))
    }
    bytes += chunk.prefix(count)
    if bytes.count > largestSource {
      return .failure(.unreadable("the file is larger than \(largestSource >> 20) MiB"))
    }
  }
}
