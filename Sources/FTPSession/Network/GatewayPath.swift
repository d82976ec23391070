import Addressing

/// One gateway on the path between clients and servers, and how it is linked to those beside it.
package struct Hop: Sendable {
  /// What people call it. Empty where it is the only one: then nothing that is said of it needs a name.
  package var name: String
  package var program: Program
  package var network: Network
  package var kernel: KernelTraits
  /// Its interface on the wire that it shares with the gateway before it; means nothing for the outermost.
  package var outwards: String
  /// Its interface on the wire that it shares with the gateway after it; means nothing for the innermost.
  package var inwards: String

  /// - Parameters:
  ///   - outwards: `nil` for the interface of its default route.
  ///   - inwards: `nil` for the first interface that is another one.
  package init(
    _ name: String, _ program: Program, _ network: Network, _ kernel: KernelTraits = KernelTraits(),
    outwards: String? = nil, inwards: String? = nil
  ) {
    self.name = name
    self.program = program
    self.network = network
    self.kernel = kernel
    let outside = outwards ?? network.outside
    self.outwards = outside
    self.inwards = inwards ?? network.interfaces.first { $0.name != outside }?.name ?? ""
  }
}

/// The gateways between clients and servers, the outermost first. Packets need not pass all of them, nor in this order:
/// what is inside may talk to what is further out, and come back.
package struct GatewayPath: Sendable {
  package let first: Hop
  package let others: [Hop]

  package init(_ first: Hop, _ others: [Hop] = []) {
    self.first = first
    self.others = others
  }
}

/// What pictures and sentences have to know of the gateways of a path.
package struct PathLayout: Hashable, Sendable {
  /// The names of the gateways, the outermost first; none where there is one without a name.
  package var names: [String] = []
  /// The gateways that have a box before them, which translates addresses and which the policy does not describe.
  package var boxes: [Int] = []
  /// Those of them whose box is on the side of the server.
  package var boxesAfter: [Int] = []

  /// How many gateways there are.
  package var count: Int { max(names.count, 1) }
  /// Whether one gateway without a name is all there is.
  package var isPlain: Bool { names.isEmpty && boxes.isEmpty }

  /// How a sentence speaks of a gateway: `the gateway` where there is one.
  package func phrase(_ hop: Int) -> String { gatewayPhrase(names.indices.contains(hop) ? names[hop] : "") }
}

/// How a sentence speaks of a gateway with that name; an empty one is that of the only gateway.
func gatewayPhrase(_ name: String) -> String { name.isEmpty ? "the gateway" : "the gateway `\(name)`" }

extension PathLayout {
  /// The layout of gateways with these names.
  init(names: [String], _ networks: [Network]) {
    let boxes = networks.indices.filter { !networks[$0].translatedBefore.isEmpty }
    (self.names, self.boxes) = (names, boxes)
    boxesAfter = boxes.filter { networks[$0].boxInterface != nil }
  }
}

extension Network {
  /// Whether a machine with that address is asked for on the wire itself, and not reached by another router there.
  func isOnWire(_ address: IPAddress, _ interface: String) -> Bool {
    if routing != nil { return nextHop(towards: address, on: interface).address == address }
    guard let own = interfaces.first(where: { $0.name == interface }) else { return false }
    // What is connected has an address of the gateway in it; other networks are routed.
    return own.networks.contains { $0.contains(address) && own.addresses.contains(where: $0.contains) }
  }

  /// Whether packets to an address are for this gateway, or for the box before it; what the box hides counts, so that
  /// it can be said.
  func answers(to address: IPAddress) -> Bool {
    isLocal(address) || translatedBefore.contains { $0.dialled == address }
  }
}
