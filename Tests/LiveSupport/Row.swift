/// Gateways in a row: client - gateway - second - third - server, as many as there are.
///
/// Between two neighbours is a wire of its own. Each gateway has `eth0` towards the client and `eth1` towards the
/// server, addresses .1 and .2 of the wire between two of them, and on `eth0` an external address for clients to dial.
/// All know the way to all networks further in. Beside each IPv4 address stands one of IPv6 (`ipv6`). A host in the
/// middle stands on the wire between the first two (`stranger`), one on the server's own network (`inside`).
package struct Row: Hashable, Sendable {
  /// 1 to 3.
  package var gateways: Int
  /// Gateways at the beginning of the row that are the client's own: their default route leads towards the server.
  package var clientSide: Int
  /// The one, counted from 0, that is no gateway of a policy but a box before the next, with `boxScript` for rules.
  package var box: Int?

  package init(gateways: Int, clientSide: Int = 0, box: Int? = nil) {
    self.gateways = min(max(gateways, 1), 3)
    self.clientSide = min(max(clientSide, 0), self.gateways - 1)
    self.box = box.map { min(max($0, 0), self.gateways - 1) }
  }

  /// Those that are gateways of a policy, counted from 0.
  package var policed: [Int] { (0..<gateways).filter { $0 != box } }

  /// Rules that translate the external address of one gateway to that of the next, whatever the port, as the 1:1
  /// translation of a cloud does.
  package static func boxScript(_ gateway: Int) -> String {
    let ends = (external(gateway), external(gateway + 1))
    return box("ip", ends.0, ends.1) + box("ip6", ipv6(ends.0), ipv6(ends.1))
  }

  private static func box(_ family: String, _ dialled: String, _ arrival: String) -> String {
    """
    table \(family) box {
      chain p { type nat hook prerouting priority -100; \(family) daddr \(dialled) dnat to \(arrival); }
      chain q { type nat hook postrouting priority 100;
        oifname "eth0" \(family) saddr \(arrival) snat to \(dialled)
      }
      chain f { type filter hook forward priority 0;
        ct state established accept
        ct status dnat accept
        iifname "eth0" \(family) daddr \(arrival) drop
      }
    }

    """
  }

  /// The gateways, the one next to the client first.
  package var hosts: [LabHost] { Array([.gateway, .second, .third].prefix(gateways)) }

  /// Where no packet of clients outside has a route to, of each family.
  package static let hidden: [(address: String, length: Int)] = [("10.0.0.0", 8), ("2001:db8:20::", 64)]

  /// The IPv6 address that stands beside an IPv4 address of a row.
  package static func ipv6(_ address: String) -> String {
    let parts = address.split(separator: ".").map(String.init)
    guard parts.count == 4 else { return address }
    let network =
      switch (parts[0], parts[1]) {
      case ("198", _): "51"
      case ("192", _): "66"
      case ("203", _): (Int(parts[3]) ?? 0) < 128 ? "113" : "21"
      case ("172", _): "16:\(parts[2])"
      default: "20"
      }
    return "2001:db8:\(network)::\(parts[3])"
  }

  /// An external address of a gateway, counted from 0.
  package static func external(_ gateway: Int) -> String {
    gateway == 0 ? Address.external : "172.16.\(gateway).10"
  }

  /// An address on the external network of a gateway that nobody has.
  package static func nobody(_ gateway: Int) -> String {
    gateway == 0 ? "203.0.113.77" : "172.16.\(gateway).77"
  }

  /// The `number`th address of a host, from 0.
  package static func client(_ host: LabHost, _ number: Int) -> String {
    switch host {
    case .stranger: "172.16.1.\(66 + number)"
    case .inside: "10.10.20.\(50 + number)"
    default: "198.51.100.\(10 + number)"
    }
  }

  /// The `number`th address of another network that the client outside has as well, from 0.
  package static func otherClient(_ number: Int) -> String { "192.0.2.\(66 + number)" }

  /// Addresses of a gateway on an interface, each with the length of its network, the primary one first.
  package func addresses(_ gateway: Int, inner: Bool) -> [(address: String, length: Int)] {
    if inner {
      return gateway == gateways - 1
        ? [(Address.gatewayInside, 24), ("203.0.113.129", 28)] : [("172.16.\(gateway + 1).1", 24)]
    }
    return gateway == 0
      ? [("198.51.100.1", 24), (Self.external(0), 32)]
      : [("172.16.\(gateway).2", 24), (Self.external(gateway), 24)]
  }

  /// The same of IPv6.
  package func addresses6(_ gateway: Int, inner: Bool) -> [(address: String, length: Int)] {
    addresses(gateway, inner: inner).map { (Self.ipv6($0.address), $0.length == 32 ? 128 : 64) }
  }

  /// Networks beyond the client's side of a gateway of the client's own, whose default route leads to the server.
  package func networksFurtherOut(_ gateway: Int) -> [(address: String, length: Int)] {
    guard gateway < clientSide else { return [] }
    let wires = (1..<max(gateway, 1)).map { ("172.16.\($0).0", 24) }
    return [("192.0.2.0", 24)] + (gateway == 0 ? [] : [("198.51.100.0", 24)] + wires)
  }

  /// The same of IPv6.
  package func networksFurtherOut6(_ gateway: Int) -> [(address: String, length: Int)] {
    networksFurtherOut(gateway).map { (Self.ipv6($0.address), 64) }
  }

  /// Networks behind the wire on the server's side of a gateway, of IPv6.
  package func networksFurtherIn6(_ gateway: Int) -> [(address: String, length: Int)] {
    networksFurtherIn(gateway).map { network in
      (network.address.hasPrefix("203") ? "2001:db8:21::" : Self.ipv6(network.address), 64)
    }
  }

  /// Networks behind the wire on the server's side of a gateway.
  package func networksFurtherIn(_ gateway: Int) -> [(address: String, length: Int)] {
    guard gateway < gateways - 1 else { return [] }
    return ((gateway + 2)..<max(gateways, gateway + 2)).map { ("172.16.\($0).0", 24) } + [
      ("10.10.20.0", 24), ("203.0.113.128", 28),
    ]
  }
}

