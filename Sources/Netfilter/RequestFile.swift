import Glibc
package import SystemPackage

/// Writes a request to a temporary file without a name, to be read from its beginning.
///
/// A pipe will not do: swift-subprocess 1.0.2 ends the whole process, by SIGPIPE or by a precondition of its own, when a
/// program ends before it has read everything (measured); and libnftables may end the worker at any time.
///
/// - Parameter folder: Where the file lies; `nil` for `TMPDIR` or `/tmp`.
/// - Throws: `NetfilterFailure.noRequestFile`.
package func requestFile(_ bytes: [UInt8], in folder: String? = nil) throws(NetfilterFailure) -> FileDescriptor {
  let folder = folder ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  let path = FilePath("\(folder)/sallyport-\(String(UInt64.random(in: .min ... .max), radix: 36))")
  let file: FileDescriptor
  do {
    file = try FileDescriptor.open(
      path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerRead, .ownerWrite])
  } catch {
    throw .noRequestFile("\(folder): \(error)")
  }
  unlink(path.string)
  do throws(NetfilterFailure) {
    try writeRequest(bytes, to: file)
    return file
  } catch {
    try? file.close()
    throw error
  }
}

/// Replaces what a file holds with a request, to be read from its beginning.
///
/// - Throws: `NetfilterFailure.noRequestFile`.
package func writeRequest(_ bytes: [UInt8], to file: FileDescriptor) throws(NetfilterFailure) {
  do {
    try file.resize(to: 0)
    try file.seek(offset: 0, from: .start)
    _ = try file.writeAll(bytes)
    try file.seek(offset: 0, from: .start)
  } catch {
    throw .noRequestFile("\(error)")
  }
}
