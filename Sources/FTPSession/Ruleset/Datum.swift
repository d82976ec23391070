import Addressing
import Nftables

/// A value while a rule is evaluated: a number, or a name.
enum Datum: Hashable, Sendable {
  case number(UInt128)
  case word(String)

  /// The bits of flags; 0 for a name.
  var bits: UInt128 {
    guard case .number(let value) = self else { return 0 }
    return value
  }
}

/// What kind of value an expression has, and so how its words are read.
enum Domain: Sendable {
  case address, port, number, interface, word, protocolNumber, familyNumber, tcpFlags, state, status, direction

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
    case "mark": self = .number
    default: self = .word
    }
  }

  /// The number behind a word of the domain (`include/datatype.h` and `src/ct.c` of nftables; values of the kernel).
  func number(_ word: String) -> UInt128? {
    let table: [String: UInt128] =
      switch self {
      case .protocolNumber:
        ["icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "esp": 50, "ah": 51, "ipv6-icmp": 58, "sctp": 132]
      case .familyNumber: ["ipv4": 2, "ipv6": 10]
      case .tcpFlags: ["fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128]
      case .state: ["invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64]
      case .status:
        ["expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": 16, "dnat": 32, "dying": 512]
      case .direction: ["original": 0, "reply": 1]
      default: [:]
      }
    return table[word]
  }

  /// A constant as a listing has it; `nil` when it is not understood.
  func datum(_ listed: JSONValue) -> Datum? {
    switch listed {
    case .number(let value): return value >= 0 ? .number(UInt128(value)) : nil
    case .bool(let value): return .number(value ? 1 : 0)
    case .string(let text):
      if text.hasPrefix("@") { return nil }
      if let number = number(text) { return .number(number) }
      if self == .address { return IPAddress(text).map { .number($0.value) } }
      if self == .interface || self == .word { return .word(text) }
      return nil
    default: return nil
    }
  }

  /// Flags in a list, or joined by `|`.
  func flags(_ listed: JSONValue) -> UInt128? {
    if let parts = listed["|"] { return flags(parts) }
    var bits: UInt128 = 0
    for item in listed.list {
      guard case .number(let value)? = datum(item) else { return nil }
      bits |= value
    }
    return bits
  }
}

/// The values that one field of an element stands for.
enum FieldPattern: Hashable, Sendable {
  case range(ClosedRange<UInt128>)
  case word(String)
  /// An interface name that ends in `*`.
  case prefix(String)
  /// Everything: the element `*` of a map.
  case any
  /// Something that is not understood.
  case unknown(String)

  init(_ listed: JSONValue, _ domain: Domain) {
    if let datum = domain.datum(listed) {
      switch datum {
      case .number(let value): self = .range(value...value)
      case .word(let word) where word == "*": self = .any
      case .word(let word):
        self = domain == .interface && word.hasSuffix("*") ? .prefix(String(word.dropLast())) : .word(word)
      }
      return
    }
    if let prefix = listed["prefix"], let text = prefix["addr"]?.string, let address = IPAddress(text),
      let length = prefix["len"]?.number, let bounds = Prefix(address, length: Int(length))?.bounds
    {
      self = .range(bounds)
      return
    }
    if let ends = listed["range"]?.list, ends.count == 2, case .number(let low)? = ends.first.flatMap(domain.datum),
      case .number(let high)? = ends.last.flatMap(domain.datum), low <= high
    {
      self = .range(low...high)
      return
    }
    self = listed == .string("*") ? .any : .unknown(listed.text)
  }

  /// Whether it stands for a value; `nil` when that cannot be said.
  func matches(_ value: Datum) -> Bool? {
    switch (self, value) {
    case (.unknown, _): nil
    case (.any, _): true
    case (.range(let range), .number(let number)): range.contains(number)
    case (.word(let word), .word(let other)): word == other
    case (.prefix(let prefix), .word(let other)): other.hasPrefix(prefix)
    default: false
    }
  }
}
