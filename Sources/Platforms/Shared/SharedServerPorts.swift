import Addressing
import Diagnostics
import Flows

extension Platforms {
  /// Where a platform cannot keep the clients of two publications apart, because its permits match the server's own
  /// address and port, and its translations every source: whoever one of them admits reaches the other one's port too.
  /// For platforms of that kind alone (ASA, SRX). Others match what clients dial, or ask for the client where they
  /// translate.
  ///
  /// Passive ports that publications share are not looked at. They lead to data connections of one server, which
  /// listens there only while a session of an admitted client waits for one, and accepts no session there; so nobody
  /// gets in by them who has no control connection. That no control port lies in a passive range of its server is a
  /// rule of policies.
  ///
  /// - Parameter services: Those for which something is permitted or translated.
  static func sharedServerPorts(_ services: [PublishedService], on platform: any Platform) -> [Diagnostic] {
    var first: [ServerPort: PublishedService] = [:]
    var blamed: Set<String> = []
    let declared = services.filter { !$0.isLocal }.sorted { $0.header < $1.header }
    return declared.compactMap { service in
      let port = ServerPort(address: service.serverAddress, port: service.serverControlPort)
      guard let other = first[port] else {
        first[port] = service
        return nil
      }
      guard other.clientSources != service.clientSources, blamed.insert(service.name).inserted else { return nil }
      let clients = service.provenance(of: .clients)
      return .error(
        "platform-unsupported",
        "`\(service.name)` and `\(other.name)` lead to port \(port.port) of one server for different clients, which "
          + "\(platform.name) does not keep apart",
        at: clients == service.header ? service.provenance(of: .control) : clients,
        related: [
          Label(other.header, "permits of \(platform.name) match the server's own address and port, as here")
        ],
        help: "let the server listen on one more port, and lead one of them there (`control port "
          + "\(service.controlPort) -> PORT`), or give both the same clients")
    }
  }

  private struct ServerPort: Hashable {
    var address: IPAddress
    var port: UInt16
  }
}
