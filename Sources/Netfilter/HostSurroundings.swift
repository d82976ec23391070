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
  ///
  /// - Parameter outbound: Whether clients are users behind the gateway, and what is outside is the server.
  func names(for view: GatewayView, outbound: Bool = false) -> InterfaceNames {
    let own = view.namesOfPolicy(outbound)
    let named = own.outside.filter { machine.link(named: $0) != nil }
    let inside = (outbound ? view.gateway?.outside : view.gateway?.inside) ?? []
    let behind = inside.map(\.value).filter { machine.link(named: $0) != nil }
    let policy = outbound ? view.compilation.policy.outbound : view.compilation.policy
    let outside = named.isEmpty ? outbound ? usersSides(of: view, behind) : clientsSides(of: view) : named
    let network = network
    return InterfaceNames(outside: outside) { publication in
      let ways = policy.server(of: publication)?.addresses.compactMap { network.interface(leadingTo: $0.value) } ?? []
      return ways.first { behind.contains($0) || !outside.contains($0) && $0 != "lo" } ?? behind.first
    }
  }

  /// The interfaces that have external addresses, or that of the default route.
  private func clientsSides(of view: GatewayView) -> [String] {
    let external = Set(view.services.map(\.endpoint.arrival))
    let holders = network.interfaces.filter { interface in
      interface.name != "lo" && interface.addresses.contains { external.contains($0) }
    }.map(\.name)
    let standing = machine.link(named: network.outside)?.name == "lo" ? [] : [network.outside]
    return holders.isEmpty ? standing : holders
  }

  /// The interfaces that do not lead to servers of a `reach`.
  private func usersSides(of view: GatewayView, _ beyond: [String]) -> [String] {
    let ways = view.reached.compactMap { network.interface(leadingTo: $0.serverAddress) }
    let others = Set(ways + beyond + ["lo"])
    return network.interfaces.filter { !others.contains($0.name) && !$0.addresses.isEmpty }.map(\.name)
  }
}

extension GatewayView {
  /// The names that the policy has for interfaces.
  ///
  /// - Parameter outbound: Whether clients are users behind the gateway.
  func namesOfPolicy(_ outbound: Bool) -> InterfaceNames {
    InterfaceNames(outside: ((outbound ? gateway?.inside : gateway?.outside) ?? []).map(\.value)) { _ in nil }
  }
}
