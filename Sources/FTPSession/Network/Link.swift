package import Addressing

/// What is known of an interface besides addresses.
package struct Link: Hashable, Sendable {
  /// Its type, `ARPHRD_ETHER` (1) and others of the kernel's if_arp.h; `nil` when it is not known.
  package var hardware: UInt16?
  /// Its own address, for example `00:11:22:33:44:55`.
  package var address: String?
  /// Its group (`ip link set dev eth0 group 7`).
  package var group: UInt32?
  /// Whether machines there have to ask for each other's link address, by ARP and neighbour discovery; on a link
  /// between two machines nobody asks.
  package var asksForNeighbours = false
  /// Whether it is an Ethernet on which ARP is switched off (`ip link set eth0 arp off`): nobody asks and nobody
  /// answers, although machines there need each other's link address.
  package var isSilent = false
  /// Bytes of a packet at most; `nil` where that is not known.
  package var mtu: UInt32?
  /// The devices by one of which its packets come and go: ports of a bridge or bond, the device of a VLAN.
  package var lowers: [String] = []
  package var isBridge = false
  /// Whether its packets have the tag of a VLAN on the device below it.
  package var isTagged = false
  /// The families whose rules see what a bridge passes on between its ports (`br_netfilter`).
  package var filtersBridged: Set<AddressFamily> = []

  package init(hardware: UInt16? = nil, address: String? = nil, group: UInt32? = nil) {
    self.hardware = hardware
    self.address = address
    self.group = group
  }

  fileprivate static let loopback = Link(hardware: 772, address: "00:00:00:00:00:00", group: 0)
}

extension Network {
  /// What is known of an interface; `nil` for nothing.
  func link(of interface: String) -> Link? { links[interface] ?? (interface == "lo" ? .loopback : nil) }
}

extension Network {
  /// Why segments of usual size may not leave by an interface; `nil` where nothing speaks for it. Below 576 bytes hosts
  /// stop making smaller segments (`ip_rt_min_pmtu` in the kernel's route.c), and IPv6 needs 1280 (RFC 8200 section 5).
  func doubt(aboutSizeOn interface: String, _ family: AddressFamily) -> String? {
    guard let mtu = link(of: interface)?.mtu, mtu < (family == .ipv4 ? 576 : 1280) else { return nil }
    return
      "the MTU of \(interface) is \(mtu), and whether segments get through depends on what their senders make of ICMP "
      + "(fragmentation needed); a transfer of a file shows it"
  }
}
