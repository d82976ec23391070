package import Addressing
import Glibc

/// The interfaces and addresses of a machine.
package struct Machine: Sendable {
  /// A network interface.
  package struct Link: Hashable, Sendable {
    package var index: Int32
    package var name: String
    /// Other names of it (`ip link property add altname`), which rules do not match.
    package var alternativeNames: [String] = []
    package var isUp = true
    /// Whether it can send: its cable is plugged in, or what stands for one.
    package var hasCarrier = true
    /// Whether IPv4 packets that come in there are passed on (`net.ipv4.conf.IFACE.forwarding`); `nil` when nobody
    /// says.
    package var forwardsIPv4: Bool?
    /// Its type, `ARPHRD_ETHER` (1) and others of the kernel's if_arp.h.
    package var hardware: UInt16?
    /// Its own address on the link, for example `00:11:22:33:44:55`; `nil` where it has none of that form.
    package var linkAddress: String?
    /// Its group (`ip link set dev eth0 group 7`).
    package var group: UInt32?
    /// Whether machines there ask for each other's link address.
    package var asksForNeighbours = false
    /// Whether it is an Ethernet on which ARP is switched off, although machines there need link addresses.
    package var isSilent = false
    /// Bytes of a packet at most.
    package var mtu: UInt32?
    /// What kind of virtual interface it is, for example `veth`, `vrf`, `wireguard`; empty for hardware.
    package var kind = ""
    /// The interface that it belongs to: a bridge, a bond, a VRF.
    package var master: Int32?
    /// The device below it, that of a VLAN for example; `nil` for one in another network namespace.
    package var lower: Int32?
    /// The families whose rules see what it passes on as a bridge (`br_netfilter`).
    package var filtersBridged: Set<AddressFamily> = []

    package init(index: Int32, name: String) {
      self.index = index
      self.name = name
    }
  }

  /// An address of the machine.
  package struct Address: Hashable, Sendable {
    package var address: IPAddress
    package var network: Prefix
    /// The index of its interface.
    package var link: Int32

    package init(_ address: IPAddress, network: Prefix, link: Int32) {
      self.address = address
      self.network = network
      self.link = link
    }
  }

  /// In the order of the kernel.
  package var links: [Link]
  package var addresses: [Address]
  /// Whether packets to an address come to a program here although no interface has it: a route of type local, or a
  /// setting that lets servers wait for an address that comes later (`net.ipv4.ip_nonlocal_bind`).
  package var expects: @Sendable (IPAddress) -> Expectation

  /// Whether an interface answers questions for an address that the machine does not have (proxy ARP, NDP).
  package var answersForOthers: @Sendable (IPAddress, _ link: Int32) -> Bool = { _, _ in false }

  /// Why an address that no interface has may be right.
  package enum Expectation: Hashable, Sendable {
    case nothing
    /// Routes bring its packets to programs here.
    case local
    /// Servers may wait for it.
    case later
  }

  package init(
    links: [Link], addresses: [Address], expects: @escaping @Sendable (IPAddress) -> Expectation = { _ in .nothing }
  ) {
    self.links = links
    self.addresses = addresses
    self.expects = expects
  }

  package func link(named name: String) -> Link? { links.first { $0.name == name } }
  package func link(_ index: Int32) -> Link? { links.first { $0.index == index } }

  /// Whether an interface has the address.
  package func has(_ address: IPAddress) -> Bool { addresses.contains { $0.address == address } }
}

extension Machine {
  /// What the kernel says now; `nil` when it does not.
  package static func current() -> Machine? {
    guard let links = currentLinks(), let addresses = currentAddresses() else { return nil }
    var machine = Machine(links: links, addresses: addresses) { address in
      if case .messages(let found) = Netlink.ask(.getRoute, RouteRequest(to: address).bytes),
        found.first?.number(at: 7, as: UInt8.self) == RouteType.local.rawValue
      {
        return .local
      }
      let setting = address.family == .ipv4 ? "net.ipv4.ip_nonlocal_bind" : "net.ipv6.ip_nonlocal_bind"
      return KernelSetting.number(setting) ?? 0 != 0 ? .later : .nothing
    }
    let proxies = Neighbour.proxies()
    let names = Dictionary(links.map { ($0.index, $0.name) }, uniquingKeysWith: { $1 })
    machine.answersForOthers = { address, link in
      if proxies.contains(Neighbour(address: address, link: link)) { return true }
      guard address.family == .ipv4, let name = names[link] else { return false }
      return ["all", name].contains { KernelSetting.number("proxy_arp", of: $0, .ipv4) ?? 0 != 0 }
    }
    return machine
  }

