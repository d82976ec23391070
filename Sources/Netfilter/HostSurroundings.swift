import Compilation
import Diagnostics
package import FTPSession
import Flows
import Policy

/// What is around the rules of this machine: its interfaces, addresses and routes.
package struct HostSurroundings: Sendable {
  package var machine: Machine
  package var network: Network

  package init(machine: Machine, network: Network) {
    self.machine = machine
    self.network = network
  }

  /// What the kernel says now; `nil` when it does not.
  package static func current() -> HostSurroundings? {
    guard let machine = Machine.current() else { return nil }
    return HostSurroundings(machine: machine, network: HostNetwork.network(of: machine))
  }

  /// How interfaces are called where rules of others are judged: as the policy says where they exist, else as addresses
  /// and routes tell.
  func names(for view: GatewayView) -> InterfaceNames {
    let external = Set(view.services.map(\.endpoint.arrival))
    let named = view.gateway?.outside.map(\.value).filter { machine.link(named: $0) != nil } ?? []
    let holders = network.interfaces.filter { interface in
      interface.name != "lo" && interface.addresses.contains { external.contains($0) }
    }.map(\.name)
    let standing = machine.link(named: network.outside)?.name == "lo" ? [] : [network.outside]
    let outside = named.isEmpty ? holders.isEmpty ? standing : holders : named
    let inside = view.gateway?.inside.map(\.value).filter { machine.link(named: $0) != nil } ?? []
    let policy = view.compilation.policy
    let network = network
    return InterfaceNames(outside: outside) { publication in
      let ways = policy.server(of: publication)?.addresses.compactMap { network.interface(leadingTo: $0.value) } ?? []
      return ways.first { inside.contains($0) || !outside.contains($0) && $0 != "lo" } ?? inside.first
    }
  }
}

extension GatewayView {
  /// The names that the policy has for interfaces.
  var namesOfPolicy: InterfaceNames { InterfaceNames(outside: gateway?.outside.map(\.value) ?? []) { _ in nil } }
}
