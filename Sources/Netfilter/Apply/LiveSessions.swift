import Addressing
import Compilation
package import Nftables
import Platforms

/// One established connection to a published server.
package struct LiveSession: Hashable, Sendable {
  package var publication: String
  package var connection: TrackedConnection
}

/// The connections that go through a table: those to an address and port that one of its elements names.
///
/// - Returns: In the order of publications and clients.
package func liveSessions(of table: Table, _ connections: [TrackedConnection]) -> [LiveSession] {
  var published: [IPAddress: [(ports: PortRange, publication: String)]] = [:]
  for element in table.sets.flatMap(\.elements) {
    guard case .address(let address)? = element.key.first, let ports = element.key.dropFirst().first?.portRange
    else { continue }
    for name in element.publications { published[address, default: []].append((ports, name)) }
  }
  var sessions = Set<LiveSession>()
  for connection in connections where connection.isEstablished {
    let match = published[connection.dialled.address]?.first { $0.ports.contains(connection.dialled.port) }
    if let match { sessions.insert(LiveSession(publication: match.publication, connection: connection)) }
  }
  return sessions.sorted {
    ($0.publication, $0.connection.client.address, $0.connection.client.port)
      < ($1.publication, $1.connection.client.address, $1.connection.client.port)
  }
}

extension Value {
  fileprivate var portRange: PortRange? {
    switch self {
    case .port(let port): PortRange(low: port, high: port)
    case .ports(let range): range
    default: nil
    }
  }
}
