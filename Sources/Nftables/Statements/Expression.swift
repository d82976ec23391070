package import Addressing

/// Something that a rule reads from a packet or its connection, or compares it with.
package indirect enum Expression: Hashable, Sendable {
  /// A header field, for example `ip daddr` or `tcp dport`.
  case payload(_ header: String, _ field: String)
  /// Bits of a packet by their place: from the beginning of a header (`nh`, `th`, ...), so many after so many.
  case bits(_ base: String, offset: Int64, length: Int64)
  /// Packet metadata, for example `iifname`, `oifname`, `l4proto`.
  case meta(String)
  /// A property of the conntrack entry, for example `state`, `status`, `helper`.
  case conntrack(String)
  /// An address of one direction of the connection, for example `ct original ip daddr`.
  case tuple(_ direction: String, _ address: String)
  /// An option of a header, or an extension header (`tcp option`, `ip option`, `exthdr`); without a field whether it
  /// is there.
  case option(_ kind: String, _ name: String, _ field: String?)
  /// What the routing table says (`fib`): `type`, `oif` or `oifname`, for such fields of the packet.
  case fib(_ result: String, _ fields: [String])
  /// What is known of the way that was chosen (`rt`), for example its `mtu`.
  case route(String)
  case generator(Generator)
  case concatenation([Expression])
  /// An address without the bits that a mask does not have.
  case masked(Expression, with: IPAddress)
  case arithmetic(Arithmetic, [Expression])
  case value(Value)
  /// Flags that may be set, for example of `ct state`.
  case flags([String])
  /// One value of several bits, as nft 1.0.6 lists what newer versions join with `|`.
  case list([Expression])
  /// Numbers or words from the first to the last; addresses and ports are values.
  case range(Expression, Expression)
  /// The upper bits of a number, and how many.
  case prefix(Expression, Int64)
  /// A set or map by name.
  case set(String)
  /// The elements of a set or map without a name.
  case members([Member])
  /// An element with more than its key.
  case element(Expression, ElementDetails)
  /// What a map holds under a key.
  case lookup(Expression, in: Expression)
  /// A data type by the name that nft gives it, where a listing does not say which expression it came from.
  case dataType(String)
  /// An expression that this program does not know, as a listing has it.
  case foreign(JSONValue)

  /// What a named map holds under a key.
  package static func map(key: Expression, name: String) -> Expression { .lookup(key, in: .set(name)) }
  /// The port that the opener of the connection dialled.
  package static let dialledPort = Expression.tuple("original", "proto-dst")
  /// `ip daddr` or `ip6 daddr`.
  package static func destination(_ family: AddressFamily) -> Expression { .payload(family.header, "daddr") }
  /// `ip saddr` or `ip6 saddr`.
  package static func source(_ family: AddressFamily) -> Expression { .payload(family.header, "saddr") }
  package static let destinationPort = Expression.payload("tcp", "dport")
  package static let sourcePort = Expression.payload("tcp", "sport")
  package static let inputInterface = Expression.meta("iifname")
  package static let outputInterface = Expression.meta("oifname")
}

/// What two values are joined by, as nft writes it.
package enum Arithmetic: String, Sendable {
  case and = "&"
  case or = "|"
  case xor = "^"
  case left = "<<"
  case right = ">>"
}

/// A number that comes by chance, by turns or by a hash: from the offset on, below the modulus.
package struct Generator: Hashable, Sendable {
  package enum Kind: String, Sendable { case numgen, jhash, symhash }

  package var kind: Kind
  package var modulus: Int64
  package var offset: Int64?
  /// Of `numgen`: `inc` or `random`.
  package var mode: String?
  /// Of `jhash`: what is hashed.
  package var key: Expression?
  package var seed: Int64?

  package init(
    kind: Kind, modulus: Int64, offset: Int64? = nil, mode: String? = nil, key: Expression? = nil, seed: Int64? = nil
  ) {
    self.kind = kind
    self.modulus = modulus
    self.offset = offset
    self.mode = mode
    self.key = key
    self.seed = seed
  }
}

/// An element of a set or map without a name.
package struct Member: Hashable, Sendable {
  package var key: Expression
  /// What a map holds; `nil` in a set.
  package var data: Expression?

  package init(_ key: Expression, _ data: Expression? = nil) {
    self.key = key
    self.data = data
  }
}

/// What an element has besides its key.
package struct ElementDetails: Hashable, Sendable {
  /// In seconds.
  package var timeout: Int64?
  package var expires: Int64?
  package var comment: String?

  package init(timeout: Int64? = nil, expires: Int64? = nil, comment: String? = nil) {
    self.timeout = timeout
    self.expires = expires
    self.comment = comment
  }
}

extension AddressFamily {
  /// The name of the family in nft: `ip` or `ip6`.
  package var header: String { self == .ipv4 ? "ip" : "ip6" }
}

extension Expression {
  /// Whether it is a constant of one value.
  var isConstant: Bool { if case .value = self { true } else { false } }

