import Foundation

/// A TCP port that is open on a host: a service that no policy speaks of, or the data port of a client.
///
/// The kernel completes connections by itself; `accept` is for those who want to use one.
package struct LabListener: Sendable {
  private let socket: LabSocket
  /// The number of the port.
  package let port: UInt16

  /// Listens on every address of the calling thread's network namespace, both families.
  fileprivate init(port: UInt16) throws {
    let address = try SocketAddress("::", port: port)
    let descriptor = Foundation.socket(
      address.family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw LabError("cannot make a socket: \(errorText())") }
    socket = LabSocket(descriptor)
    var bound = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let isReady =
      address.withPointer { bind(descriptor, $0, $1) } == 0 && Foundation.listen(descriptor, 16) == 0
      && withUnsafeMutablePointer(to: &bound) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
      } == 0
    guard isReady else { throw LabError("cannot listen on port \(port): \(errorText())") }
    self.port = UInt16(bigEndian: bound.sin6_port)
  }

  /// Takes the next connection. Throws when none comes in time.
  package func accept(within timeout: Duration = Patience.arrival) async throws -> LabSocket {
    try await socket.accept(within: timeout)
  }

  /// Closes the port.
  package func close() { socket.close() }
}

extension Lab {
  /// Opens a port on every address of a host; 0 for one that the kernel picks.
  package func listen(on host: LabHost, port: UInt16 = 0) async throws -> LabListener {
    try await namespace(host).onThread { try LabListener(port: port) }
  }
}
