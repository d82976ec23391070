import CLinux
package import Files
import Glibc

/// A request in memory, to be read from its beginning: it needs no room on any disk, and nobody else can open it.
///
/// A pipe will not do: a worker that ends before it has read everything would end whoever writes (SIGPIPE), and one
/// that reads slowly would keep us waiting; libnftables may end the worker at any time.
///
/// - Throws: `NetfilterFailure.noRequestFile`.
package func requestFile(_ bytes: [UInt8] = []) throws(NetfilterFailure) -> OpenFile {
  guard let file = OpenFile(memory_file("sallyport")) else { throw .noRequestFile(systemError()) }
  if let reason = writeAll(bytes, to: file.descriptor) { throw .noRequestFile(reason) }
  guard file.rewind() else { throw .noRequestFile(systemError()) }
  return file
}
