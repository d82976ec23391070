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
      let machine = machineName(ofGateway: position)
      return BuildMachine(
        kind: machine.kind, name: machine.name, folder: machine.folder, platform: platform(position),
        version: gateway(at: position)?.platform?.version?.value, addresses: [], shares: shared.others(of: machine))
    }
    let hosts = gatewaysOfLocalServers()
    let servers = servers.filter { !$0.isGateway }.map { server in
      let machine = MachineName(.server, server.name.value)
      return BuildMachine(
        kind: machine.kind, name: machine.name, folder: machine.folder, software: server.software?.value.kind.name,
        version: server.software?.value.version, addresses: server.addresses.map { $0.value.description },
        host: server.isLocal ? hosts[machine.name] : nil, shares: shared.others(of: machine))
    }
    return gateways + servers
  }

  /// Which machines the sessions of each publication, and of each `reach`, pass.
  private func sharedMachines() -> SharedMachines {
    var shared = SharedMachines()
    for publication in publications { shared.add(machines(passedBy: publication)) }
    for reach in reaches { shared.add(machines(passedBy: reach)) }
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
  private var links: [MachineName: Set<MachineName>] = [:]

  mutating func add(_ machines: [MachineName]) {
    for machine in machines { links[machine, default: []].formUnion(machines) }
  }

  func others(of machine: MachineName) -> [String] {
    (links[machine] ?? []).subtracting([machine]).map { "\($0.kind.rawValue) \($0.name)" }.sorted()
  }
}
