import Glibc

/// The network namespace of this process.
package struct NetworkNamespace: Hashable, Sendable {
  /// The inode of the namespace (namespaces(7)): no two that exist have the same.
  package let inode: UInt64

  package init(inode: UInt64) { self.inode = inode }

  private static let path = "/proc/self/ns/net"

  /// - Throws: `StateFailure.system` where /proc does not tell.
  static func current() throws(StateFailure) -> NetworkNamespace {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .init(path) }
    return NetworkNamespace(inode: UInt64(status.st_ino))
  }
}
