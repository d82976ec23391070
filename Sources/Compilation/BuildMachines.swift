import Addressing
import Policy

/// A gateway or a server, as whoever manages machines has to know it. A manifest has one for each of the policy.
package struct BuildMachine: Codable, Hashable, Sendable {
  package enum Kind: String, Codable, Sendable {
    case gateway, server
  }

  var kind: Kind
  /// Empty for the gateway of a policy that declares none.
  var name: String
  /// Where its files lie in the folder that `build` writes.
  var folder: String
  /// What kind of firewall a gateway is.
  var platform: String?
  /// The program of a server, as the language spells it; left out where the policy does not say.
  var software: String?
  /// Of the platform or of the program, as written.
  var version: String?
  /// Where a server listens; empty for a gateway, and for a server that runs on one.
  var addresses: [String]
  /// The gateway on which a server runs, where it does.
  var host: String?
  /// Machines that sessions pass as well as this one, `KIND NAME`, sorted: what is changed on both has an order.
  var shares: [String]
}

extension Policy {
  /// Every machine that gets files of `build`: gateways in the order of the text, then servers.
  ///
  /// - Parameter platform: The name of the platform of a gateway.
  func machines(platform: (Int?) -> String) -> [BuildMachine] {
    let shared = sharedMachines()
    let gateways = gatewayPositions.map { position in
      let gateway = gateway(at: position)
      let name = gateway?.name.value ?? ""
      return BuildMachine(
        kind: .gateway, name: name, folder: name.isEmpty ? "gateway" : "gateways/\(name)",
        platform: platform(position), version: gateway?.platform?.version?.value, addresses: [],
        shares: shared.others(of: .init(.gateway, name)))
    }
    let hosts = gatewaysOfLocalServers()
    let servers = servers.filter { !$0.isGateway }.map { server in
      let name = server.name.value
      return BuildMachine(
        kind: .server, name: name, folder: "servers/\(name)", software: server.software?.value.kind.name,
        version: server.software?.value.version, addresses: server.addresses.map { $0.value.description },
        host: server.isLocal ? hosts[name] : nil, shares: shared.others(of: .init(.server, name)))
    }
    return gateways + servers
  }

  /// Which machines the sessions of each publication, and of each `reach`, pass.
  private func sharedMachines() -> SharedMachines {
    var shared = SharedMachines()
    func passed(_ publication: Publication) -> [SharedMachines.Key] {
      let gateways = [gateway(of: publication)] + publication.hops.map { gateway(at: $0.gateway) }
      return gateways.map { .init(.gateway, $0?.name.value ?? "") }
        + (server(of: publication).map { [.init(.server, $0.name.value)] } ?? [])
    }
    for publication in publications { shared.add(passed(publication)) }
    for reach in reaches {
      let users = reach.gateway.map(path) ?? []
      shared.add(
        users.compactMap { gateway(at: $0) }.map { .init(.gateway, $0.name.value) }
          + (publication(of: reach).map(passed) ?? []))
    }
    return shared
  }

  /// The gateway of each local server, by the name of the server.
  private func gatewaysOfLocalServers() -> [String: String] {
    var hosts: [String: String] = [:]
    for publication in publications {
      guard let server = server(of: publication), server.isLocal else { continue }
      hosts[server.name.value] = hosts[server.name.value] ?? gateway(of: publication)?.name.value ?? ""
    }
    return hosts
  }
}

/// Which machines have sessions in common.
private struct SharedMachines {
  struct Key: Hashable {
    var kind: BuildMachine.Kind
    var name: String

    init(_ kind: BuildMachine.Kind, _ name: String) { (self.kind, self.name) = (kind, name) }
  }

  private var links: [Key: Set<Key>] = [:]

  mutating func add(_ machines: [Key]) {
    for machine in machines { links[machine, default: []].formUnion(machines) }
  }

  func others(of machine: Key) -> [String] {
    (links[machine] ?? []).subtracting([machine]).map { "\($0.kind.rawValue) \($0.name)" }.sorted()
  }
}
