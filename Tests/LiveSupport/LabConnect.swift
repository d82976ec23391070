import Foundation

/// What became of an attempt to open a TCP connection.
package enum Reachability: Sendable, Equatable {
  case open
  case refused
  case timedOut
  /// No route, or an ICMP error; with the system's words.
  case unreachable(String)
}

extension LabSocket {
  /// Opens a connection from the calling thread's network namespace. Without `from` the kernel picks the
  /// local address.
  fileprivate static func connect(
    to address: String, port: UInt16, from local: String?, timeout: Duration
  ) throws -> (Reachability, LabSocket?) {
    let remote = try SocketAddress(address, port: port)
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(remote.family, CInt(type), 0)
    guard descriptor >= 0 else { throw LabError("cannot make a socket: \(errorText())") }
    let result = LabSocket(descriptor)
    if let local {
      let bound = try SocketAddress(local, port: 0).withPointer { bind(descriptor, $0, $1) }
      guard bound == 0 else { throw LabError("cannot bind to \(local): \(errorText())") }
    }
    if remote.withPointer({ Foundation.connect(descriptor, $0, $1) }) != 0 {
      guard errno == EINPROGRESS else { return (reachability(errno), nil) }
      var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&request, 1, timeout.milliseconds) > 0 else { return (.timedOut, nil) }
      var failure: CInt = 0
      var size = socklen_t(MemoryLayout<CInt>.size)
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
      guard failure == 0 else { return (reachability(failure), nil) }
    }
    return (.open, result)
  }

  private static func reachability(_ number: CInt) -> Reachability {
    switch number {
    case ECONNREFUSED: .refused
    case ETIMEDOUT: .timedOut
    default: .unreachable(errorText(number))
    }
  }
}

extension Lab {
  /// Tries to open a TCP connection and closes it at once.
  ///
  /// - Parameters:
  ///   - local: the address to come from, when the host has several.
  ///   - timeout: how long an answer is waited for; `Patience.absence` where none should come.
  package func tcpConnect(
    from host: LabHost, to address: String, port: UInt16, local: String? = nil,
    within timeout: Duration = Patience.arrival
  ) async throws -> Reachability {
    try await namespace(host).onThread {
      try LabSocket.connect(to: address, port: port, from: local, timeout: timeout).0
    }
  }

  /// Opens a TCP connection and keeps it. Throws when that fails.
  package func openSocket(
    from host: LabHost, to address: String, port: UInt16, local: String? = nil,
    within timeout: Duration = Patience.arrival
  ) async throws -> LabSocket {
    let (outcome, socket) = try await namespace(host).onThread {
      try LabSocket.connect(to: address, port: port, from: local, timeout: timeout)
    }
    guard let socket else { throw LabError("\(host.rawValue) to \(address) port \(port): \(outcome)") }
    return socket
  }
}
