import Foundation
import Synchronization

/// A TCP connection from a host of the lab, used from the test's own process.
package final class LabSocket: Sendable {
  private let descriptor: Mutex<CInt?>

  init(_ descriptor: CInt) {
    self.descriptor = Mutex(descriptor)
  }

  deinit { close() }

  /// Closes the connection. A second call does nothing.
  package func close() {
    descriptor.withLock { descriptor in
      if let open = descriptor { _ = Foundation.close(open) }
      descriptor = nil
    }
  }

  /// Reads what is there, waiting for the first byte. An empty result means that the peer has closed.
  package func read(within timeout: Duration = Patience.arrival) async throws -> [UInt8] {
    let descriptor = try openDescriptor()
    return try await onFreshThread { [self] in
      defer { withExtendedLifetime(self) {} }  // or the descriptor would be closed under way
      try Self.wait(for: POLLIN, on: descriptor, timeout, doing: "reading")
      var bytes = [UInt8](repeating: 0, count: 65536)
      let count = recv(descriptor, &bytes, bytes.count, 0)
      guard count >= 0 else { throw LabError("reading: \(errorText())") }
      return Array(bytes.prefix(count))
    }
  }

  /// Reads until the peer closes, then closes this end too. ProFTPD sends its 226 only after that.
  package func readAll(within timeout: Duration = Patience.arrival) async throws -> [UInt8] {
    defer { close() }
    var all: [UInt8] = []
    while true {
      let more = try await read(within: timeout)
      guard !more.isEmpty else { return all }
      all += more
    }
  }

  /// Writes all bytes.
  package func write(_ bytes: [UInt8], within timeout: Duration = Patience.arrival) async throws {
    let descriptor = try openDescriptor()
    try await onFreshThread { [self] in
      defer { withExtendedLifetime(self) {} }
      var rest = bytes[...]
      while !rest.isEmpty {
        try Self.wait(for: POLLOUT, on: descriptor, timeout, doing: "writing")
        let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        guard count >= 0 else { throw LabError("writing: \(errorText())") }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Takes a connection that a peer has opened to this listening socket.
  func accept(within timeout: Duration) async throws -> LabSocket {
    let descriptor = try openDescriptor()
    return try await onFreshThread { [self] in
      defer { withExtendedLifetime(self) {} }
      try Self.wait(for: POLLIN, on: descriptor, timeout, doing: "waiting for a connection")
      let accepted = Foundation.accept(descriptor, nil, nil)
      guard accepted >= 0 else { throw LabError("accepting: \(errorText())") }
      return LabSocket(accepted)
    }
  }

  private func openDescriptor() throws -> CInt {
    guard let open = descriptor.withLock({ $0 }) else { throw LabError("the connection is closed") }
    return open
  }

  private static func wait(
    for event: CInt, on descriptor: CInt, _ timeout: Duration, doing what: String
  ) throws {
    var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    let count = poll(&request, 1, timeout.milliseconds)
    guard count >= 0 else { throw LabError("\(what): \(errorText())") }
    guard count > 0 else { throw LabError("\(what): nothing happened within \(timeout)") }
  }
}
