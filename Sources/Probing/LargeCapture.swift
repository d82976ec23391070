package import Evidence
package import Files
import Glibc

/// Reads a capture. A large one is filtered first, by what it needs not: tshark takes half a kilobyte of memory and 25
/// µs for each packet (measured), so 1 GB of transfers would cost 1 GB of memory.
package func readLargeCapture(_ file: OpenFile, source: Int) throws(CaptureFailure) -> CaptureReader {
  guard file.size > 32 << 20, let smaller = temporaryFile() else { return try readCapture(file, source: source) }
  var sieve = CaptureSieve()
  var chunk = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = chunk.withUnsafeMutableBytes { read(file.descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { break }
    let kept = sieve.take(Array(chunk.prefix(count)))
    if !kept.isEmpty, let reason = writeAll(kept, to: smaller.descriptor) { throw .refused(reason) }
  }
  guard smaller.rewind() else { throw .refused(systemError()) }
  return try readCapture(smaller, source: source, numbers: sieve.numbers)
}

/// A file without a name, on a disk.
private func temporaryFile() -> OpenFile? {
  for folder in ["/var/tmp", "/tmp"] {
    if let file = OpenFile(openUnnamed(folder)) { return file }
  }
  return nil
}

/// Made with a name and unlinked at once; nobody else can read it.
private func openUnnamed(_ folder: String) -> Int32 {
  var path = Array("\(folder)/sallyport-capture-XXXXXX".utf8CString)
  let descriptor = mkstemp(&path)
  guard descriptor >= 0 else { return descriptor }
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  unlink(path)
  return descriptor
}
