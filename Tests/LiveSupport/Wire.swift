import Foundation

/// Blocking sockets of the calling thread's network namespace, for scripted sessions.
enum Wire {
  static func listen(_ address: String, _ port: UInt16) throws -> CInt {
    let place = try SocketAddress(address, port: port)
    let descriptor = socket(
      place.family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw LabError("cannot make a socket: \(errorText())") }
    reuse(descriptor)
    guard place.withPointer({ bind(descriptor, $0, $1) }) == 0, Foundation.listen(descriptor, 64) == 0 else {
      defer { close(descriptor) }
      throw LabError("cannot listen on \(address) port \(port): \(errorText())")
    }
    return descriptor
  }

  /// A connection; `nil` when it does not come about.
  static func connect(
    from local: String, _ localPort: UInt16, to remote: String, _ port: UInt16, within patience: Duration
  ) throws -> CInt? {
    let place = try SocketAddress(remote, port: port)
    let descriptor = socket(
      place.family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw LabError("cannot make a socket: \(errorText())") }
    reuse(descriptor)
    guard try SocketAddress(local, port: localPort).withPointer({ bind(descriptor, $0, $1) }) == 0 else {
      defer { close(descriptor) }
      throw LabError("cannot bind to \(local) port \(localPort): \(errorText())")
    }
    if place.withPointer({ Foundation.connect(descriptor, $0, $1) }) != 0 {
      var failure = errno
      if failure == EINPROGRESS {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        failure = poll(&request, 1, patience.milliseconds) > 0 ? error(of: descriptor) : ETIMEDOUT
      }
      guard failure == 0 else {
        close(descriptor)
        return nil
      }
    }
    return descriptor
  }

  private static func error(of descriptor: CInt) -> CInt {
    var failure: CInt = 0
    var size = socklen_t(MemoryLayout<CInt>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
    return failure
  }

  /// Lets several sockets share a port, and ends connections by RST, so that nothing is left over.
  private static func reuse(_ descriptor: CInt) {
    var one: CInt = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
    // A listener and a data connection never share a port, but data connections from port 20 do.
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, socklen_t(MemoryLayout<CInt>.size))
    var hurry = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hurry, socklen_t(MemoryLayout<linger>.size))
    // Segments go out one by one, as they are written.
    setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
  }

  static func close(_ descriptor: CInt) { _ = Foundation.close(descriptor) }

  /// A connection that waits at a listener, and who it comes from.
  static func accept(_ listener: CInt) -> (CInt, (address: String, port: UInt16))? {
    let descriptor = Foundation.accept(listener, nil, nil)
    guard descriptor >= 0 else { return nil }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    reuse(descriptor)
    guard let peer = peer(descriptor) else {
      close(descriptor)
      return nil
    }
    return (descriptor, peer)
  }

  static func accept(_ listener: CInt, within patience: Duration) -> (CInt, (address: String, port: UInt16))? {
    var request = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, patience.milliseconds) > 0 else { return nil }
    return accept(listener)
  }

  /// The other end of a connection.
  static func peer(_ descriptor: CInt) -> (address: String, port: UInt16)? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
    }
    guard status == 0 else { return nil }
    var host = [CChar](repeating: 0, count: 64)
    return withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { six in
        pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { four in
          let isIPv4 = storage.ss_family == sa_family_t(AF_INET)
          var (address4, address6) = (four.pointee.sin_addr, six.pointee.sin6_addr)
          _ =
            isIPv4
            ? inet_ntop(AF_INET, &address4, &host, 64) : inet_ntop(AF_INET6, &address6, &host, 64)
          let port = isIPv4 ? four.pointee.sin_port : six.pointee.sin6_port
          let text = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
          return (text, UInt16(bigEndian: port))
        }
      }
    }
  }

  static func send(_ bytes: [UInt8], _ descriptor: CInt) {
    _ = Foundation.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
  }

  /// Ends what one side sends (FIN). Returns whether the other side hears of it in time.
  static func end(_ sender: CInt, heardBy receiver: CInt, within patience: Duration) -> Bool {
    shutdown(sender, CInt(SHUT_WR))
    var request = pollfd(fd: receiver, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, patience.milliseconds) > 0 else { return false }
    var byte: UInt8 = 0
    return recv(receiver, &byte, 1, 0) == 0
  }

  /// What arrives: so many bytes, or up to the end of a line; `nil` when it does not in time.
  static func receive(_ descriptor: CInt, count: Int?, within patience: Duration) -> [UInt8]? {
    var all: [UInt8] = []
    while true {
      if let count, all.count >= count { return all }
      if count == nil, all.last == 0x0A { return all }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&request, 1, patience.milliseconds) > 0 else { return nil }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let read = recv(descriptor, &bytes, bytes.count, 0)
      guard read > 0 else { return nil }
      all += bytes.prefix(read)
    }
  }

  /// Bytes that look like a TLS record and do not end a line.
  static func record(_ text: String) -> [UInt8] {
    [0x17, 0x03, 0x03, 0x00, UInt8(clamping: text.utf8.count)] + text.utf8.map { $0 ^ 0x80 } + [0xFE]
  }

  /// `a,b,c,d,p,p`.
  static func numbers(_ address: String, _ port: UInt16) -> String {
    address.replacing(".", with: ",") + ",\(port >> 8),\(port & 255)"
  }

  /// The address and port in a 227 or PORT.
  static func place(in line: String) -> (address: String, port: UInt16)? {
    let numbers = line.dropFirst(4).split { !$0.isNumber }.compactMap { UInt16($0) }
    guard numbers.count == 6 else { return nil }
    return (numbers.prefix(4).map(String.init).joined(separator: "."), numbers[4] << 8 | numbers[5])
  }

  /// The address and port in an EPRT.
  static func extendedPlace(in line: String) -> (address: String, port: UInt16)? {
    let fields = line.split(separator: "|")
    guard fields.count >= 4, let port = UInt16(fields[3]) else { return nil }
    return (String(fields[2]), port)
  }

  /// Whether two texts name one address.
  static func same(_ left: String, _ right: String?) -> Bool {
    guard let right, let one = try? SocketAddress(left, port: 0), let other = try? SocketAddress(right, port: 0)
    else {
      return false
    }
    func bytes(_ address: SocketAddress) -> [UInt8] {
      address.withPointer { pointer, size in Array(UnsafeRawBufferPointer(start: pointer, count: Int(size))) }
    }
    return bytes(one) == bytes(other)
  }
}
