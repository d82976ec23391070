import FTPSession
import Glibc

/// Types, addresses and groups of the interfaces of the network namespace of this process.
enum HostLinks {
  static func current() -> [String: Link] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [:] }
    defer { freeifaddrs(list) }
    var links: [String: Link] = [:]
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard let address = entry.ifa_addr, Int32(address.pointee.sa_family) == AF_PACKET else { continue }
      let name = String(cString: entry.ifa_name)
      // `struct sockaddr_ll`: index at 4, type at 8, length of the address at 11, the address from 12 on.
      let bytes = UnsafeRawBufferPointer(start: UnsafeRawPointer(address), count: 20)
      let hardware = bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
      let index = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
      let count = min(Int(bytes[11]), 8)
      let digits = bytes[12..<(12 + count)].map { byte in
        let text = String(byte, radix: 16)
        return byte < 16 ? "0\(text)" : text
      }
      links[name] = Link(
        hardware: hardware, address: count == 6 ? digits.joined(separator: ":") : nil,
        group: group(name, index: index))
    }
    return links
  }

  /// From sysfs, which may be that of another network namespace: the index tells.
  private static func group(_ name: String, index: UInt32) -> UInt32? {
    guard number("/sys/class/net/\(name)/ifindex") == index else { return nil }
    return number("/sys/class/net/\(name)/netdev_group")
  }

  private static func number(_ path: String) -> UInt32? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = fread(&buffer, 1, buffer.count, file)
    return UInt32(String(decoding: buffer.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self))
  }
}
