import Addressing
package import FTPSession
import Glibc

/// The interfaces, addresses and routes of the network namespace of this process, for judging the rules that run there.
package enum HostNetwork {
  /// What the kernel says now. Routes are those of the main table; without a default route the first interface stands for it.
  package static func current() -> Network {
    var interfaces = addresses()
    var outside: String?
    for route in ipv4Routes() + ipv6Routes() {
      if route.prefix.length == 0 {
        if route.interface != "lo" { outside = outside ?? route.interface }
        continue
      }
      if let index = interfaces.firstIndex(where: { $0.name == route.interface }),
        !interfaces[index].networks.contains(route.prefix)
      {
        interfaces[index].networks.append(route.prefix)
      }
    }
    let forwarding = ForwardingSettings.current()
    var network = Network(
      interfaces: interfaces, outside: outside ?? interfaces.first { $0.name != "lo" }?.name ?? "lo",
      forwards: Set(AddressFamily.allCases.filter { forwarding[$0] ?? true }))
    network.links = HostLinks.current()
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
  }

  /// Every interface with its addresses and the networks that they are in, in the order of the kernel.
  private static func addresses() -> [Network.Interface] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var interfaces: [Network.Interface] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      let name = String(cString: entry.ifa_name)
      let index = interfaces.firstIndex { $0.name == name } ?? interfaces.count
      if index == interfaces.count { interfaces.append(Network.Interface(name)) }
      guard let address = entry.ifa_addr.flatMap(address), address.scope != .linkLocal else { continue }
      interfaces[index].addresses.append(address)
      let mask = entry.ifa_netmask.flatMap { self.address($0) }
      if let mask, let prefix = Prefix(address, length: mask.value.nonzeroBitCount)?.canonical,
        !interfaces[index].networks.contains(prefix)
      {
        interfaces[index].networks.append(prefix)
      }
    }
    return interfaces
  }

  private static func address(_ pointer: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
    var bytes: [UInt8]
    let family: AddressFamily
    switch Int32(pointer.pointee.sa_family) {
    case AF_INET:
      family = .ipv4
      bytes = pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
        withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) }
      }
    case AF_INET6:
      family = .ipv6
      bytes = pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
        withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
      }
    default: return nil
    }
    return IPAddress(family: family, value: bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
  }

  /// `/proc/net/route`: numbers as the machine has them in memory.
  private static func ipv4Routes() -> [Route] {
    lines("/proc/net/route").dropFirst().compactMap { fields in
      guard fields.count > 7, let destination = UInt32(fields[1], radix: 16), let mask = UInt32(fields[7], radix: 16),
        let address = IPAddress(family: .ipv4, value: UInt128(destination.byteSwapped)),
        let prefix = Prefix(address, length: mask.nonzeroBitCount)
      else { return nil }
      return Route(prefix: prefix, interface: String(fields[0]))
    }
  }

  /// `/proc/net/ipv6_route`: numbers as they are on the wire.
  private static func ipv6Routes() -> [Route] {
    lines("/proc/net/ipv6_route").compactMap { fields in
      guard fields.count > 9, let destination = UInt128(fields[0], radix: 16), let length = Int(fields[1], radix: 16),
        let address = IPAddress(family: .ipv6, value: destination), address.scope != .linkLocal,
        address.scope != .multicast, let prefix = Prefix(address, length: length)
      else { return nil }
      return Route(prefix: prefix, interface: String(fields[9]))
    }
  }

  private static func lines(_ path: String) -> [[Substring]] {
    String(decoding: read(path), as: UTF8.self).split(separator: "\n").map {
      $0.split(whereSeparator: \.isWhitespace)
    }
  }

  /// The bytes of a file of the kernel; empty when it cannot be read.
  private static func read(_ path: String) -> [UInt8] {
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
