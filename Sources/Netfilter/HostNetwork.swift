import Addressing
package import FTPSession
import Glibc

/// The interfaces, addresses and routes of the network namespace of this process, for judging the rules that run there.
package enum HostNetwork {
  /// What the kernel says now. Without a default route the first interface stands for it.
  ///
  /// - Parameter machine: This one.
  static func network(of machine: Machine) -> Network {
    var interfaces = machine.links.map { Network.Interface($0, of: machine) }
    var outside: String?
    for route in ipv4Routes() + ipv6Routes() {
      if route.prefix.length == 0 {
        if route.interface != "lo" { outside = outside ?? route.interface }
        continue
      }
      if !route.hasGateway, let index = interfaces.firstIndex(where: { $0.name == route.interface }),
        !interfaces[index].networks.contains(route.prefix)
      {
        interfaces[index].networks.append(route.prefix)
      }
    }
    let forwarding = ForwardingSettings.current()
    var network = Network(
      interfaces: interfaces, outside: outside ?? interfaces.first { $0.name != "lo" }?.name ?? "lo",
      forwards: Set(AddressFamily.allCases.filter { forwarding[$0] ?? true }), routing: KernelRoutes(machine))
    network.transforms = PacketTransform.current()
    for link in machine.links {
      var known = FTPSession.Link(hardware: link.hardware, address: link.linkAddress, group: link.group)
      known.asksForNeighbours = link.asksForNeighbours
      known.isSilent = link.isSilent
      known.mtu = link.mtu
      known.lowers = machine.lowers(of: link).map(\.name)
      known.isBridge = link.kind == "bridge"
      known.isTagged = link.kind == "vlan"
      known.filtersBridged = link.filtersBridged
      network.links[link.name] = known
    }
    return network
  }

  /// Module parameters of the FTP helper.
  package static func kernelTraits() -> KernelTraits {
    var traits = KernelTraits()
    traits.isLoose = read("/sys/module/nf_conntrack_ftp/parameters/loose").first == UInt8(ascii: "Y")
    return traits
  }

  private struct Route {
    var prefix: Prefix
    var interface: String
    var hasGateway: Bool
  }

  /// `/proc/net/route`: numbers as the machine has them in memory.
  private static func ipv4Routes() -> [Route] {
    lines("/proc/net/route").dropFirst().compactMap { fields in
      guard fields.count > 7, let destination = UInt32(fields[1], radix: 16), let mask = UInt32(fields[7], radix: 16),
        let address = IPAddress(family: .ipv4, value: UInt128(destination.byteSwapped)),
        let prefix = Prefix(address, length: mask.nonzeroBitCount)
      else { return nil }
      return Route(prefix: prefix, interface: String(fields[0]), hasGateway: UInt32(fields[2], radix: 16) != 0)
    }
  }

  /// `/proc/net/ipv6_route`: numbers as they are on the wire.
  private static func ipv6Routes() -> [Route] {
    lines("/proc/net/ipv6_route").compactMap { fields in
      guard fields.count > 9, let destination = UInt128(fields[0], radix: 16), let length = Int(fields[1], radix: 16),
        let address = IPAddress(family: .ipv6, value: destination), address.scope != .linkLocal,
        address.scope != .multicast, let prefix = Prefix(address, length: length)
      else { return nil }
      return Route(prefix: prefix, interface: String(fields[9]), hasGateway: UInt128(fields[4], radix: 16) != 0)
    }
  }

  private static func lines(_ path: String) -> [[Substring]] {
    String(decoding: read(path), as: UTF8.self).split(separator: "\n").map {
      $0.split(whereSeparator: \.isWhitespace)
    }
  }

  /// The bytes of a file of the kernel; empty when it cannot be read.
  static func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { return all }
      all += buffer.prefix(count)
    }
  }
}

extension Machine {
  /// The devices by one of which packets of an interface come and go.
  fileprivate func lowers(of link: Link) -> [Link] {
    switch link.kind {
    case "bridge", "bond", "team": links.filter { $0.master == link.index }
    case "vlan", "macvlan", "macvtap", "ipvlan", "ipvtap": link.lower.flatMap { self.link($0) }.map { [$0] } ?? []
    default: []
    }
  }
}

extension Network.Interface {
  /// An interface of a machine with its addresses and their networks, those of one link (`fe80::/10`) left out.
  fileprivate init(_ link: Machine.Link, of machine: Machine) {
    self.init(link.name)
    tunnel = Self.tunnels.contains(link.kind) ? link.kind : nil
    for address in machine.addresses where address.link == link.index && address.address.scope != .linkLocal {
      addresses.append(address.address)
      if !networks.contains(address.network) { networks.append(address.network) }
    }
  }

  /// Kinds of interfaces whose packets travel inside others (`rtnl_link_ops` of the kernel).
  private static let tunnels: Set<String> = [
    "wireguard", "ipip", "sit", "gre", "ip6gre", "ip6tnl", "vti", "vti6", "xfrm", "tun", "ovpn", "amt",
  ]
}
