package import Addressing

/// Something that a rule reads from a packet or its connection.
package indirect enum Expression: Hashable, Sendable {
  /// A header field, for example `ip daddr` or `tcp dport`.
  case payload(_ header: String, _ field: String)
  /// Packet metadata, for example `iifname`, `oifname`, `l4proto`.
  case meta(String)
  /// A property of the conntrack entry, for example `state`, `status`, `helper`.
  case conntrack(String)
  /// An address of one direction of the connection, for example `ct original ip daddr`.
  case tuple(_ direction: String, _ address: String)
  case concatenation([Expression])
  /// An address without the bits that a mask does not have.
  case masked(Expression, with: IPAddress)
  case value(Value)
  /// Flags that may be set, for example of `ct state`.
  case flags([String])
  /// A set or map by name.
  case set(String)
  /// What a named map holds under a key.
  case map(key: Expression, name: String)
  /// A data type by the name that nft gives it, where a listing does not say which expression it came from.
  case dataType(String)

  /// `ip daddr` or `ip6 daddr`.
  package static func destination(_ family: AddressFamily) -> Expression { .payload(family.header, "daddr") }
  /// `ip saddr` or `ip6 saddr`.
  package static func source(_ family: AddressFamily) -> Expression { .payload(family.header, "saddr") }
  package static let destinationPort = Expression.payload("tcp", "dport")
  package static let sourcePort = Expression.payload("tcp", "sport")
  package static let inputInterface = Expression.meta("iifname")
  package static let outputInterface = Expression.meta("oifname")
}

extension AddressFamily {
  /// The name of the family in nft: `ip` or `ip6`.
  package var header: String { self == .ipv4 ? "ip" : "ip6" }
}

extension Expression {
  func write(to writer: inout ScriptWriter) {
    switch self {
    case .payload(let header, let field): writer.write("\(words: header) \(words: field)")
    case .meta("mark"): writer.write("meta mark")
    case .meta(let key): writer.write("\(words: key)")
    case .conntrack(let key): writer.write("ct \(words: key)")
    case .tuple(let direction, let address): writer.write("ct \(words: direction) \(words: address)")
    case .concatenation(let fields): writer.write(fields, separator: " . ") { $1.write(to: &$0) }
    case .masked(let address, let mask):
      address.write(to: &writer)
      writer.write(" & \(mask)")
    case .value(let value): value.write(to: &writer)
    case .flags(let words): writer.write(words, separator: ",") { $0.write("\(name: $1)") }
    case .set(let name): writer.write("@\(name: name)")
    case .map(let key, let name):
      key.write(to: &writer)
      writer.write(" map @\(name: name)")
    case .dataType(let name): writer.write("\(words: name)")
    }
  }

  package var json: JSONValue {
    switch self {
    case .payload(let header, let field):
      ["payload": ["protocol": .string(header), "field": .string(field)]]
    case .meta(let key): ["meta": ["key": .string(key)]]
    case .conntrack(let key): ["ct": ["key": .string(key)]]
    case .tuple(let direction, let address): ["ct": ["key": .string(address), "dir": .string(direction)]]
    case .concatenation(let fields): ["concat": .array(fields.map(\.json))]
    case .masked(let address, let mask): ["&": [address.json, .string(mask.description)]]
    case .value(let value): value.json
    case .flags(let words): words.count == 1 ? .string(words.joined()) : .array(words.map { .string($0) })
    case .set(let name): .string("@\(name)")
    case .map(let key, let name): ["map": ["key": key.json, "data": .string("@\(name)")]]
    case .dataType(let name): .string(name)
    }
  }

  /// The data type as nft names it in a listing (`nft describe`).
  package var typeName: String {
    switch self {
    case .payload("ip", _): "ipv4_addr"
    case .payload("ip6", _): "ipv6_addr"
    case .payload: "inet_service"
    case .meta("mark"): "mark"
    case .meta: "ifname"
    case .dataType(let name): name
    default: "verdict"
    }
  }
}