  private static func currentLinks() -> [Link]? {
    var body = NetlinkBytes()
    for _ in 0..<4 { body.append(UInt32(0)) }
    // IFLA_EXT_MASK: without counters (RTEXT_FILTER_SKIP_STATS).
    body.attribute(29, UInt32(8))
    return Netlink.list(.getLink, body.bytes)?.map { message in
      let attributes = message.attributes(after: 16)
      let flags = message.number(at: 8, as: UInt32.self)
      var link = Link(index: message.number(at: 4, as: Int32.self), name: attributes[3]?.text ?? "")
      link.isUp = flags & 1 != 0
      // IFF_UP above; IFF_LOWER_UP
      link.hasCarrier = flags & 0x10000 != 0
      link.hardware = message.number(at: 2, as: UInt16.self)
      // IFLA_ADDRESS; IFLA_GROUP
      link.linkAddress = attributes[1].flatMap { $0.linkAddress }
      link.group = attributes[27].map { $0.number(at: 0, as: UInt32.self) }
      // Neither IFF_LOOPBACK nor IFF_NOARP (`arp_constructor` in arp.c, `ndisc_constructor` in ndisc.c), of Ethernet
      // alone.
      link.asksForNeighbours = link.hardware == 1 && flags & 0x88 == 0
      link.master = attributes[10].map { $0.number(at: 0, as: Int32.self) }
      let information = attributes[18].map { NetlinkMessage.list($0) } ?? []
      link.kind = information.first { $0.number == 1 }?.content.text ?? ""
      // IFF_NOARP; kinds that need no link addresses have it of themselves (`ipvlan` in mode l3, `vrf`, `dummy`).
      link.isSilent =
        link.hardware == 1 && flags & 0x88 == 0x80 && Self.wires.contains(link.kind)
        && !isModem(link.name)
      // IFLA_MTU
      link.mtu = attributes[4].map { $0.number(at: 0, as: UInt32.self) }
      // IFLA_LINK, without IFLA_LINK_NETNSID; of a pair of veth it is the other end.
      if attributes[37] == nil, link.kind != "veth" {
        link.lower = attributes[5].map { $0.number(at: 0, as: Int32.self) }
      }
      link.filtersBridged = bridged(link.kind, information)
      // IFLA_PROP_LIST, in it IFLA_ALT_IFNAME
      link.alternativeNames = (attributes[52].map { NetlinkMessage.list($0) } ?? []).filter { $0.number == 53 }
        .map(\.content.text)
      link.forwardsIPv4 = KernelSetting.number("forwarding", of: link.name, .ipv4).map { $0 != 0 }
      return link
    }
  }

  /// Kinds of interfaces that are as an Ethernet card is; a card itself has none.
  private static let wires: Set<String> = [
    "", "veth", "bridge", "bond", "team", "vlan", "macvlan", "macvtap", "gretap", "ip6gretap", "geneve",
  ]

  /// Whether an interface is that of a mobile modem, which needs no link addresses (`DEVTYPE` of its driver's
  /// `wwan_type`).
  private static func isModem(_ name: String) -> Bool {
    let event = String(decoding: HostNetwork.read("/sys/class/net/\(name)/uevent"), as: UTF8.self)
    return event.split(separator: "\n").contains("DEVTYPE=wwan")
  }

  /// IFLA_INFO_DATA of a bridge: IFLA_BR_NF_CALL_IPTABLES, IFLA_BR_NF_CALL_IP6TABLES; or the settings for all bridges.
  private static func bridged(
    _ kind: String, _ information: [(number: UInt16, content: ArraySlice<UInt8>)]
  ) -> Set<AddressFamily> {
    guard kind == "bridge" else { return [] }
    let data = information.first { $0.number == 2 }.map { NetlinkMessage.list($0.content) } ?? []
    return Set(
      AddressFamily.allCases.filter { family in
        let number: UInt16 = family == .ipv4 ? 36 : 37
        let setting = "net.bridge.bridge-nf-call-ip\(family == .ipv4 ? "" : "6")tables"
        return data.contains { $0.number == number && $0.content.first ?? 0 != 0 }
          || KernelSetting.number(setting) ?? 0 != 0
      })
  }

  private static func currentAddresses() -> [Address]? {
    Netlink.list(.getAddress, [UInt8](repeating: 0, count: 8))?.compactMap { message in
      let attributes = message.attributes(after: 8)
      // IFA_LOCAL: of a link between two machines IFA_ADDRESS is the other end.
      guard let bytes = attributes[2] ?? attributes[1], let address = IPAddress(bytes: bytes) else { return nil }
      let flags = attributes[8]?.number(at: 0, as: UInt32.self) ?? 0
      // IFA_F_DADFAILED: another machine has it.
      guard flags & 8 == 0 else { return nil }
      let length = Int(message.number(at: 1, as: UInt8.self))
      let network = attributes[1].flatMap { IPAddress(bytes: $0) } ?? address
      return Address(
        address, network: Prefix(network, length: length)?.canonical ?? Prefix(address),
        link: message.number(at: 4, as: Int32.self))
    }
  }
}

extension IPAddress {
  /// An address as it is on the wire; `nil` unless it has 4 or 16 bytes.
  init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.init(family: bytes.count == 4 ? .ipv4 : .ipv6, value: bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
  }

  /// The address as it is on the wire.
  var bytes: [UInt8] {
    stride(from: family == .ipv4 ? 24 : 120, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: value >> UInt128($0))
    }
  }
}

/// Settings of the kernel by their names in `sysctl`.
enum KernelSetting {
  /// The number of a setting; `nil` when it cannot be read.
  static func number(_ name: String) -> Int? {
    // Names of interfaces may have dots, which stand as slashes in such names (sysctl(8)).
    let path = name.map { $0 == "." ? "/" : $0 == "/" ? "." : String($0) }.joined()
    guard let file = fopen("/proc/sys/" + path, "r") else { return nil }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = fread(&buffer, 1, buffer.count, file)
    return Int(String(decoding: buffer.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self))
  }

  /// The number of a setting of an interface, `net.ipv4.conf.IFACE.NAME`.
  static func number(_ name: String, of interface: String, _ family: AddressFamily) -> Int? {
    number("net.\(family == .ipv4 ? "ipv4" : "ipv6").conf.\(interface.replacing(".", with: "/")).\(name)")
  }
}
