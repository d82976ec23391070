import Addressing
import Nftables

/// Fields of headers, metadata and connections that matter to few rules, by the names that nft gives them.
///
/// Of the packets that are played some are known: they are those of usual hosts, without IP options, fragments, DSCP
/// and ECN. Of others the range is known, which is enough for most rules that ask for them.
enum KnownFields {
  /// Fields that a rule may change without disturbing a session.
  static let changeable: Set<String> = [
    "ip dscp", "ip ecn", "ip ttl", "ip id", "ip6 dscp", "ip6 ecn", "ip6 hoplimit", "ip6 flowlabel",
  ]

  static let segmentSize = "tcp option maxseg size"

  /// How constants that are compared with a field are read.
  static func domain(of name: String) -> Domain {
    switch name {
    case "ip dscp", "ip6 dscp": return .dscp
    case "ip ecn", "ip6 ecn": return .ecn
    case "meta iiftype", "meta oiftype": return .hardware
    case "meta iifgroup", "meta oifgroup": return .interfaceGroup
    case "ether type": return .etherType
    case "icmpv6 type": return .discoveryType
    case "arp operation": return .arpOperation
    case "arp ptype", "vlan type": return .etherType
    case "arp saddr ip", "arp daddr ip", "icmpv6 taddr": return .address
    case "arp saddr ether", "arp daddr ether": return .word
    case "ether saddr", "ether daddr", "meta iifkind", "meta oifkind", "meta sdifname": return .word
    case "ct label": return .label
    case "meta ipsec", "meta secpath": return .presence
    default:
      let words = name.split(separator: " ")
      let isPresence =
        words.first == "exthdr" ? words.count == 2 : words.dropFirst().first == "option" && words.count == 3
      return isPresence ? .presence : .number
    }
  }

  /// The length of a TCP segment with its headers in bytes; IPv6 headers are 20 bytes longer than those of IPv4.
  static func length(_ kind: Packet.Kind, _ family: AddressFamily) -> ClosedRange<UInt128> {
    let more: UInt128 = family == .ipv4 ? 0 : 20
    switch kind {
    case .syn, .synAck: return 44 + more...64 + more
    case .ack, .fin: return 40 + more...72 + more
    case .text(let text):
      let count = UInt128(text.utf8.count)
      return 40 + more + count...72 + more + count
    // Segments may come in one piece (GRO).
    case .opaque: return 41 + more...65535
    // With the link address of the sender as its only option.
    case .neighbour(let message): return message.isARP ? 28...46 : 72...72
    }
  }
}

extension PacketView {
  private var family: AddressFamily { packet.tuple.family }
  private var isSYN: Bool { packet.kind == .syn || packet.kind == .synAck }

  /// The value of a field.
  func read(field name: String, _ network: Network) -> Reading {
    let unknown = Reading.unknown(name)
    if name.hasPrefix("ip ") && family != .ipv4 || name.hasPrefix("ip6 ") && family != .ipv6 { return .absent }
    if let changed = changed[name] {
      if name == KnownFields.segmentSize && !isSYN { return .absent }
      guard let value = changed else { return unknown }
      // It never grows (`nft_exthdr_tcp_set_eval` in nft_exthdr.c).
      if name == KnownFields.segmentSize { return .oneOf(min(1220, value)...min(8960, value), name) }
      return .value(.number(value))
    }
    let kind = name.prefix { $0 != " " }
    switch kind {
    case "ip", "ip6": return name.hasPrefix("ip option ") ? option(name) : internet(name)
    case "tcp": return name.hasPrefix("tcp option ") ? option(tcp: name) : transport(name)
    case "exthdr": return family == .ipv6 ? option(name) : .absent
    case "ether": return ethernet(name, network)
    case "ct": return connectionField(name)
    case "meta": return meta(name, network)
    case "icmpv6", "arp", "vlan": return .absent
    default: return unknown
    }
  }

  private func internet(_ name: String) -> Reading {
    switch name {
    case "ip version": return .value(.number(4))
    case "ip6 version": return .value(.number(6))
    case "ip hdrlength": return .value(.number(5))
    // "Don't fragment" is set, as path MTU discovery wants it.
    case "ip frag-off": return .value(.number(0x4000))
    case "ip dscp", "ip6 dscp", "ip ecn", "ip6 ecn": return .value(.number(0))
    case "ip ttl", "ip6 hoplimit": return lifetime.map { .oneOf($0, name) } ?? .unknown(name)
    case "ip length": return .oneOf(KnownFields.length(packet.kind, .ipv4), name)
    case "ip6 length":
      let whole = KnownFields.length(packet.kind, .ipv6)
      return .oneOf(whole.lowerBound - 40...whole.upperBound - 40, name)
    default: return .unknown(name)
    }
  }

  private func transport(_ name: String) -> Reading {
    switch name {
    case "tcp doff": return .oneOf(isSYN ? 6...15 : 5...15, name)
    case "tcp window": return .oneOf(isSYN ? 1024...65535 : 1...65535, name)
    case "tcp ackseq": return packet.kind == .syn ? .value(.number(0)) : .oneOf(0...UInt128(UInt32.max), name)
    case "tcp sequence": return .oneOf(0...UInt128(UInt32.max), name)
    case "tcp checksum": return .oneOf(0...65535, name)
    case "tcp urgptr", "tcp reserved": return .value(.number(0))
    default: return .unknown(name)
    }
  }

