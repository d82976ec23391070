import Addressing
import Nftables

/// What kind of value an expression has, and so how its words are read.
enum Domain: Sendable {
  case address, port, number, interface, word, protocolNumber, familyNumber, tcpFlags, state, status, direction
  case dscp, ecn, etherType, hardware, interfaceGroup, packetType, label, discoveryType, arpOperation
  /// Whether something is there; nft says `exists` and `missing`.
  case presence

  /// By the name that nft gives a data type (`nft describe`).
  init(typeName: String) {
    switch typeName {
    case "ipv4_addr", "ipv6_addr": self = .address
    case "inet_service": self = .port
    case "ifname", "iface_index": self = .interface
    case "inet_proto": self = .protocolNumber
    case "nf_proto": self = .familyNumber
    case "tcp_flag": self = .tcpFlags
    case "ct_state": self = .state
    case "ct_status": self = .status
    case "ct_dir": self = .direction
    case "mark", "integer": self = .number
    case "dscp": self = .dscp
    case "ecn": self = .ecn
    case "ether_type": self = .etherType
    case "iface_type", "arphrd": self = .hardware
    case "devgroup": self = .interfaceGroup
    case "pkt_type": self = .packetType
    case "ct_label": self = .label
    case "icmpv6_type": self = .discoveryType
    case "arp_op": self = .arpOperation
    case "boolean": self = .presence
    default: self = .word
    }
  }

  /// Whether a value is bits that are set or not: a list of words is one value then, not one of several.
  var isBitmask: Bool {
    switch self {
    case .tcpFlags, .state, .status, .label: true
    default: false
    }
  }

  /// Bits of a value, for prefixes of what is no address and for shifting.
  var width: Int {
    switch self {
    case .port, .etherType, .hardware: 16
    case .protocolNumber, .familyNumber, .tcpFlags, .direction, .ecn, .dscp, .packetType, .presence, .discoveryType: 8
    default: 32
    }
  }

  /// The number behind a word of the domain (`src/datatype.c`, `src/ct.c`, `src/meta.c`, `src/proto.c` of nftables
  /// 1.0.6 and 1.1.7; values of the kernel).
  func number(_ word: String) -> UInt128? {
    switch self {
    // Names of the machine's /etc/protocols; whatever has another name is not TCP.
    case .protocolNumber: Words.protocols[word] ?? UInt128(word) ?? 256
    case .familyNumber: Words.families[word]
    case .tcpFlags: Words.tcpFlags[word]
    case .state: Words.states[word]
    case .status: Words.statuses[word]
    case .direction: Words.directions[word]
    case .dscp: Words.dscp[word]
    case .ecn: Words.ecn[word]
    case .etherType: Words.etherTypes[word]
    case .hardware: Words.hardware[word]
    case .interfaceGroup: word == "default" ? 0 : nil
    case .packetType: Words.packetTypes[word]
    case .discoveryType: Words.discoveryTypes[word] ?? UInt128(word)
    case .arpOperation: Words.arpOperations[word] ?? UInt128(word)
    case .presence: word == "exists" ? 1 : word == "missing" ? 0 : nil
    default: nil
    }
  }

  /// A constant; `nil` when it is not understood.
  func datum(_ expression: Expression) -> Datum? {
    switch expression {
    case .value(let value): return datum(value)
    case .list, .flags: return isBitmask ? flags(expression).map { .number($0) } : nil
    case .arithmetic(.or, _): return flags(expression).map { .number($0) }
    default: return nil
    }
  }

  /// A constant that is a number.
  func number(_ expression: Expression) -> UInt128? {
    guard case .number(let number)? = datum(expression) else { return nil }
    return number
  }

  private func datum(_ value: Value) -> Datum? {
    switch value {
    case .number(let number):
      guard number >= 0 else { return nil }
      return self == .label ? Self.label(number) : .number(UInt128(number))
    case .port(let port): return .number(UInt128(port))
    case .boolean(let isThere): return .number(isThere ? 1 : 0)
    case .address(let address): return self == .address ? .number(address.value) : datum(address.description)
    case .interface(let text), .symbol(let text), .string(let text): return datum(text)
    case .addresses, .ports, .verdict, .foreign: return nil
    }
  }

