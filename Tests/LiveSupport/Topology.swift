/// A machine of the bench. Each is a network namespace of its own.
package enum LabHost: String, CaseIterable, Sendable {
  /// The FTP client on the outside, the one that publications are meant for.
  case client
  /// The firewall: `eth0` is outside, `eth1` inside. Rulesets are loaded here.
  case gateway
  /// The FTP server on the inside.
  case server
  /// Somebody else on the outside.
  case stranger
  /// A client on the server's own network, for hairpin tests.
  case inside
  /// More gateways, where a lab has several in a row (`Row`): each stands between the one before it and the server.
  case second, third
  /// Holds the two bridges that stand for the cables. Nothing runs here.
  case wire
}

/// The addresses of the bench. They are the same in every lab.
package enum Address {
  /// The gateway's first outside address.
  package static let gateway = "203.0.113.1"
  /// The external addresses that policies publish servers on.
  package static let external = "203.0.113.10"
  package static let external2 = "203.0.113.11"
  package static let external6 = "2001:db8:113::10"
  package static let external26 = "2001:db8:113::11"
  package static let client = "198.51.100.10"
  package static let client6 = "2001:db8:51::10"
  package static let stranger = "192.0.2.66"
  package static let stranger6 = "2001:db8:66::66"
  /// The gateway as the server sees it.
  package static let gatewayInside = "10.10.20.1"
  package static let gatewayInside6 = "2001:db8:20::1"
  package static let server = "10.10.20.200"
  package static let server2 = "10.10.20.201"
  package static let server6 = "2001:db8:20::200"
  /// An address of the server that is reachable from outside by plain routing.
  package static let routedServer = "203.0.113.130"
  package static let inside = "10.10.20.50"
  package static let inside6 = "2001:db8:20::50"
}

extension Lab {
  /// What a lab may differ in.
  package struct Options: Sendable {
    /// Whether client and stranger have a route to 10.0.0.0/8. Without it an address that leaks in a 227
    /// reply cannot work by plain routing.
    package var routesServerIPv4: Bool
    /// Whether client and stranger have a route to the server's IPv6 network.
    package var routesServerIPv6: Bool
    /// Gateways in a row, with addresses of their own, in the place of the one gateway.
    package var row: Row?

    package init(routesServerIPv4: Bool = false, routesServerIPv6: Bool = false) {
      self.routesServerIPv4 = routesServerIPv4
      self.routesServerIPv6 = routesServerIPv6
    }

    package init(row: Row) {
      self.init()
      self.row = row
    }
  }
}

/// The cables, addresses and routes as input of `ip -batch`.
struct Topology: Sendable {
  var options: Lab.Options
  /// Turns a host into the name of its namespace.
  var name: @Sendable (LabHost) -> String

  private var row: RowTopology? { options.row.map { RowTopology(row: $0, name: name) } }

  /// The machines that the lab has.
  var hosts: [LabHost] { row?.hosts ?? LabHost.allCases.filter { $0 != .second && $0 != .third } }

  /// Bridges and links. A host's link on the wire bears the host's name.
  var links: String {
    if let row { return row.links }
    let wire = name(.wire)
    let bridges = ["outside", "inside"].map {
      "link add br-\($0) netns \(wire) type bridge mcast_snooping 0"
    }
    let cables: [(String, String, LabHost)] = [
      ("gateway0", "eth0", .gateway), ("gateway1", "eth1", .gateway), ("server", "eth0", .server),
      ("client", "eth0", .client), ("stranger", "eth0", .stranger), ("inside", "eth0", .inside),
    ]
    let links = cables.map { "link add \($0) netns \(wire) type veth peer name \($1) netns \(name($2))" }
    return (bridges + links).joined(separator: "\n") + "\n"
  }

  /// Everything to be set within one host.
  func setup(of host: LabHost) -> String {
    if let row { return row.setup(of: host) }
    let lines: [String] =
      switch host {
      case .wire: wire
      case .second, .third: []
      case .gateway: gateway
      case .client: outsider(Address.client, Address.client6, via: "198.51.100.1", "2001:db8:51::1")
      case .stranger: outsider(Address.stranger, Address.stranger6, via: "192.0.2.1", "2001:db8:66::1")
      case .server:
        addresses(
          "eth0",
          [
            "\(Address.server)/24", "\(Address.server2)/24", "\(Address.routedServer)/28",
            "\(Address.server6)/64",
          ]) + defaults(via: Address.gatewayInside, Address.gatewayInside6)
      case .inside:
        addresses("eth0", ["\(Address.inside)/24", "\(Address.inside6)/64"])
          + defaults(via: Address.gatewayInside, Address.gatewayInside6)
      }
    return (["link set lo up"] + lines).joined(separator: "\n") + "\n"
  }

  private var wire: [String] {
    let bridges = ["link set br-outside up", "link set br-inside up"]
    let ports = ["gateway0", "client", "stranger"].map { "link set \($0) master br-outside up" }
    return bridges + ports + ["gateway1", "server", "inside"].map { "link set \($0) master br-inside up" }
  }

  private var gateway: [String] {
    addresses(
      "eth0",
      [
        "\(Address.gateway)/25", "\(Address.external)/25", "\(Address.external2)/25", "198.51.100.1/24",
        "192.0.2.1/24", "2001:db8:113::1/64", "\(Address.external6)/64", "\(Address.external26)/64",
        "2001:db8:51::1/64", "2001:db8:66::1/64",
      ])
      + addresses(
        "eth1", ["\(Address.gatewayInside)/24", "203.0.113.129/28", "\(Address.gatewayInside6)/64"])
  }

  private func outsider(_ address: String, _ address6: String, via: String, _ via6: String) -> [String] {
    var lines = addresses("eth0", ["\(address)/24", "\(address6)/64"]) + defaults(via: via, via6)
    if !options.routesServerIPv4 { lines.append("route add unreachable 10.0.0.0/8") }
    if !options.routesServerIPv6 { lines.append("route add unreachable 2001:db8:20::/64") }
    return lines
  }

  private func addresses(_ interface: String, _ all: [String]) -> [String] {
    ["link set \(interface) up"]
      + all.map { "address add \($0) dev \(interface)\($0.contains(":") ? " nodad" : "")" }
  }

  private func defaults(via: String, _ via6: String) -> [String] {
    ["route add default via \(via)", "route add default via \(via6)"]
  }
}
