import Glibc

/// Accepts and closes connections on port 21 and on one port of the passive range, until it is ended.
func listen(on address: String) {
  var polled = [21, 50007].map { port in
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var place = socketAddress(address, port: UInt16(port))
    withSocketAddress(&place) { _ = bind(socket, $0, $1) }
    Glibc.listen(socket, 4096)
    return pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
  }
  while true {
    guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
    for entry in polled where entry.revents != 0 {
      let connection = accept(entry.fd, nil, nil)
      if connection >= 0 { close(connection) }
    }
  }
}

/// Opens and resets connections one after the other; prints how many there were.
func dial(_ address: String, port: UInt16, milliseconds: Int) {
  var place = socketAddress(address, port: port)
  var reset = linger(l_onoff: 1, l_linger: 0)
  let end = now() + Double(milliseconds)
  var count = 0
  while now() < end {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
    let failed = withSocketAddress(&place) { connect(socket, $0, $1) } != 0
    close(socket)
    if !failed { count += 1 }
  }
  print(count)
}

private func socketAddress(_ address: String, port: UInt16) -> sockaddr_in {
  var place = sockaddr_in()
  place.sin_family = sa_family_t(AF_INET)
  place.sin_port = port.bigEndian
  inet_pton(AF_INET, address, &place.sin_addr)
  return place
}

private func withSocketAddress<Result>(
  _ place: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
  withUnsafePointer(to: &place) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