  private func datum(_ text: String) -> Datum? {
    if text.hasPrefix("@") { return nil }
    if let number = number(text) { return .number(number) }
    switch self {
    case .address: return IPAddress(text).map { .number($0.value) }
    case .interface:
      // The index of an interface that is not there any more.
      return UInt128(text).map { .number($0) } ?? .word(text)
    case .word: return .word(text)
    case .label: return nil
    default:
      return (text.hasPrefix("0x") ? UInt128(text.dropFirst(2), radix: 16) : UInt128(text)).map { .number($0) }
    }
  }

  /// Labels are listed by the number of their bit, below 128.
  private static func label(_ number: Int64) -> Datum? { number < 128 ? .number(1 << UInt128(number)) : nil }

  /// Flags in a list, or joined by `|`.
  func flags(_ expression: Expression) -> UInt128? {
    let parts: [Expression]
    switch expression {
    case .arithmetic(.or, let joined): parts = joined
    case .list(let listed): parts = listed
    case .flags(let words): parts = words.map { .value(.symbol($0)) }
    case .value: parts = [expression]
    default: return nil
    }
    var bits: UInt128 = 0
    for part in parts {
      if case .list = part { return nil }
      guard let value = number(part) else { return nil }
      bits |= value
    }
    return bits
  }

  /// The values of a prefix of what is no address: of the upper bits of a number.
  func bounds(ofPrefix expression: Expression, _ length: Int64) -> ClosedRange<UInt128>? {
    guard self != .address, let base = number(expression), let length = Int(exactly: length),
      (0...width).contains(length)
    else { return nil }
    let host = (UInt128(1) << UInt128(width - length)) - 1
    return (base & ~host)...(base | host)
  }
}

/// Words of nft for numbers.
private enum Words {
  static let protocols: [String: UInt128] = [
    "icmp": 1, "igmp": 2, "ipv4": 4, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58,
    "ipv6-icmp": 58, "comp": 108, "ipcomp": 108, "sctp": 132, "udplite": 136, "dccp": 33,
  ]
  static let families: [String: UInt128] = ["ipv4": 2, "ipv6": 10]
  static let tcpFlags: [String: UInt128] = [
    "fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "ece": 64, "cwr": 128,
  ]
  static let states: [String: UInt128] = ["invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64]
  static let statuses: [String: UInt128] = [
    "expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": 16, "dnat": 32, "dying": 512,
  ]
  static let directions: [String: UInt128] = ["original": 0, "reply": 1]
  static let dscp: [String: UInt128] = [
    "cs0": 0, "cs1": 8, "cs2": 16, "cs3": 24, "cs4": 32, "cs5": 40, "cs6": 48, "cs7": 56, "df": 0, "be": 0,
    "lephb": 1,
    "af11": 10, "af12": 12, "af13": 14, "af21": 18, "af22": 20, "af23": 22, "af31": 26, "af32": 28, "af33": 30,
    "af41": 34, "af42": 36, "af43": 38, "va": 44, "ef": 46,
  ]
  static let ecn: [String: UInt128] = ["not-ect": 0, "ect1": 1, "ect0": 2, "ce": 3]
  static let etherTypes: [String: UInt128] = [
    "ip": 0x0800, "arp": 0x0806, "ip6": 0x86DD, "vlan": 0x8100, "8021q": 0x8100, "8021ad": 0x88A8,
  ]
  static let hardware: [String: UInt128] = [
    "ether": 1, "ppp": 512, "ipip": 768, "ipip6": 769, "tunnel": 768, "tunnel6": 769, "loopback": 772, "sit": 776,
    "ipgre": 778, "ip6gre": 823, "none": 0xFFFE,
  ]
  static let arpOperations: [String: UInt128] = [
    "request": 1, "reply": 2, "rrequest": 3, "rreply": 4, "inrequest": 8, "inreply": 9, "nak": 10,
  ]
  static let discoveryTypes: [String: UInt128] = [
    "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4,
    "echo-request": 128, "echo-reply": 129, "mld-listener-query": 130, "mld-listener-report": 131,
    "mld-listener-done": 132, "mld-listener-reduction": 132, "nd-router-solicit": 133, "nd-router-advert": 134,
    "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137, "router-renumbering": 138,
    "ind-neighbor-solicit": 141, "ind-neighbor-advert": 142, "mld2-listener-report": 143,
  ]
  static let packetTypes: [String: UInt128] = ["host": 0, "unicast": 0, "broadcast": 1, "multicast": 2, "other": 3]
}
