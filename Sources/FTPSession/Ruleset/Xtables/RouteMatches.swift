import Addressing
import Nftables

/// Matches that ask the routing table.
extension ExtensionMatch {
  /// The bits of `XT_ADDRTYPE_*` in `linux/netfilter/xt_addrtype.h`.
  private enum Kind {
    static let unspecified: UInt16 = 1
    static let unicast: UInt16 = 2
    static let local: UInt16 = 4
    static let multicast: UInt16 = 32
    static let lookedUp: UInt16 = 4 | 16 | 64 | 128 | 256
    static let names: [(UInt16, String)] = [
      (1, "UNSPEC"), (2, "UNICAST"), (4, "LOCAL"), (8, "BROADCAST"), (16, "ANYCAST"), (32, "MULTICAST"),
      (64, "BLACKHOLE"), (128, "UNREACHABLE"), (256, "PROHIBIT"), (512, "THROW"), (1024, "NAT"), (2048, "XRESOLVE"),
    ]
  }

  /// `addrtype_mt_v0`, `addrtype_mt_v1` and `addrtype_mt6` in xt_addrtype.c.
  @Sendable static func addressType(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let info = arguments.info
    guard arguments.revision < 2, let source = info.u16(0), let destination = info.u16(2), var flags = info.u32(4)
    else {
      return nil
    }
    if arguments.revision == 0 {
      guard let inverse = info.u32(8) else { return nil }
      flags = (flags != 0 ? 1 : 0) | (inverse != 0 ? 2 : 0)
    }
    var words = "-m addrtype"
    if source != 0 { words += "\(flags & 1 != 0 ? " !" : "") --src-type \(names(source, Kind.names))" }
    if destination != 0 { words += "\(flags & 2 != 0 ? " !" : "") --dst-type \(names(destination, Kind.names))" }
    if flags & 4 != 0 { words += " --limit-iface-in" }
    if flags & 8 != 0 { words += " --limit-iface-out" }
    let known = flags
    return ExtensionMatch(words) { context in
      var interface: String?
      if known & 4 != 0 { interface = context.view.input }
      if known & 8 != 0 { interface = context.view.output }
      if source != 0, fits(context.tuple.source, source, interface, context.network) == (known & 1 != 0) {
        return .no
      }
      if destination != 0,
        fits(context.tuple.destination, destination, interface, context.network) == (known & 2 != 0)
      {
        return .no
      }
      return .yes
    }
  }

  private static func fits(_ address: IPAddress, _ wanted: UInt16, _ interface: String?, _ network: Network) -> Bool {
    let type = network.routing?.lookUp(address, on: interface).type
    let isLocal = type.map { $0 == "local" } ?? isLocal(address, on: interface, network)
    guard address.family == .ipv6 else {
      if address.value >> 28 == 14 { return wanted & Kind.multicast != 0 }
      guard let type else { return wanted & (isLocal ? Kind.local : Kind.unicast) != 0 }
      // Where no route says otherwise an address is unicast (`__inet_dev_addr_type`).
      let bit = Kind.names.first { $0.1.lowercased() == type }?.0 ?? Kind.unicast
      return wanted & bit != 0
    }
    // The type of the address itself, and what the routing table says where it is asked (`match_type6`).
    let isMulticast = address.value >> 120 == 0xFF
    if wanted & Kind.multicast != 0, !isMulticast { return false }
    if wanted & Kind.unicast != 0, isMulticast || address.value == 0 { return false }
    if wanted & Kind.unspecified != 0, address.value != 0 { return false }
    return wanted & Kind.lookedUp == 0 || (wanted & Kind.local != 0 && isLocal)
  }

  /// Whether an address is the machine's own; one of another interface does not count where one is named
  /// (`inet_dev_addr_type`).
  private static func isLocal(_ address: IPAddress, on interface: String?, _ network: Network) -> Bool {
    guard network.isLocal(address) else { return false }
    guard let interface else { return true }
    if address.scope == .loopback { return interface == "lo" }
    return network.interfaces.contains { $0.name == interface && $0.addresses.contains(address) }
  }

  /// `rpfilter_mt` in ipt_rpfilter.c and ip6t_rpfilter.c: whether the answer would leave where the packet came in.
  @Sendable static func reversePath(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let flags = arguments.info.u8(0) else { return nil }
    let options: [(UInt8, String)] = [(1, "--loose"), (2, "--validmark"), (4, "--accept-local"), (8, "--invert")]
    let words = "-m rpfilter" + options.filter { flags & $0.0 != 0 }.map { " \($0.1)" }.joined()
    let isInverse = flags & 8 != 0
    return ExtensionMatch(words) { context in
      guard let input = context.view.input, input != "lo" else { return Answer(!isInverse) }
      let source = context.tuple.source
      // Looked for on the interface alone (`rpfilter_lookup_reverse6`).
      if source.scope == .linkLocal { return Answer(!isInverse) }
      if context.network.isLocal(source) { return Answer((flags & 4 != 0) != isInverse) }
      let isRight = flags & 1 != 0 || context.network.interface(leadingTo: source) == input
      return Answer(isRight != isInverse)
    }
  }
}
