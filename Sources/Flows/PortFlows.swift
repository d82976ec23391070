package import Addressing
package import Diagnostics

/// What services of one family say about ports of addresses, as it is collected.
struct PortClaims {
  fileprivate let services: FamilyFlows
  fileprivate let side: FlowSide
  fileprivate var flows: [PortFlow] = []

  init(_ services: FamilyFlows, _ side: FlowSide) { (self.services, self.side) = (services, side) }

  /// Makes room for ports that are added next.
  mutating func reserve(_ count: Int) { flows.reserveCapacity(count) }

  mutating func add(
    _ address: IPAddress, _ ports: PortRange, of service: Int, provenance: SourceSpan
  ) {
    let claim = PortFlow.Claim(service: Int32(clamping: service), provenance: provenance)
    flows.append(PortFlow(address: address, ports: ports, claim: claim, others: 0..<0))
  }

  /// Adds the ports that clients may dial, of the address for which their packets arrive: control port and passive
  /// range.
  mutating func addDialled(_ position: Int, provenance: SourceSpan) {
    let service = services.services[position]
    add(service.arrival, service.controlPort, service.passiveRange, of: position, provenance)
  }

  /// Adds the same ports as the server sees them.
  mutating func addServed(_ position: Int, provenance: SourceSpan) {
    let service = services.services[position]
    add(service.serverAddress, service.serverControlPort, service.passiveRange, of: position, provenance)
  }

  /// In the order of the ports, which spares a sort.
  private mutating func add(
    _ address: IPAddress, _ control: UInt16, _ passive: PortRange?, of service: Int, _ span: SourceSpan
  ) {
    let control = PortRange(control)
    if let passive, passive < control { add(address, passive, of: service, provenance: span) }
    add(address, control, of: service, provenance: span)
    if let passive, !(passive < control) { add(address, passive, of: service, provenance: span) }
  }
}

/// Which end of a packet the address and the ports of a flow are.
package enum FlowSide: Sendable {
  /// Inbound: the destination that clients dial, as packets arrive at the gateway.
  case dialled
  /// Inbound: the destination as the server sees it.
  case served
  /// Outbound: the server's address, and the port from which it sends.
  case sent
  /// Outbound: the server's address, and the port of a client to which it sends.
  case answered
}

/// TCP packets to or from ports of one address of which the same services speak.
package struct PortFlow: Sendable {
  /// What one service says about the ports.
  struct Claim: Sendable {
    /// Its position among the services of the family.
    var service: Int32
    var provenance: SourceSpan
  }

  package fileprivate(set) var address: IPAddress
  package fileprivate(set) var ports: PortRange
  /// What the first service says, in the order of the services.
  fileprivate(set) var claim: Claim
  /// What the others say: positions in `PortFlows.others`.
  fileprivate var others: Range<Int32>
}

/// Flows of one family and one side, sorted by address and port, and disjoint, each with what was said about it. Where
/// two publications speak of the same ports, the overlap is there once: firewalls refuse overlapping entries, or worse,
/// accept them.
package struct PortFlows: Sendable {
  package let side: FlowSide
  fileprivate let services: FamilyFlows
  /// Sorted by address and port, no two of them overlapping.
  package private(set) var flows: [PortFlow]
  private var others: [PortFlow.Claim] = []

  init(_ claims: PortClaims) {
    services = claims.services
    side = claims.side
    flows = claims.flows
    if !Self.each(flows[...], { !$1.precedes($0) }) { flows.sort { $0.precedes($1) } }
    if !Self.each(flows[...], { !$0.overlaps($1) }) { separate() }
  }

  /// Whether a condition holds for every flow and the next.
  private static func each(_ flows: ArraySlice<PortFlow>, _ condition: (PortFlow, PortFlow) -> Bool) -> Bool {
    for index in flows.indices.dropFirst() where !condition(flows[index - 1], flows[index]) { return false }
    return true
  }

  package var family: AddressFamily { services.family }

  /// The flows of each address side by side, in the order of the addresses.
  var byAddress: [ArraySlice<PortFlow>] {
    var groups: [ArraySlice<PortFlow>] = []
    var rest = flows[...]
    while let address = rest.first?.address {
      let group = rest.prefix { $0.address == address }
      rest = rest[group.endIndex...]
      groups.append(group)
    }
    return groups
  }

  /// Cuts what overlaps, address by address.
  private mutating func separate() {
    let groups = byAddress
    flows = []
    for group in groups {
      if Self.each(group, { !$0.overlaps($1) }) { flows += group } else { split(group) }
    }
  }

  /// Cuts ranges wherever one begins or ends, in one pass over ranges that are sorted.
  private mutating func split(_ entries: ArraySlice<PortFlow>) {
    let cuts = Set(entries.flatMap { [UInt32($0.ports.low), UInt32($0.ports.high) + 1] }).sorted()
    var waiting = entries
    var open: [PortFlow] = []
    for (low, next) in zip(cuts, cuts.dropFirst()) {
      guard let ports = PortRange(low: UInt16(low), high: UInt16(next - 1)) else { continue }
      open.removeAll { $0.ports.high < ports.low }
      while let entry = waiting.first, entry.ports.low <= ports.low {
        open.append(entry)
        waiting.removeFirst()
      }
      guard let first = open.first else { continue }
      let start = Int32(clamping: others.count)
      others += open.dropFirst().map(\.claim)
      flows.append(
        PortFlow(
          address: first.address, ports: ports, claim: first.claim, others: start..<Int32(clamping: others.count)))
    }
  }
}

extension PortFlow {
  /// By address and ports; equal ones in the order of the services.
  fileprivate func precedes(_ other: Self) -> Bool {
    guard address == other.address else { return address < other.address }
    return ports == other.ports ? claim.service < other.claim.service : ports < other.ports
  }

  fileprivate func overlaps(_ other: Self) -> Bool { address == other.address && ports.overlaps(other.ports) }
}

extension PortFlows {
  /// Whether one service alone speaks of these ports.
  package func isSole(_ flow: PortFlow) -> Bool { flow.others.isEmpty }

  /// The first service that speaks of these ports.
  package func service(_ flow: PortFlow) -> PublishedService { services.services[Int(flow.claim.service)] }

  /// Every service that speaks of them.
  package func allServices(_ flow: PortFlow) -> [PublishedService] {
    [service(flow)] + others(flow).map { services.services[Int($0.service)] }
  }

  private func others(_ flow: PortFlow) -> ArraySlice<PortFlow.Claim> {
    others[Int(flow.others.lowerBound)..<Int(flow.others.upperBound)]
  }

  /// The names of the publications that speak of these ports, sorted and separated by commas.
  package func publications(_ flow: PortFlow) -> String {
    guard !isSole(flow) else { return service(flow).name }
    return Set(allServices(flow).map(\.name)).sorted().joined(separator: ", ")
  }

  /// The first statement that asked for these ports.
  package func provenance(_ flow: PortFlow) -> SourceSpan {
    guard !isSole(flow) else { return flow.claim.provenance }
    return others(flow).reduce(flow.claim.provenance) { min($0, $1.provenance) }
  }
}
