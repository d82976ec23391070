import Foundation

/// Settings below `/proc/sys/net` of the calling thread's network namespace.
enum KernelSettings {
  /// What must stand before the first interface of a host appears.
  static func prepare(_ host: LabHost) throws {
    // Duplicate address detection would hold every IPv6 address back for a second or two.
    for scope in ["all", "default"] { try set("ipv6/conf/\(scope)/accept_dad", "0") }
    if [.gateway, .second, .third].contains(host) {
      try set("ipv4/ip_forward", "1")
      try set("ipv6/conf/all/forwarding", "1")
    }
    if host == .wire {
      try set("ipv6/conf/default/disable_ipv6", "1")
      // Bridged packets must not meet a packet filter on the cable. The settings are there only where the
      // kernel could let them.
      for family in ["iptables", "ip6tables"] { try? set("bridge/bridge-nf-call-\(family)", "0") }
    }
  }

  private static func set(_ name: String, _ value: String) throws {
    let path = "/proc/sys/net/\(name)"
    guard let file = FileHandle(forWritingAtPath: path) else { throw LabError("cannot write \(path)") }
    try file.write(contentsOf: Data(value.utf8))
    try file.close()
  }
}
