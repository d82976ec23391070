import Foundation

/// One TCP socket of a host, as the kernel lists it.
package struct SocketEntry: Sendable, Equatable {
  /// The address as text: `10.10.20.200`, `2001:db8:20::200`. An IPv4 peer of an IPv6 socket is given as IPv4.
  package var localAddress: String
  package var localPort: UInt16
  package var remoteAddress: String
  package var remotePort: UInt16
  package var isListening: Bool
  package var isEstablished: Bool
}

extension Lab {
  /// The TCP sockets of a host, both families. Shows under which address the server sees its clients.
  package func sockets(on host: LabHost) async throws -> [SocketEntry] {
    try await namespace(host).onThread { SocketTable.read() }
  }

  /// Whether something listens on a TCP port of a host, on that address, or on any when it is nil.
  package func isListening(_ port: UInt16, on host: LabHost, address: String? = nil) async throws -> Bool {
    try await sockets(on: host).contains {
      $0.isListening && $0.localPort == port && (address == nil || $0.localAddress == address)
    }
  }
}

/// Reads `/proc/net/tcp` and `/proc/net/tcp6`.
enum SocketTable {
  /// The sockets of the calling thread's network namespace.
  static func read() -> [SocketEntry] {
    ["tcp", "tcp6"].flatMap { file in
      (readText("/proc/thread-self/net/\(file)") ?? "")
        .split(separator: "\n").dropFirst().compactMap { entry(fromLine: $0) }
    }
  }

  /// Reads a line such as `0: C8140A0A:0015 00000000:0000 0A ...`.
  static func entry(fromLine line: some StringProtocol) -> SocketEntry? {
    let fields = line.split(separator: " ")
    guard fields.count > 3, let local = endpoint(fields[1]), let remote = endpoint(fields[2]) else {
      return nil
    }
    return SocketEntry(
      localAddress: local.address, localPort: local.port, remoteAddress: remote.address,
      remotePort: remote.port, isListening: fields[3] == "0A", isEstablished: fields[3] == "01")
  }

  private static func endpoint(_ text: some StringProtocol) -> (address: String, port: UInt16)? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return nil }
    // The address is a row of 32-bit words, each in the byte order of the machine.
    var bytes: [UInt8] = []
    var rest = parts[0][...]
    while let word = UInt32(rest.prefix(8), radix: 16) {
      withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
      rest = rest.dropFirst(8)
    }
    return addressText(bytes).map { ($0, port) }
  }

  /// Writes 4 or 16 bytes in network order as an address.
  private static func addressText(_ bytes: [UInt8]) -> String? {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    if bytes.count == 16, Array(bytes.prefix(12)) == mapped { return addressText(Array(bytes.suffix(4))) }
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    var text = [CChar](repeating: 0, count: 64)
    guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
      return nil
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
