import Addressing
import Nftables

/// Something that a rule reads from a packet, its connection or the routing table, ready to be evaluated.
indirect enum Operand: Sendable {
  enum Meta: String {
    case iifname, oifname, iif, oif, l4proto, nfproto, `protocol`, mark, pkttype
  }

  enum Connection: String {
    case state, status, helper, mark, direction, l3proto, `protocol`
  }

  case address(AddressFamily, isSource: Bool)
  case port(isSource: Bool)
  case tcpFlags
  /// The protocol in the header of a family.
  case nextProtocol(AddressFamily)
  /// A header that no packet of an FTP session has, for example that of UDP.
  case otherHeader
  case meta(Meta)
  case connection(Connection)
  /// A field of a tuple of the connection; `family` where the expression names one.
  case tuple(isReply: Bool, field: TupleField, family: AddressFamily?)
  /// What the routing table says about an address: its type, or the interface behind which it is.
  case route(isSource: Bool, isType: Bool, matchesInput: Bool)
  case combination([Operand])
  case masked(Operand, with: UInt128)
  case mapped(Operand, LookupReference)
  case constant(Datum)
  /// An expression that the model does not know.
  case unknown(String)

  enum TupleField: String {
    case saddr, daddr, sport = "proto-src", dport = "proto-dst"
  }
}

/// A set or map that a rule refers to: by its name in the table, or written in the rule.
enum LookupReference: Sendable {
  case named(String)
  case inline(Lookup)
}

extension Operand {
  init(_ listed: JSONValue) { self = Self.read(listed) ?? .unknown(listed.text) }

  init(_ expression: Expression) { self = Self.read(expression) ?? Operand(expression.json) }

  /// An expression that can be read without its JSON form; `nil` for all others.
  private static func read(_ expression: Expression) -> Operand? {
    switch expression {
    case .payload(let header, let field): read(header: header, field: field)
    case .meta(let key): Meta(rawValue: key).map { .meta($0) }
    case .conntrack(let key): Connection(rawValue: key).map { .connection($0) }
    case .tuple(let direction, let address): read(tuple: address, direction)
    case .concatenation(let fields): .combination(fields.map { Operand($0) })
    case .masked(let address, let mask): .masked(Operand(address), with: mask.value)
    case .map(let key, let name): .mapped(Operand(key), .named(name))
    case .value, .flags, .set, .dataType: nil
    }
  }

  private static func read(_ listed: JSONValue) -> Operand? {
    if let payload = listed["payload"] { return read(payload: payload) }
    if let key = listed["meta"]?["key"]?.string { return Meta(rawValue: key).map { .meta($0) } }
    if let entry = listed["ct"] { return read(connection: entry) }
    if let fib = listed["fib"] { return read(route: fib) }
    if let fields = listed["concat"]?.list { return .combination(fields.map { Operand($0) }) }
    if let map = listed["map"], let key = map["key"], let data = map["data"] {
      let operand = Operand(key)
      return LookupReference(data, key: operand).map { .mapped(operand, $0) }
    }
    if let parts = listed["&"]?.list, parts.count == 2, let first = parts.first, let last = parts.last {
      let operand = Operand(first)
      return operand.domain.flags(last).map { .masked(operand, with: $0) }
    }
    return nil
  }

  private static func read(payload: JSONValue) -> Operand? {
    guard let header = payload["protocol"]?.string, let field = payload["field"]?.string else { return nil }
    return read(header: header, field: field)
  }

  private static func read(header: String, field: String) -> Operand? {
    switch (header, field) {
    case ("ip", "saddr"): return .address(.ipv4, isSource: true)
    case ("ip", "daddr"): return .address(.ipv4, isSource: false)
    case ("ip6", "saddr"): return .address(.ipv6, isSource: true)
    case ("ip6", "daddr"): return .address(.ipv6, isSource: false)
    case ("ip", "protocol"): return .nextProtocol(.ipv4)
    case ("ip6", "nexthdr"): return .nextProtocol(.ipv6)
    case ("tcp", "sport"), ("th", "sport"): return .port(isSource: true)
    case ("tcp", "dport"), ("th", "dport"): return .port(isSource: false)
    case ("tcp", "flags"): return .tcpFlags
    case ("udp", _), ("icmp", _), ("icmpv6", _), ("sctp", _), ("udplite", _), ("dccp", _), ("esp", _), ("ah", _),
      ("arp", _), ("vlan", _), ("igmp", _):
      return .otherHeader
    default: return nil
    }
  }

  private static func read(connection: JSONValue) -> Operand? {
    guard let key = connection["key"]?.string else { return nil }
    guard let direction = connection["dir"]?.string else { return Connection(rawValue: key).map { .connection($0) } }
    return read(tuple: key, direction)
  }

  private static func read(tuple key: String, _ direction: String) -> Operand? {
    let words = key.split(separator: " ")
    let family = words.count == 2 ? AddressFamily.allCases.first { $0.header == words.first.map(String.init) } : nil
    return words.last.flatMap { TupleField(rawValue: String($0)) }.map {
      .tuple(isReply: direction == "reply", field: $0, family: family)
    }
  }

  private static func read(route: JSONValue) -> Operand? {
    let flags = Set((route["flags"]?.list ?? []).compactMap(\.string))
    let isSource = flags.contains("saddr")
    guard isSource != flags.contains("daddr"), flags.isSubset(of: ["saddr", "daddr", "iif", "oif", "mark"]) else {
      return nil
    }
    switch route["result"]?.string {
    case "type": return .route(isSource: isSource, isType: true, matchesInput: false)
    case "oif", "oifname":
      return .route(isSource: isSource, isType: false, matchesInput: flags.contains("iif"))
    default: return nil
    }
  }

  /// How constants that are compared with it are read.
  var domain: Domain {
    switch self {
    case .address: .address
    case .port: .port
    case .tcpFlags: .tcpFlags
    case .nextProtocol, .meta(.l4proto), .connection(.protocol): .protocolNumber
    case .meta(.iifname), .meta(.oifname), .meta(.iif), .meta(.oif): .interface
    case .meta(.nfproto), .connection(.l3proto): .familyNumber
    case .meta(.mark), .connection(.mark): .number
    case .connection(.state): .state
    case .connection(.status): .status
    case .connection(.direction): .direction
    case .tuple(_, let field, _): field == .saddr || field == .daddr ? .address : .port
    case .route(_, let isType, _): isType ? .word : .interface
    case .masked(let operand, _): operand.domain
    default: .word
    }
  }

  /// The domains of the fields of a key.
  var domains: [Domain] {
    guard case .combination(let fields) = self else { return [domain] }
    return fields.map(\.domain)
  }
}

extension LookupReference {
  /// `@name`, `{"set": [...]}` or a plain list; `nil` for anything else.
  init?(_ listed: JSONValue, key: Operand) {
    if let name = listed.string, name.hasPrefix("@") {
      self = .named(String(name.dropFirst()))
    } else if let members = listed["set"]?.list {
      self = .inline(Lookup(members: members, domains: key.domains))
    } else if case .array(let members) = listed {
      self = .inline(Lookup(members: members, domains: key.domains))
    } else {
      return nil
    }
  }
}
