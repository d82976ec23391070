import Glibc
import SystemPackage

/// Writes a request to a temporary file without a name, to be read from its beginning.
///
/// A pipe will not do: swift-subprocess 1.0.2 ends the whole process, by SIGPIPE or by a precondition of its own, when a
/// program ends before it has read everything (measured); and libnftables may end the worker at any time.
///
/// - Throws: `NetfilterFailure.noRequestFile`.
func requestFile(_ bytes: [UInt8]) throws(NetfilterFailure) -> FileDescriptor {
  let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  let path = FilePath("\(folder)/sallyport-\(String(UInt64.random(in: .min ... .max), radix: 36))")
  do {
    let file = try FileDescriptor.open(
      path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerRead, .ownerWrite])
    unlink(path.string)
    do {
      _ = try file.writeAll(bytes)
      _ = try file.seek(offset: 0, from: .start)
      return file
    } catch {
      try? file.close()
      throw error
    }
  } catch {
    throw .noRequestFile("\(folder): \(error)")
  }
}
