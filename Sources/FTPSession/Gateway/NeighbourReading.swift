import Addressing
import Nftables

/// What rules read of messages by which neighbours find each other. Measured on Linux 6.18.
extension PacketView {
  /// How the packet is addressed on the link, as `meta pkttype` counts: to this host, to all, to a group
  /// (`PACKET_HOST`...).
  var packetType: UInt128 {
    guard let message = packet.neighbourMessage, message.isQuestion, input != nil else { return 0 }
    return message.isARP ? 1 : 2
  }

  /// The value of an expression; `nil` for one that is put together from others.
  func read(_ operand: Operand, of message: NeighbourMessage, _ network: Network) -> Reading? {
    switch operand {
    case .address(let family, let isSource):
      return message.isARP || family == .ipv4 ? .absent : address(isSource, message)
    case .port, .tcpFlags, .otherHeader, .tuple: return .absent
    case .nextProtocol(let family): return message.isARP || family == .ipv4 ? .absent : .value(.number(58))
    case .meta(let key): return read(key, of: message)
    // Connection tracking leaves it alone (`nf_conntrack_icmpv6_error`), and so nothing but the state is there.
    case .connection where isBridged: return nil
    case .connection(.state): return message.isARP ? .value(.number(1)) : nil
    case .connection: return .absent
    case .route(let isSource, let isType, let matchesInput):
      return message.isARP ? .absent : route(isSource, isType, matchesInput, message)
    case .field(let name): return read(field: name, of: message, network)
    case .constant, .oneOf, .masked, .computed, .moved, .combination, .mapped, .unknown: return nil
    }
  }

  private func read(_ key: Operand.Meta, of message: NeighbourMessage) -> Reading? {
    switch key {
    case .l4proto: message.isARP ? .absent : .value(.number(58))
    case .protocol where message.isARP: .value(.number(0x0806))
    // `NFPROTO_ARP`
    case .nfproto where message.isARP: .value(.number(3))
    default: nil
    }
  }

  private func address(_ isSource: Bool, _ message: NeighbourMessage) -> Reading {
    if isSource {
      guard message.isFromLinkLocal else { return .value(.number(packet.tuple.source.value)) }
      return .oneOf(IPAddress.linkLocals, "the link-local address of a neighbour")
    }
    guard message.isToLinkLocal else { return .value(.number(packet.tuple.destination.value)) }
    return .oneOf(
      message.isQuestion ? IPAddress.solicitedNodes : IPAddress.linkLocals, "a link-local address of the machine")
  }

  /// Questions go to a group, answers to the one who asked.
  private func route(
    _ isSource: Bool, _ isType: Bool, _ matchesInput: Bool, _ message: NeighbourMessage
  ) -> Reading? {
    if !isSource {
      guard isType else { return .unknown("fib daddr of a message between neighbours") }
      if message.isQuestion { return .value(.word("multicast")) }
      return .value(.word(input == nil ? "unicast" : "local"))
    }
    guard message.isFromLinkLocal else { return nil }
    if isType { return .value(.word(input == nil ? "local" : "unicast")) }
    guard matchesInput, let input else { return .unknown("fib saddr of a link-local address") }
    return .value(.word(input))
  }

  private func read(field name: String, of message: NeighbourMessage, _ network: Network) -> Reading {
    if let changed = changed[name] { return changed.map { .value(.number($0)) } ?? .unknown(name) }
    switch name.prefix(while: { $0 != " " }) {
    case "ether": return ether(name, message, network)
    case "meta": return meta(name, network)
    case "arp": return message.isARP ? arp(name, message, network) : .absent
    case "icmpv6": return message.isARP ? .absent : discovery(name, message)
    case "ip6": return message.isARP ? .absent : internet(name)
    case "exthdr": return message.isARP ? .absent : .value(.number(0))
    case "ip", "tcp", "ct", "vlan": return .absent
    default: return .unknown(name)
    }
  }

  private func internet(_ name: String) -> Reading {
    switch name {
    case "ip6 hoplimit": .value(.number(255))
    case "ip6 version": .value(.number(6))
    case "ip6 length": .value(.number(32))
    case "ip6 dscp", "ip6 ecn", "ip6 flowlabel": .value(.number(0))
    default: .unknown(name)
    }
  }

  private func discovery(_ name: String, _ message: NeighbourMessage) -> Reading {
    switch name {
    case "icmpv6 type": .value(.number(message.type))
    case "icmpv6 code": .value(.number(0))
    case "icmpv6 taddr": .value(.number(message.target.value))
    default: .unknown(name)
    }
  }

  private func arp(_ name: String, _ message: NeighbourMessage, _ network: Network) -> Reading {
    switch name {
    case "arp operation": .value(.number(message.type))
    case "arp htype": .value(.number(1))
    case "arp ptype": .value(.number(0x0800))
    case "arp hlen": .value(.number(6))
    case "arp plen": .value(.number(4))
    case "arp saddr ip": .value(.number(packet.tuple.source.value))
    case "arp daddr ip": .value(.number(packet.tuple.destination.value))
    case "arp saddr ether": ether("ether saddr", message, network)
    default: .unknown(name)
    }
  }

  private func ether(_ name: String, _ message: NeighbourMessage, _ network: Network) -> Reading {
    if name == "ether type" { return .value(.number(message.isARP ? 0x0806 : 0x86DD)) }
    if input == nil, hook != .egress { return message.isARP ? .unknown(name) : .absent }
    if name == "ether saddr" {
      let known = input == nil ? output.flatMap { network.link(of: $0)?.address } : senderLinkAddress(network)
      return known.map { .value(.word($0)) } ?? .unknown("\(name), and the neighbour is not known")
    }
    if name == "ether daddr", message.isQuestion, message.isARP { return .value(.word("ff:ff:ff:ff:ff:ff")) }
    return .unknown(name)
  }
}
