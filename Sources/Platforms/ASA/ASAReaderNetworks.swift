import Addressing
import Diagnostics
import Nftables

/// Where networks lie: at interfaces, and behind static routes.
extension ASAConfiguration {
  /// A way to a network.
  struct Route {
    var network: Prefix
    /// A name of an interface, or `Null0`.
    var interface: String
    var line: ASALine
    /// Of several ways to one network that of the lowest is taken (`route`, "administrative distance").
    var distance = 0
    /// Whether it is there as long as something answers (`track`).
    var isTracked = false

    var isConnected: Bool { distance == 0 }
    var isDiscarding: Bool { interface.lowercased() == "null0" }
  }

  /// What stands after `interface`, as one word.
  static func title(_ line: ASALine) -> String { line.words.dropFirst().joined().lowercased() }

  /// `A MASK`; `nil` for what is none, and for a mask with holes.
  static func network(_ address: String, _ mask: String, _ names: [String: IPAddress]) -> Prefix? {
    guard let base = names[address] ?? IPAddress(address), base.family == .ipv4, let bits = IPAddress(mask),
      bits.family == .ipv4
    else { return nil }
    return (0...32).first { IPAddress(mask: $0, .ipv4) == bits }.flatMap { Prefix(base, length: $0)?.canonical }
  }

  /// `PREFIX/LENGTH` of IPv6.
  static func network(_ text: String) -> Prefix? {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let base = IPAddress(String(parts[0])), base.family == .ipv6, let length = Int(parts[1])
    else { return nil }
    return Prefix(base, length: length)?.canonical
  }

  /// Reads `route IF NET MASK HOP [DISTANCE]` and `ipv6 route IF PREFIX HOP [DISTANCE]`; `Null0` has no next hop.
  mutating func readRoute(_ line: ASALine) {
    let isIPv6 = line.first == "ipv6"
    let network = isIPv6 ? Self.network(line[3]) : Self.network(line[2], line[3], names)
    // A way that packets of VPNs alone take.
    guard let network, !line.words.contains("tunneled") else { return }
    routes.append(
      Route(
        network: network, interface: isIPv6 ? line[2] : line[1], line: line,
        distance: max(1, Int(line[5]) ?? Int(line[4]) ?? 1), isTracked: line.words.contains("track")))
  }

  /// What is known once all interfaces were read: a channel is down with all its members, and a subinterface with its
  /// parent (Cisco, "Interface Configuration": a parent that is shut down shuts its subinterfaces down).
  mutating func settle() {
    let members = Dictionary(grouping: portOrder.filter { ports[$0]?.channel != nil }) { title in
      "port-channel\(ports[title]?.channel ?? "")"
    }
    for title in portOrder {
      let carriers = (members[title] ?? []) + (ports[title]?.members ?? [])
      let stops = carriers.map { ports[$0]?.shutdown }
      guard !stops.isEmpty, ports[title]?.stop == nil, stops.allSatisfy({ $0 != nil }) else { continue }
      ports[title]?.stop = stops.first ?? nil
    }
    var connected: [Route] = []
    for title in portOrder {
      guard var port = ports[title], !port.name.isEmpty else { continue }
      if port.shutdown == nil, let dot = title.firstIndex(of: "."), let stop = ports[String(title[..<dot])]?.shutdown
      {
        port.stop = stop
      }
      sharesNetworks = sharesNetworks || port.sharesNetworks || port.union != nil
      isRoutedOtherwise = isRoutedOtherwise || port.sharesNetworks
      if interfaces[port.name] == nil { interfaceOrder.append(port.name) }
      interfaces[port.name] = port
      connected += port.networkLines.compactMap { line in
        let network =
          line.first == "ipv6" ? Self.network(line[2]) : Self.network(line[2], line[3], names)
        return network.map { Route(network: $0, interface: port.name, line: line) }
      }
    }
    routes = connected + routes
  }

  /// The networks that the device reaches, as its interfaces and static routes tell.
  ///
  /// - Parameter inside: Interfaces where the policy has servers. Of a single one that is down the rules tell.
  func networks(inside: [String]) -> [GatewayNetwork] {
    guard !isRoutedOtherwise else { return [] }
    let unions = Dictionary(grouping: interfaceOrder.filter { interfaces[$0]?.union != nil }) {
      interfaces[$0]?.union ?? ""
    }
    var order: [Prefix] = []
    var ways: [Prefix: [Route]] = [:]
    var down: [Route] = []
    for route in routes {
      if interfaces[route.interface]?.stop != nil, inside != [route.interface] {
        if route.isConnected { down.append(route) }
        continue
      }
      if ways[route.network] == nil { order.append(route.network) }
      ways[route.network, default: []].append(route)
    }
    let lengths = Set(order.map(\.length)).filter { $0 > 0 }
    let known: [GatewayNetwork] = order.compactMap { network in
      let taken = Self.taken(ways[network] ?? [])
      guard let first = taken.first else { return nil }
      let places = taken.filter { !$0.isDiscarding }
      guard !places.isEmpty else {
        return GatewayNetwork(network, .nowhere("is discarded here"), at: first.line.span)
      }
      let names = places.flatMap { place in
        [place.interface] + (interfaces[place.interface]?.union.flatMap { unions[$0] } ?? [])
      }
      return GatewayNetwork(network, .through(Set(names)), at: first.line.span)
    }
    return known
      + down.compactMap { route -> GatewayNetwork? in
        // What is down is not in the table of routes, so a wider network takes its place.
        let isHeld = lengths.contains { length in
          length <= route.network.length
            && Prefix(route.network.address, length: length).map { ways[$0.canonical] != nil } ?? false
        }
        guard !isHeld, let stop = interfaces[route.interface]?.stop else { return nil }
        let reason =
          stop.first == "shutdown" ? "is of an interface that is shut down" : "is of an interface for management only"
        return GatewayNetwork(route.network, .nowhere(reason), at: route.line.span)
      } + withoutIPv6(inside)
  }

  /// The ways that packets take: those of the lowest distance, and while all of these may go away, the next ones too.
  private static func taken(_ ways: [Route]) -> [Route] {
    var taken: [Route] = []
    for way in ways.sorted(by: { $0.distance < $1.distance }) {
      if let last = taken.last, last.distance < way.distance, taken.contains(where: { !$0.isTracked }) { break }
      taken.append(way)
    }
    return taken
  }

  /// What no interface of the servers can reach, as none of them has IPv6. A part of a configuration may leave that
  /// out.
  private func withoutIPv6(_ inside: [String]) -> [GatewayNetwork] {
    let own = inside.compactMap { interfaces[$0] }
    guard isWhole || interfaces.values.contains(where: \.hasIPv6), let first = own.first, own.count == inside.count,
      own.allSatisfy({ !$0.hasIPv6 && $0.union == nil })
    else { return [] }
    return ["2000::/3", "fc00::/7"].compactMap(Self.network).map { network in
      GatewayNetwork(network, .nowhere("is behind `\(first.name)`, which has no IPv6 address"), at: first.span)
    }
  }
}
