import Addressing
import FTPSession
import Foundation
import LiveSupport

/// The bench of `Tests/LiveSupport` as the model sees it.
enum BenchNetwork {
  /// Client addresses that every place has besides its first, so that sessions side by side have one each: the kernel
  /// keeps apart expectations of different clients.
  static let clientsPerPlace = 60

  static func ip(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(IPv4Address(0)) }

  static func prefix(_ text: String, _ length: Int) -> Prefix {
    Prefix(ip(text), length: length) ?? Prefix(ip(text))
  }

  static let network: Network = {
    var network = plainNetwork
    for name in ["eth0", "eth1"] { network.links[name] = Link(hardware: 1, group: 0) }
    return network
  }()

  private static let plainNetwork = Network(
    interfaces: [
      Network.Interface(
        "eth0",
        addresses: [
          Address.gateway, Address.external, Address.external2, "198.51.100.1", "192.0.2.1", "2001:db8:113::1",
          Address.external6, Address.external26, "2001:db8:51::1", "2001:db8:66::1",
        ].map(ip),
        networks: [
          prefix("203.0.113.0", 25), prefix("198.51.100.0", 24), prefix("192.0.2.0", 24),
          prefix("2001:db8:113::", 64),
          prefix("2001:db8:51::", 64), prefix("2001:db8:66::", 64),
        ]),
      Network.Interface(
        "eth1", addresses: [Address.gatewayInside, "203.0.113.129", Address.gatewayInside6, routedGateway6].map(ip),
        networks: insideNetworks),
    ], outside: "eth0")

  private static let insideNetworks = [
    prefix("10.10.20.0", 24), prefix("203.0.113.128", 28), prefix("2001:db8:20::", 64), prefix("2001:db8:21::", 64),
  ]
  /// The gateway in the network of servers that are reached by plain routing, which the lab has of IPv4 alone.
  static let routedGateway6 = "2001:db8:21::129"
  /// Their `number`th address, from 0.
  static func routedServer(_ number: Int, _ family: AddressFamily) -> String {
    family == .ipv4 ? "203.0.113.\(130 + number)" : "2001:db8:21::\(130 + number)"
  }
  private static let hidden = [prefix("10.0.0.0", 8), prefix("2001:db8:20::", 64)]

  /// The `number`th address of a client, from 0.
  static func clientAddress(_ host: LabHost, _ number: Int, _ family: AddressFamily) -> String {
    switch (host, family) {
    case (.stranger, .ipv4): "192.0.2.\(66 + number)"
    case (.stranger, .ipv6): "2001:db8:66::\(66 + number)"
    case (.inside, .ipv4): "10.10.20.\(50 + number)"
    case (.inside, .ipv6): "2001:db8:20::\(50 + number)"
    case (_, .ipv4): "198.51.100.\(10 + number)"
    case (_, .ipv6): "2001:db8:51::\(10 + number)"
    }
  }

  static func client(_ host: LabHost, _ address: String) -> Party {
    switch host {
    case .gateway: .gateway([ip(address)])
    case .server: .host(Host([ip(address)], behind: "eth1", neighbours: insideNetworks))
    // It has no address in the network of routed servers, and so reaches them through the gateway.
    case .inside:
      .host(Host([ip(address)], behind: "eth1", neighbours: [prefix("10.10.20.0", 24), prefix("2001:db8:20::", 64)]))
    default: .host(Host([ip(address)], behind: "eth0", unreachable: hidden))
    }
  }

  static func server(_ addresses: [String]) -> Party {
    .host(Host(addresses.map(ip), behind: "eth1", neighbours: insideNetworks))
  }

  /// Gives clients the addresses that sessions side by side need, and the server those of a second one.
  static func prepare(_ lab: Lab) async throws {
    for host in [LabHost.client, .stranger, .inside] {
      let lines = (1..<clientsPerPlace).flatMap { number in
        [
          "address add \(clientAddress(host, number, .ipv4))/24 dev eth0",
          "address add \(clientAddress(host, number, .ipv6))/64 dev eth0 nodad",
        ]
      }
      let result = try await lab.run(["ip", "-batch", "-"], on: host, input: lines.joined(separator: "\n") + "\n")
      guard result.succeeded else { throw LabError(result.errorText) }
    }
    // A host that gets an ICMP redirect goes another way from then on, which depends on what came before.
    let names = ["all", "eth1"].map { "net.ipv4.conf.\($0).send_redirects=0" }
    guard try await lab.run(["sysctl", "-qw"] + names, on: .gateway).succeeded else { throw LabError("sysctl fails") }
    let more =
      ["2001:db8:20::201/64", "\(routedServer(1, .ipv4))/28"] + (0...1).map { "\(routedServer($0, .ipv6))/64" }
    for (host, interface, addresses) in [
      (LabHost.server, "eth0", more), (.gateway, "eth1", ["\(routedGateway6)/64"]),
    ] {
      let lines = addresses.map { "address add \($0) dev \(interface)\($0.contains(":") ? " nodad" : "")\n" }
      let result = try await lab.run(["ip", "-batch", "-"], on: host, input: lines.joined())
      guard result.succeeded else { throw LabError(result.errorText) }
    }
  }
}