  /// The key of an element, without what else it has.
  package var plainKey: Expression { if case .element(let key, _) = self { key } else { self } }

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

extension Expression {
  func write(to writer: inout ScriptWriter) {
    switch self {
    case .payload(let header, let field): writer.write("\(words: header) \(words: field)")
    case .bits(let base, let offset, let length): writer.write("@\(words: base),\(offset),\(length)")
    case .meta(let key): writer.write(Self.plainMeta.contains(key) ? "\(words: key)" : "meta \(words: key)")
    case .conntrack(let key): writer.write("ct \(words: key)")
    case .tuple(let direction, let address): writer.write("ct \(words: direction) \(words: address)")
    case .option(let kind, let name, let field):
      // A field of an extension header stands after the name of the header alone.
      if kind != "exthdr" || field == nil { writer.write("\(words: kind) ") }
      writer.write("\(words: name)")
      if let field { writer.write(" \(words: field)") }
    case .fib(let result, let fields):
      writer.write("fib ")
      writer.write(fields, separator: " . ") { $0.write("\(words: $1)") }
      writer.write(" \(words: result)")
    case .route(let key): writer.write("rt \(words: key)")
    case .generator(let generator): generator.write(to: &writer)
    case .concatenation(let fields): writer.write(fields, separator: " . ") { $1.write(to: &$0) }
    case .masked(let address, let mask):
      address.write(to: &writer)
      writer.write(" & \(mask)")
    case .arithmetic(let sign, let parts):
      writer.write(parts, separator: " \(sign) ") { $1.writePart(to: &$0) }
    case .value(let value): value.write(to: &writer)
    case .flags(let words): writer.write(words, separator: ",") { $0.write("\(name: $1)") }
    case .list(let parts): writer.write(parts, separator: " | ") { $1.writePart(to: &$0) }
    case .range(let low, let high):
      low.write(to: &writer)
      writer.write("-")
      high.write(to: &writer)
    case .prefix(let base, let length):
      base.write(to: &writer)
      writer.write("/\(length)")
    case .set(let name): writer.write("@\(name: name)")
    case .members(let members):
      writer.write("{ ")
      writer.write(members, separator: ", ") { writer, member in
        member.key.write(to: &writer)
        guard let data = member.data else { return }
        writer.write(" : ")
        data.write(to: &writer)
      }
      writer.write(" }")
    case .element(let key, let details):
      key.write(to: &writer)
      if let timeout = details.timeout { writer.write(" timeout \(timeout)s") }
      if let expires = details.expires { writer.write(" expires \(expires)s") }
      if let comment = details.comment {
        writer.write(" comment ")
        writer.write(quoted: comment, limit: 128)
      }
    case .lookup(let key, let map):
      key.write(to: &writer)
      writer.write(" map ")
      map.write(to: &writer)
    case .dataType(let name): writer.write("\(words: name)")
    case .foreign(let value): writer.write(foreign: value)
    }
  }

  /// Metadata that nft knows without the word `meta` (`meta_key_unqualified` in its parser).
  private static let plainMeta: Set<String> = [
    "iif", "iifname", "iifgroup", "iiftype", "oif", "oifname", "oifgroup", "oiftype", "pkttype", "skuid", "skgid",
    "cpu", "cgroup", "rtclassid",
  ]

  /// As part of arithmetic.
  private func writePart(to writer: inout ScriptWriter) {
    switch self {
    case .arithmetic, .list, .masked:
      writer.write("(")
      write(to: &writer)
      writer.write(")")
    default: write(to: &writer)
    }
  }

  package var json: JSONValue {
    switch self {
    case .payload(let header, let field):
      ["payload": ["protocol": .string(header), "field": .string(field)]]
    case .bits(let base, let offset, let length):
      ["payload": ["base": .string(base), "offset": .number(offset), "len": .number(length)]]
    case .meta(let key): ["meta": ["key": .string(key)]]
    case .conntrack(let key): ["ct": ["key": .string(key)]]
    case .tuple(let direction, let address): ["ct": ["key": .string(address), "dir": .string(direction)]]
    case .option(let kind, let name, let field):
      [kind: .object(["name": .string(name), "field": field.map { .string($0) }])]
    case .fib(let result, let fields):
      ["fib": ["result": .string(result), "flags": .array(fields.map { .string($0) })]]
    case .route(let key): ["rt": ["key": .string(key)]]
    case .generator(let generator): generator.json
    case .concatenation(let fields): ["concat": .array(fields.map(\.json))]
    case .masked(let address, let mask): ["&": [address.json, .string(mask.description)]]
    case .arithmetic(let sign, let parts): [sign.rawValue: .array(parts.map(\.json))]
    case .value(let value): value.json
    case .flags(let words): words.count == 1 ? .string(words.joined()) : .array(words.map { .string($0) })
    case .list(let parts): .array(parts.map(\.json))
    case .range(let low, let high): ["range": [low.json, high.json]]
    case .prefix(let base, let length): ["prefix": ["addr": base.json, "len": .number(length)]]
    case .set(let name): .string("@\(name)")
    case .members(let members): ["set": .array(members.map(\.json))]
    case .element(let key, let details):
      [
        "elem": .object([
          "val": key.json, "timeout": details.timeout.map { .number($0) },
          "expires": details.expires.map { .number($0) }, "comment": details.comment.map { .string($0) },
        ])
      ]
    case .lookup(let key, let map): ["map": ["key": key.json, "data": map.json]]
    case .dataType(let name): .string(name)
    case .foreign(let value): value
    }
  }
}

extension Member {
  fileprivate var json: JSONValue { data.map { [key.json, $0.json] } ?? key.json }
}

extension Generator {
  fileprivate func write(to writer: inout ScriptWriter) {
    writer.write("\(kind)")
    if let mode { writer.write(" \(words: mode)") }
    if let key {
      writer.write(" ")
      key.write(to: &writer)
    }
    writer.write(" mod \(modulus)")
    if let seed { writer.write(" seed \(seed)") }
    if let offset, offset != 0 { writer.write(" offset \(offset)") }
  }

  fileprivate var json: JSONValue {
    [
      kind.rawValue: .object([
        "mode": mode.map { .string($0) }, "mod": .number(modulus), "seed": seed.map { .number($0) },
        "offset": offset.map { .number($0) }, "expr": key?.json,
      ])
    ]
  }
}
