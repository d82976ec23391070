import Addressing
import Diagnostics
package import Platforms
package import Policy

extension Policy {
  /// Servers that the gateway does not reach by the interfaces that the policy calls `inside`; those of users behind it
  /// by those that it calls `outside`.
  func lostServers(_ saved: SavedGateway, gateway: Int?) -> [Diagnostic] {
    guard !saved.networks.isEmpty else { return [] }
    let side = isOutbound ? "outside" : "inside"
    let inside = Set(self.gateway(at: gateway)?.inside.map(\.value) ?? [])
    let ways = NetworkWays(saved.networks)
    var found: [Diagnostic] = []
    var seen: Set<IPAddress> = []
    for publication in publications where publication.gateway == gateway {
      for endpoint in endpoints(of: publication)
      where endpoint.reach != .local && seen.insert(endpoint.server).inserted {
        guard let best = ways.best(for: endpoint.server), let fault = best.fault(inside) else { continue }
        found.append(
          .error(
            "gateway-stops-session",
            "the server \(endpoint.server) of `\(publication.name.value)` is not reached: \(fault)",
            at: best.place, related: [Label(publication.header, isOutbound ? "the reach" : "the publication")],
            help: "let the network of the server be at an interface of `\(side)`, or name that one in the policy"))
      }
    }
    return found
  }
}

/// The most specific of the networks of a gateway that holds an address.
private struct NetworkWays {
  private let networks: [Prefix: GatewayNetwork]
  /// The lengths that occur, longest first.
  private let lengths: [Int]

  /// - Parameter all: Of two of one prefix the first counts. What the default route leads to is where clients are, and
  ///   dynamic routes may know better, so it is left out.
  init(_ all: [GatewayNetwork]) {
    networks = Dictionary(
      all.lazy.filter { $0.prefix.length > 0 }.map { ($0.prefix.canonical, $0) },
      uniquingKeysWith: { first, _ in first })
    lengths = Set(networks.keys.map(\.length)).sorted(by: >)
  }

  func best(for address: IPAddress) -> GatewayNetwork? {
    lengths.lazy.compactMap { Prefix(address, length: $0).flatMap { networks[$0.canonical] } }.first
  }
}

extension GatewayNetwork {
  /// Why packets for it do not leave by one of some interfaces; `nil` where they do.
  fileprivate func fault(_ inside: Set<String>) -> String? {
    switch way {
    case .nowhere(let reason): return "its network \(prefix) \(reason)"
    case .through(let names) where names.isEmpty: return "the interface of its network \(prefix) is in no zone"
    case .through(let names):
      guard !inside.isEmpty, names.isDisjoint(with: inside) else { return nil }
      return "its network \(prefix) is behind \(names.sorted().map { "`\($0)`" }.joined(separator: ", "))"
    }
  }
}

extension GatewayContext {
  /// What a policy tells about one of its gateways.
  ///
  /// - Parameter gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  package init(_ policy: Policy, gateway: Int?) {
    let own = policy.gateway(at: gateway)
    let arrivals = policy.publications.lazy.filter { $0.gateway == gateway }.flatMap { publication in
      policy.endpoints(of: publication).filter { $0.reach != .routed }.map(\.arrival)
    }
    self.init(
      arrivals: Set(arrivals).sorted(), outside: own?.outside.map(\.value) ?? [],
      inside: own?.inside.map(\.value) ?? [])
  }
}
