import Addressing
import Flows

/// What a policy lets through at some ports of an address: to which server, from which port on, for whom.
struct PermittedPorts {
  var address: IPAddress
  var ports: PortRange
  var server: IPAddress
  /// The port of the server that belongs to the first of the ports.
  var serverLow: UInt16
  /// `nil` for everybody.
  var clients: AddressSet?
  /// Whether a helper reads the connection.
  var isHelped = false
}

/// A prefix or an address as text.
func prefix(_ text: String) -> Prefix? {
  let parts = text.split(separator: "/").map(String.init)
  guard let address = parts.first.flatMap({ IPAddress($0) }), parts.count <= 2 else { return nil }
  return Prefix(address, length: parts.count == 2 ? Int(parts[1]) ?? -1 : address.family.bits)
}

extension FlowPlan {
  /// What has to be let in from outside, as the policy says it.
  var wantedPorts: [PermittedPorts] {
    services.flatMap { service -> [PermittedPorts] in
      let control = PermittedPorts(
        address: service.arrival, ports: PortRange(service.controlPort), server: service.serverAddress,
        serverLow: service.serverControlPort, clients: service.clients, isHelped: service.wantsHelper)
      guard let range = service.passiveRange else { return [control] }
      let passive = PermittedPorts(
        address: service.arrival, ports: range, server: service.serverAddress, serverLow: range.low,
        clients: service.clients)
      return [control, passive]
    }
  }
}

/// How two lists of permits differ, looked at wherever something begins or ends; `nil` when they let the same through.
func difference(_ found: [PermittedPorts], _ wanted: [PermittedPorts]) -> String? {
  var borders: [IPAddress: Set<UInt16>] = [:]
  for permit in found + wanted {
    var ports: Set<UInt16> = [permit.ports.low, permit.ports.high]
    if permit.ports.low > 1 { ports.insert(permit.ports.low - 1) }
    if permit.ports.high < .max { ports.insert(permit.ports.high + 1) }
    borders[permit.address, default: []].formUnion(ports)
  }
  let (foundThere, wantedThere) = (
    Dictionary(grouping: found, by: \.address), Dictionary(grouping: wanted, by: \.address)
  )
  for (address, ports) in borders {
    for port in ports.sorted() {
      let present = meaning(foundThere[address] ?? [], at: port)
      let asked = meaning(wantedThere[address] ?? [], at: port)
      if present != asked { return "\(address):\(port): \(present) and not \(asked)" }
    }
  }
  return nil
}

private func meaning(_ permits: [PermittedPorts], at port: UInt16) -> String {
  let there = permits.filter {
    $0.ports.low <= port && port <= $0.ports.high && $0.clients?.ranges($0.address.family).isEmpty != true
  }
  guard let first = there.first else { return "closed" }
  let targets = Set(there.map { "\($0.server):\($0.serverLow + (port - $0.ports.low))" }).sorted()
  let family = first.address.family
  let sets = there.compactMap(\.clients)
  let isForAll = sets.count < there.count
  let clients = isForAll ? "all" : "\(AddressSet(unionOf: sets).ranges(family))"
  let whole = "\(AddressSet.any.ranges(family))"
  return "\(targets) \(clients == whole ? "all" : clients) helped \(there.contains(where: \.isHelped))"
}