  /// Options of the IP header and extension headers: there are none.
  private func option(_ name: String) -> Reading {
    KnownFields.domain(of: name).isPresence ? .value(.number(0)) : .absent
  }

  /// Every host names its segment size in a SYN, and allows selective acknowledgements and scaled windows.
  private func option(tcp name: String) -> Reading {
    switch name {
    case "tcp option maxseg", "tcp option sack-perm", "tcp option sack-permitted", "tcp option window":
      return .value(.number(isSYN ? 1 : 0))
    // From an MTU of 1280 to one of 9000.
    case "tcp option maxseg size": return isSYN ? .oneOf(1220...8960, name) : .absent
    case "tcp option window count": return isSYN ? .oneOf(0...14, name) : .absent
    case "tcp option fastopen", "tcp option mptcp", "tcp option md5sig": return .value(.number(0))
    default: return .unknown(name)
    }
  }

  func ethernet(_ name: String, _ network: Network) -> Reading {
    if hook == .egress {
      guard let output else { return .absent }
      switch name {
      case "ether type": return .value(.number(family.etherType))
      case "ether saddr": return network.link(of: output)?.address.map { .value(.word($0)) } ?? .unknown(name)
      default: return .unknown(name)
      }
    }
    guard let input else { return .absent }
    guard let link = network.link(of: input) else { return .unknown(name) }
    guard link.hardware == 1 else { return .absent }
    switch name {
    case "ether type": return .value(.number(family.etherType))
    case "ether daddr": return link.address.map { .value(.word($0)) } ?? .unknown(name)
    case "ether saddr":
      return senderLinkAddress(network).map { .value(.word($0)) }
        ?? .unknown("ether saddr, and the neighbour is not known (`ip neigh` shows those that are)")
    default: return .unknown(name)
    }
  }

  /// The link address from which a packet comes that came in; `nil` where the machine does not know it now.
  func senderLinkAddress(_ network: Network) -> String? {
    input.flatMap { network.nextHop(towards: packet.tuple.source, on: $0).linkAddress }
  }

  private func connectionField(_ name: String) -> Reading {
    guard let connection else { return .absent }
    let isFirst = packet.kind == .syn && !connection.seenReply
    let isOfReply = name.hasPrefix("ct reply ")
    switch name.split(separator: " ").last {
    case "zone":
      let isOfOneDirection = isOfReply || name.hasPrefix("ct original ")
      guard isOfOneDirection else { return .value(.number(UInt128(connection.zone.number))) }
      return .value(.number(UInt128(connection.zone.number(isReply: isOfReply))))
    case "label": return .value(.number(connection.labels))
    case "packets": return isFirst ? .value(.number(isOfReply ? 0 : 1)) : .oneOf(isOfReply ? 0...500 : 1...1000, name)
    case "bytes":
      guard isFirst else { return .oneOf(isOfReply ? 0...100_000 : 40...200_000, name) }
      return isOfReply ? .value(.number(0)) : .oneOf(KnownFields.length(packet.kind, family), name)
    case "avgpkt":
      guard isFirst else { return .oneOf(isOfReply ? 0...1500 : 40...1500, name) }
      return isOfReply ? .value(.number(0)) : .oneOf(KnownFields.length(packet.kind, family), name)
    case "l3proto": return .value(.number(family == .ipv4 ? 2 : 10))
    case "protocol": return .value(.number(6))
    default: return .unknown(name)
    }
  }

  func meta(_ name: String, _ network: Network) -> Reading {
    switch name {
    case "meta iiftype": return link(input, network, name) { $0.hardware.map { UInt128($0) } }
    case "meta oiftype": return link(output, network, name) { $0.hardware.map { UInt128($0) } }
    case "meta iifgroup": return link(input, network, name) { $0.group.map { UInt128($0) } }
    case "meta oifgroup": return link(output, network, name) { $0.group.map { UInt128($0) } }
    case "meta ipsec", "meta secpath": return .value(.number(0))
    case "meta length":
      let length = KnownFields.length(packet.kind, family)
      // The header of the link is there as well, at most 18 bytes of Ethernet and VLAN.
      return .oneOf(hook == .egress ? length.lowerBound...length.upperBound + 18 : length, name)
    case "meta skuid", "meta skgid", "meta cgroup":
      // Only programs on the machine have a user; their sockets are found after prerouting.
      let isOfHost = input == nil || hook == .input && packet.kind != .syn
      return isOfHost ? .unknown(name) : .absent
    case "meta iifkind" where input == nil, "meta oifkind" where output == nil: return .absent
    default: return .unknown(name)
    }
  }

  private func link(
    _ interface: String?, _ network: Network, _ name: String, _ value: (Link) -> UInt128?
  ) -> Reading {
    guard let interface else { return .absent }
    return network.link(of: interface).flatMap(value).map { .value(.number($0)) } ?? .unknown(name)
  }
}

extension Domain {
  fileprivate var isPresence: Bool {
    if case .presence = self { return true }
    return false
  }
}

extension AddressFamily {
  /// The number of the protocol in an Ethernet frame.
  var etherType: UInt128 { self == .ipv4 ? 0x0800 : 0x86DD }
}
