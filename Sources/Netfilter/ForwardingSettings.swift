package import Addressing
import SystemPackage

/// Whether the kernel forwards packets between interfaces, in the network namespace of this process.
package struct ForwardingSettings: Hashable, Sendable {
  /// `net.ipv4.ip_forward`; `nil` when it cannot be read.
  package var ipv4: Bool?
  /// `net.ipv6.conf.all.forwarding`; `nil` when it cannot be read, for example without IPv6.
  package var ipv6: Bool?

  package init(ipv4: Bool?, ipv6: Bool?) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }

  /// What the kernel says now.
  package static func current() -> ForwardingSettings {
    ForwardingSettings(ipv4: read(name(.ipv4)), ipv6: read(name(.ipv6)))
  }

  package subscript(family: AddressFamily) -> Bool? { family == .ipv4 ? ipv4 : ipv6 }

  /// The name of a family's setting, as `sysctl` writes it.
  static func name(_ family: AddressFamily) -> String {
    family == .ipv4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding"
  }

  private static func read(_ name: String) -> Bool? {
    let path = FilePath("/proc/sys/" + name.split(separator: ".").joined(separator: "/"))
    guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return nil }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = try? bytes.withUnsafeMutableBytes { try file.read(into: $0) }
    guard let count, count > 0 else { return nil }
    return bytes.first != UInt8(ascii: "0")
  }
}
