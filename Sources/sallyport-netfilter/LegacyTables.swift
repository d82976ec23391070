// SPDX-License-Identifier: GPL-2.0-only

import CNftables
import Glibc

/// The tables of iptables-legacy and ip6tables-legacy in this network namespace.
struct LegacyTables {
  /// After one another: a byte 4 or 6, `struct ipt_getinfo`, and its entries (`linux/netfilter_ipv4/ip_tables.h`).
  var content: [UInt8] = []
  /// `ip NAME` or `ip6 NAME`, a line for each table that exists and was not read.
  var unread: [UInt8] = []

  /// Reads the tables that exist. Asking for any other would make it.
  init() {
    read("/proc/net/ip_tables_names", AF_INET, SOL_IP, family: 4)
    read("/proc/net/ip6_tables_names", AF_INET6, Int32(IPPROTO_IPV6), family: 6)
  }

  private mutating func read(_ path: String, _ domain: Int32, _ level: Int32, family: UInt8) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      // For root alone: what may be there and is not read is not nothing.
      guard errno != ENOENT else { return }
      for name in ["raw", "mangle", "nat", "filter", "security"] {
        unread += Array("\(family == 4 ? "ip" : "ip6") \(name)\n".utf8)
      }
      return
    }
    defer { close(file) }
    let names = (readAll(file) ?? []).split(separator: 0x0A)
    guard !names.isEmpty else { return }
    // Any socket will do, and this one is for everybody: the kernel asks for CAP_NET_ADMIN.
    let descriptor = socket(domain, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { if descriptor >= 0 { close(descriptor) } }
    for name in names.map({ Array($0) }) {
      if descriptor >= 0, let table = Self.table(name, descriptor, level) {
        content += [family] + table
      } else {
        unread += Array((family == 4 ? "ip " : "ip6 ").utf8) + name + [0x0A]
      }
    }
  }

  private static func table(_ name: [UInt8], _ descriptor: Int32, _ level: Int32) -> [UInt8]? {
    guard name.count < nameLength else { return nil }
    let padded = name + [UInt8](repeating: 0, count: nameLength - name.count)
    // Another program may put another table in its place between the two questions.
    for _ in 0..<10 {
      var info = padded + [UInt8](repeating: 0, count: infoLength - nameLength)
      var length = socklen_t(info.count)
      guard getsockopt(descriptor, level, optionInfo, &info, &length) == 0 else { return nil }
      let size = info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: infoLength - 4, as: UInt32.self) }
      var entries = padded + withUnsafeBytes(of: size) { Array($0) } + [0, 0, 0, 0]
      entries += [UInt8](repeating: 0, count: Int(size))
      length = socklen_t(entries.count)
      guard getsockopt(descriptor, level, optionEntries, &entries, &length) == 0 else { continue }
      return info + entries.dropFirst(nameLength + 8)
    }
    return nil
  }

  private static let nameLength = 32
  /// Name, five numbers for hooks twice, a mask of hooks, a count and a size.
  private static let infoLength = 84
  /// IPT_SO_GET_INFO and IPT_SO_GET_ENTRIES; those of IPv6 have the same numbers.
  private static let optionInfo: Int32 = 64
  private static let optionEntries: Int32 = 65
}