/// The cables, addresses and routes of a row as input of `ip -batch`.
struct RowTopology {
  var row: Row
  var name: @Sendable (LabHost) -> String

  var hosts: [LabHost] { row.hosts + [.client, .server, .inside, .stranger, .wire] }

  var links: String {
    let wire = name(.wire)
    let bridges = (0...row.gateways).map { "link add br\($0) netns \(wire) type bridge mcast_snooping 0" }
    let gateways = row.hosts.enumerated().flatMap { index, host in
      [
        "link add g\(index)a netns \(wire) type veth peer name eth0 netns \(name(host))",
        "link add g\(index)b netns \(wire) type veth peer name eth1 netns \(name(host))",
      ]
    }
    let hosts = [LabHost.client, .server, .inside, .stranger].map {
      "link add \($0.rawValue) netns \(wire) type veth peer name eth0 netns \(name($0))"
    }
    return (bridges + gateways + hosts).joined(separator: "\n") + "\n"
  }

  func setup(of host: LabHost) -> String {
    let lines: [String] =
      switch host {
      case .wire: wire
      case .client:
        place(host, [(Row.client(host, 0), 24)], via: "198.51.100.1")
          + Row.hidden.map { "route add unreachable \($0.address)/\($0.length)" }
      case .stranger: place(host, [(Row.client(host, 0), 24)], via: "172.16.1.1")
      case .inside: place(host, [(Row.client(host, 0), 24)], via: Address.gatewayInside)
      case .server:
        place(
          host, [(Address.server, 24), (Address.server2, 24), (Address.routedServer, 28)], via: Address.gatewayInside)
      case .gateway, .second, .third: gateway(row.hosts.firstIndex(of: host) ?? 0)
      }
    return (["link set lo up"] + lines).joined(separator: "\n") + "\n"
  }

  private func place(_ host: LabHost, _ addresses: [(String, Int)], via router: String) -> [String] {
    ["link set eth0 up"]
      + addresses.flatMap { address, length in
        ["address add \(address)/\(length) dev eth0", "address add \(Row.ipv6(address))/64 dev eth0 nodad"]
      }
      + [router, Row.ipv6(router)].map { "route add default via \($0)" }
  }

  private var wire: [String] {
    let bridges = (0...row.gateways).map { "link set br\($0) up" }
    let gateways = row.hosts.indices.flatMap {
      ["link set g\($0)a master br\($0) up", "link set g\($0)b master br\($0 + 1) up"]
    }
    let last = row.gateways
    let hosts = [("client", 0), ("stranger", min(1, last)), ("server", last), ("inside", last)]
    return bridges + gateways + hosts.map { "link set \($0.0) master br\($0.1) up" }
  }

  private func gateway(_ index: Int) -> [String] {
    var lines: [String] = []
    for isInner in [false, true] {
      let interface = isInner ? "eth1" : "eth0"
      lines.append("link set \(interface) up")
      lines += row.addresses(index, inner: isInner).map { "address add \($0.address)/\($0.length) dev \(interface)" }
      // Of several addresses the kernel takes the first for packets of its own, as it does in IPv4.
      lines += row.addresses6(index, inner: isInner).enumerated().map { number, place in
        "address add \(place.address)/\(place.length) dev \(interface) nodad\(number == 0 || isInner ? "" : " preferred_lft 0")"
      }
    }
    let next = "172.16.\(index + 1).2"
    lines += row.networksFurtherIn(index).map { "route add \($0.address)/\($0.length) via \(next)" }
    lines += row.networksFurtherIn6(index).map { "route add \($0.address)/\($0.length) via \(Row.ipv6(next))" }
    let before = "172.16.\(index).1"
    for (networks, router) in [
      (row.networksFurtherOut(index), before), (row.networksFurtherOut6(index), Row.ipv6(before)),
    ] {
      lines += networks.map { "route add \($0.address)/\($0.length) \(index == 0 ? "dev eth0" : "via \(router)")" }
    }
    // The way to everybody else: out of the row, or to the next gateway.
    if index >= row.clientSide, index == 0 {
      lines += ["route add default dev eth0", "route add ::/0 dev eth0"]
    } else {
      let router = index < row.clientSide ? next : before
      lines += [router, Row.ipv6(router)].map { "route add default via \($0)" }
    }
    return lines
  }
}
