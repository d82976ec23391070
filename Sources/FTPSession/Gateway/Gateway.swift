import Addressing
import Nftables

/// What of the kernel matters besides the ruleset.
package struct KernelTraits: Hashable, Sendable {
  /// Module parameter `loose` of `nf_conntrack_ftp`: expectations for other addresses than the sender's.
  package var isLoose = false
  /// Whether `nf_nat_ftp` is there, which rewrites announcements under translation.
  package var rewritesAnnouncements = true

  package init() {}
}

/// What of a gateway packets do not change. A class, because every session that is played there has the same.
final class Premises: Sendable {
  let program: Program
  let network: Network
  let kernel: KernelTraits
  /// The gateway's name on a path; empty where it is the only one.
  let name: String
  private let forwardsIPv4: Bool
  private let forwardsIPv6: Bool

  init(_ program: Program, _ network: Network, _ kernel: KernelTraits, name: String = "") {
    self.program = program
    self.network = network
    self.kernel = kernel
    self.name = name
    forwardsIPv4 = network.forwards.contains(.ipv4)
    forwardsIPv6 = network.forwards.contains(.ipv6)
  }

  /// How sentences speak of the gateway.
  var phrase: String { gatewayPhrase(name) }

  /// Whether packets of a family are passed on at all.
  func forwards(_ family: AddressFamily) -> Bool { family == .ipv4 ? forwardsIPv4 : forwardsIPv6 }
}

/// A gateway in the middle of its work: rules, connection table, expectations. Packets change the value.
struct Gateway: Sendable {
  /// Where connection tracking stands in prerouting and output (`NF_IP_PRI_CONNTRACK`).
  static let trackingPriority = -200
  /// Where translation happens, whatever the priority of a nat chain, which only orders them among each other
  /// (`nf_nat_ipv4_ops`, `nf_nat_register_fn`).
  static let destinationPriority = -100
  static let sourcePriority = 100

  let premises: Premises
  var connections: [Connection] = []
  /// Confirmed and unconfirmed entries by the tuples of both directions.
  var byTuple = TupleTable()
  var expectations: [Expectation] = []
  /// What rules have done to sets.
  var memory = SetMemory()
  /// What was found of questions between neighbours: why they are not answered, `nil` for those that are.
  var neighbours: [NeighbourQuestion: Loss?] = [:]

  init(_ program: Program, _ network: Network, _ kernel: KernelTraits = KernelTraits(), name: String = "") {
    premises = Premises(program, network, kernel, name: name)
  }

  init(_ premises: Premises) { self.premises = premises }

  var network: Network { premises.network }
  var kernel: KernelTraits { premises.kernel }

  /// A packet that came in on an interface.
  ///
  /// - Parameter header: Fields of its headers that gateways before have changed, by their names in `KnownFields`;
  ///   `nil` for what became something unknown.
  mutating func receive(_ packet: Packet, on interface: String, header: [String: UInt128?] = [:]) -> Passage {
    var transit = Transit(packet, input: interface)
    transit.view.changed = header
    let (source, destination) = (packet.tuple.source, packet.tuple.destination)
    if let loss = neighbourLoss(source, own: destination, on: interface, isArriving: true) {
      transit.end = .lost(loss)
      return finish(&transit)
    }
    guard passDevice(.ingress, &transit), run(.prerouting, &transit) else { return finish(&transit) }
    let way = premises.way(of: transit, from: interface)
    if let loss = way.loss { transit.end = .lost(loss) }
    guard case .leaves(let output, let doubt) = way else {
      if way == .local, let doubt = doubt(aboutTransforming: packet.tuple, .in, transit) {
        transit.end = .lost(.unknown(reason: doubt))
      }
      guard transit.loss == nil, way == .local, run(.input, &transit), complete(&transit) else {
        return finish(&transit)
      }
      transit.end = .delivered
      return finish(&transit)
    }
    transit.view.output = output
    // On the way in addresses count as they were before translation (`nf_nat_decode_session`; measured on 6.18).
    transit.doubt =
      doubt ?? self.doubt(aboutTransforming: packet.tuple, .fwd, transit)
      ?? self.doubt(aboutTransforming: transit.view.packet.tuple, .out, transit)
    if let loss = transit.view.lifetimeLoss {
      transit.end = .lost(loss)
      return finish(&transit)
    }
    transit.view.countDown()
    guard run(.forward, &transit) else { return finish(&transit) }
    return leave(&transit)
  }

