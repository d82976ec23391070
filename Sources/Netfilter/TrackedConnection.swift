package import Addressing

/// One TCP connection that the kernel tracks.
package struct TrackedConnection: Hashable, Sendable {
  /// One end of it.
  package struct Endpoint: Hashable, Sendable {
    package var address: IPAddress
    package var port: UInt16
  }

  /// Who opened the connection.
  package var client: Endpoint
  /// What the client dialled, before translation.
  package var dialled: Endpoint
  /// Who answers, after translation.
  package var server: Endpoint
  /// Whether both sides have sent segments and none has closed.
  package var isEstablished: Bool
  /// The conntrack helper that reads it; `nil` for none.
  package var helper: String?

  /// Whether its addresses or ports are translated towards the server.
  package var isTranslated: Bool { dialled != server }

  /// Reads a line of `conntrack -L` (libnetfilter_conntrack 1.0.9): `tcp 6 SECONDS STATE src=.. dst=.. sport=..
  /// dport=..`, then the same for the way back.
  init?(listed line: Substring) {
    var values: [Substring: [Substring]] = [:]
    for word in line.split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1)
      if let name = parts.first, let value = parts.last, parts.count == 2 { values[name, default: []].append(value) }
    }
    func endpoint(_ address: Substring, _ port: Substring, _ way: Int) -> Endpoint? {
      guard let addresses = values[address], let ports = values[port], addresses.count == 2, ports.count == 2,
        let address = IPAddress(String(addresses[way])), let port = UInt16(ports[way])
      else { return nil }
      return Endpoint(address: address, port: port)
    }
    guard let client = endpoint("src", "sport", 0), let dialled = endpoint("dst", "dport", 0),
      let server = endpoint("src", "sport", 1)
    else { return nil }
    (self.client, self.dialled, self.server) = (client, dialled, server)
    isEstablished = line.contains(" ESTABLISHED ")
    helper = values["helper"]?.first.map(String.init)
  }
}

extension TrackedConnection.Endpoint: CustomStringConvertible {
  package var description: String {
    address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}
