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
  /// A field that is known of the packets that are played, or known to be unknown, by its name; see `KnownFields`.
  case field(String)
  /// One of these values; nobody knows which one.
  case oneOf(ClosedRange<UInt128>, String)
  case masked(Operand, with: UInt128)
  case computed(Arithmetic, Operand, Operand)
  /// The source or destination of the packet in another network, its last bits kept (`NF_NAT_RANGE_NETMAP`).
  case moved(isSource: Bool, to: Operand)
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
  init(_ expression: Expression) { self = Self.read(expression) ?? .unknown(expression.text) }

  /// `nil` for an expression that the model does not know.
  private static func read(_ expression: Expression) -> Operand? {
    switch expression {
    case .payload(let header, let field): read(header: header, field: field)
    case .meta(let key): read(meta: key)
    case .conntrack(let key): read(connection: key)
    case .tuple(let direction, let address): read(tuple: address, direction)
    case .fib(let result, let fields): read(route: result, Set(fields))
    case .option(let kind, let name, let field):
      .field([kind, name, field].compactMap(\.self).joined(separator: " "))
    case .generator(let generator): read(generator, expression)
    case .concatenation(let fields):
      fields.count == 1 ? fields.first.map { Operand($0) } : .combination(fields.map { Operand($0) })
    case .masked(let address, let mask): .masked(Operand(address), with: mask.value)
    case .arithmetic(let sign, let parts): read(sign, parts)
    case .lookup(let key, let map): read(Operand(key), map)
    case .bits, .route, .value, .flags, .list, .range, .prefix, .set, .members, .element, .dataType, .foreign: nil
    }
  }

  private static func read(_ key: Operand, _ map: Expression) -> Operand? {
    LookupReference(map, key: key).map { .mapped(key, $0) }
  }

  private static func read(_ sign: Arithmetic, _ parts: [Expression]) -> Operand? {
    guard let first = parts.first, parts.count > 1 else { return nil }
    var result = Operand(first)
    let domain = result.domain
    for part in parts.dropFirst() {
      let constant = sign == .left || sign == .right ? Domain.number.datum(part) : constant(part, domain)
      if sign == .and, case .number(let mask)? = constant {
        result = .masked(result, with: mask)
      } else {
        result = .computed(sign, result, constant.map { .constant($0) } ?? Operand(part))
      }
    }
    return result
  }

  /// A mask: of flags, or a number.
  private static func constant(_ part: Expression, _ domain: Domain) -> Datum? {
    domain.flags(part).map { .number($0) } ?? Domain.number.flags(part).map { .number($0) }
  }

  private static func read(_ generator: Generator, _ expression: Expression) -> Operand? {
    guard generator.modulus > 0, let first = UInt128(exactly: generator.offset ?? 0) else { return nil }
    return .oneOf(first...(first + UInt128(generator.modulus) - 1), expression.text)
  }

  private static func read(meta key: String) -> Operand? {
    Meta(rawValue: key).map { .meta($0) } ?? .field("meta \(key)")
  }

  private static func read(connection key: String) -> Operand? {
    Connection(rawValue: key).map { .connection($0) } ?? .field("ct \(key)")
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
    case ("udp", _), ("icmp", _), ("sctp", _), ("udplite", _), ("dccp", _), ("esp", _), ("ah", _), ("igmp", _):
      return .otherHeader
    case ("ip", _), ("ip6", _), ("tcp", _), ("ether", _), ("icmpv6", _), ("arp", _), ("vlan", _):
      return .field("\(header) \(field)")
    default: return nil
    }
  }

  private static func read(tuple key: String, _ direction: String) -> Operand? {
    let words = key.split(separator: " ")
    let family = words.count == 2 ? AddressFamily.allCases.first { $0.header == words.first.map(String.init) } : nil
    let field = words.last.flatMap { TupleField(rawValue: String($0)) }
    guard let field else { return .field("ct \(direction) \(key)") }
    return .tuple(isReply: direction == "reply", field: field, family: family)
  }

  private static func read(route result: String, _ fields: Set<String>) -> Operand? {
    let isSource = fields.contains("saddr")
    guard isSource != fields.contains("daddr"), fields.isSubset(of: ["saddr", "daddr", "iif", "oif", "mark"]) else {
      return nil
    }
    switch result {
    case "type": return .route(isSource: isSource, isType: true, matchesInput: false)
    case "oif", "oifname": return .route(isSource: isSource, isType: false, matchesInput: fields.contains("iif"))
    default: return nil
    }
  }

  /// How constants that are compared with it are read.
  var domain: Domain {
    switch self {
    case .address, .moved: .address
    case .port: .port
    case .tcpFlags: .tcpFlags
    case .nextProtocol, .connection(.protocol): .protocolNumber
    case .meta(let key): Self.domain(of: key)
    case .connection(.l3proto): .familyNumber
    case .connection(.mark), .oneOf: .number
    case .connection(.state): .state
    case .connection(.status): .status
    case .connection(.direction): .direction
    case .tuple(_, let field, _): field == .saddr || field == .daddr ? .address : .port
    case .route(_, let isType, _): isType ? .word : .interface
    case .masked(let operand, _), .computed(_, let operand, _): operand.domain
    case .field(let name): KnownFields.domain(of: name)
    default: .word
    }
  }

  private static func domain(of key: Meta) -> Domain {
    switch key {
    case .l4proto: .protocolNumber
    case .iifname, .oifname, .iif, .oif: .interface
    case .nfproto: .familyNumber
    case .mark: .number
    case .protocol: .etherType
    case .pkttype: .packetType
    }
  }

  /// The domains of the fields of a key.
  var domains: [Domain] {
    guard case .combination(let fields) = self else { return [domain] }
    return fields.map(\.domain)
  }
}

extension LookupReference {
  /// A set or map by its name, or with its elements; `nil` for anything else.
  init?(_ map: Expression, key: Operand) {
    switch map {
    case .set(let name): self = .named(name)
    case .members(let members): self = .inline(Lookup(members: members, domains: key.domains))
    default: return nil
    }
  }
}