  /// A packet of a program on the gateway itself.
  mutating func send(_ packet: Packet) -> Passage {
    var transit = Transit(packet, input: nil)
    guard route(&transit), run(.output, &transit) else { return finish(&transit) }
    let isMarkedAnew = transit.view.mark != 0 && premises.program.routesByMark
    // Translated packets are routed again (`nf_nat_ipv4_local_fn`), and those that a chain of type route has marked
    // (`nft_chain_route.c`).
    if isMarkedAnew || transit.view.packet.tuple.destination != packet.tuple.destination {
      guard route(&transit) else { return finish(&transit) }
    }
    return leave(&transit)
  }

  /// Finds the way of a packet of the gateway itself. Returns whether there is one.
  private func route(_ transit: inout Transit) -> Bool {
    let way = premises.way(of: transit, from: nil)
    if let loss = way.loss {
      transit.end = .lost(loss)
      return false
    }
    transit.view.output = "lo"
    if case .leaves(let output, let doubt) = way { (transit.view.output, transit.doubt) = (output, doubt) }
    return true
  }

  private mutating func leave(_ transit: inout Transit) -> Passage {
    guard run(.postrouting, &transit), complete(&transit) else { return finish(&transit) }
    guard let output = transit.view.output, output == "lo" else {
      let output = transit.view.output ?? network.outside
      let tuple = transit.view.packet.tuple
      if let loss = neighbourLoss(tuple.destination, own: tuple.source, on: output, isArriving: false) {
        transit.end = .lost(loss)
      } else if passDevice(.egress, &transit) {
        transit.doubt =
          transit.doubt ?? doubt(aboutLifetimeOf: transit.view, on: output)
          ?? doubt(aboutTransforming: tuple, .out, transit)
          ?? network.doubt(aboutSizeOn: output, tuple.family)
        transit.end = .sent(output)
      }
      return finish(&transit)
    }
    guard passDevice(.egress, &transit) else { return finish(&transit) }
    // What the host sends itself comes in again on `lo`, its entry already confirmed.
    transit.view.input = "lo"
    transit.view.output = nil
    guard passDevice(.ingress, &transit), run(.prerouting, &transit), run(.input, &transit), complete(&transit)
    else { return finish(&transit) }
    transit.end = .delivered
    return finish(&transit)
  }

  private func doubt(
    aboutTransforming tuple: Tuple, _ direction: PacketTransform.Direction, _ transit: Transit
  ) -> String? {
    network.doubt(aboutTransforming: tuple, direction, mark: transit.view.mark)
  }

  /// A new entry of a packet that was lost goes away with it.
  private mutating func finish(_ transit: inout Transit) -> Passage {
    if case .lost = transit.end, let index = transit.connection, connections.indices.contains(index),
      !connections[index].isConfirmed
    {
      byTuple[connections[index].original] = nil
      byTuple[connections[index].reply] = nil
    }
    return Passage(
      events: transit.events, packet: transit.view.packet, end: transit.end, doubt: transit.doubt,
      header: transit.view.changed)
  }
}

/// A packet inside the gateway.
struct Transit {
  var view: PacketView
  var connection: Int?
  var isUntracked = false
  /// Where connection tracking looks for its connection.
  var zone = TrackingZone()
  /// Why nobody may be where it leaves to.
  var doubt: String?
  /// The helper that a rule before connection tracking wants for a new connection, and the rule.
  var templateHelper: (type: String, citation: Citation)?
  var events: [Passage.Event] = []
  var end = Passage.End.delivered

  init(_ packet: Packet, input: String?) {
    view = PacketView(packet: packet, input: input, output: nil)
  }
}
