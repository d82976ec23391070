package import Addressing

/// How the two sides of a match are compared, as a listing has it.
package enum MatchOperator: String, Sendable {
  /// With flags at the right side: whether one of them is set.
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  /// One of the bits is set, or the value is in a set.
  case isIn = "in"
  /// None of the bits is set.
  case lacks = "!"
}

/// One part of a rule: it matches, changes or decides.
///
/// What we write ourselves is told by `isWritten`; everything else is what others write, read from a listing.
package indirect enum Statement: Hashable, Sendable {
  case match(Expression, MatchOperator, Expression)
  /// `ct helper set`: assigns the helper object to a new connection (kernel `nft_ct.c`).
  case assignHelper(String)
  /// `dnat`, `snat`, `masquerade` and `redirect`.
  case translate(Translation)
  case counter
  case limit(Rate)
  /// So many bytes, and whether the statement matches those beyond.
  case quota(Quota)
  case log(Log)
  /// Matches when more connections than this share the element, or no more.
  case connectionCount(UInt32, isOver: Bool)
  /// Adds elements to a set or map, or deletes some, when a packet comes.
  case update(ElementUpdate)
  case verdict(Verdict)
  /// The verdict that a map holds under a key.
  case verdicts(Expression, in: Expression)
  /// A named object by its kind (`counter`, `quota`, `limit`, `ct helper`, `ct timeout`, ...): its name, or a map that
  /// holds names.
  case object(String, Expression)
  /// The packet is refused: with what kind of message (`tcp reset`, `icmp`, ...), and with which code.
  case reject(String?, code: Expression?)
  /// A field of the packet, its metadata or its connection becomes something else.
  case set(Expression, to: Expression)
  /// An option of the TCP header becomes padding.
  case reset(Expression)
  /// Connection tracking leaves the packet alone.
  case notrack
  case handOver(Handover)
  /// A program of the machine decides: the numbers of its queues, and flags.
  case queue(Expression?, flags: [String])
  case synproxy(Synproxy)
  /// `flow add`: packets to come take the short way of a flow table.
  case flow(String)
  /// Notes when it was last used.
  case last
  /// An extension of xtables.
  case xtables(Xtables)
  /// What was not read, in words.
  case unread(String)
  /// A statement that this program does not know, as a listing has it. A script with it does not load.
  case foreign(JSONValue)
}

extension Statement {
  /// `dnat`: the destination becomes what the map holds.
  package static func translateDestination(_ family: AddressFamily, _ target: Expression) -> Statement {
    .translate(Translation(.destination, family, address: target))
  }
  /// `snat`: the source becomes what the map holds.
  package static func translateSource(_ family: AddressFamily, _ target: Expression) -> Statement {
    .translate(Translation(.source, family, address: target))
  }
  /// The source becomes the primary address of the outgoing interface.
  package static let masquerade = Statement.translate(Translation(.masquerade))
  package static func log(prefix: String) -> Statement { .log(Log(prefix: prefix)) }
  package static func connectionCount(over limit: UInt32) -> Statement { .connectionCount(limit, isOver: true) }
  /// `add` or `update @set { key statement }`.
  package static func dynamic(operation: String, set: String, key: Expression, _ statement: Statement) -> Statement {
    .update(ElementUpdate(operation: operation, name: set, key: key, statements: [statement]))
  }
  /// The verdict that a named map holds under a key.
  package static func verdictMap(key: Expression, name: String) -> Statement { .verdicts(key, in: .set(name)) }
}

/// A translation of addresses or ports.
package struct Translation: Hashable, Sendable {
  package enum Kind: String, Sendable {
    case destination = "dnat"
    case source = "snat"
    case masquerade, redirect
  }

  package var kind: Kind
  package var family: AddressFamily?
  package var address: Expression?
  package var port: Expression?
  /// `random`, `fully-random`, `persistent` and `netmap`.
  package var flags: [String] = []
  /// `prefix` and such, beside the family.
  package var typeFlags: [String] = []

  package init(
    _ kind: Kind, _ family: AddressFamily? = nil, address: Expression? = nil, port: Expression? = nil,
    flags: [String] = [], typeFlags: [String] = []
  ) {
    self.kind = kind
    self.family = family
    self.address = address
    self.port = port
    self.flags = flags
    self.typeFlags = typeFlags
  }
}

/// A rate, for example 5 a second with bursts of 10.
package struct Rate: Hashable, Sendable {
  package enum Unit: String, Sendable { case second, minute, hour, day, week }

  package var count: UInt32
  package var unit: Unit
  /// Packets that may come at once.
  package var burst: UInt32
  /// Whether the statement matches what exceeds the rate.
  package var isOver: Bool
  /// What is counted in the place of packets, for example `mbytes`.
  package var countUnit: String?
  package var burstUnit: String?

  package init(_ count: UInt32, per unit: Unit, burst: UInt32, over isOver: Bool = false) {
    self.count = count
    self.unit = unit
    self.burst = burst
    self.isOver = isOver
  }
}

/// Some bytes, and how many of them are used.
package struct Quota: Hashable, Sendable {
  /// So many of a unit: `bytes`, `kbytes` or `mbytes`.
  package struct Amount: Hashable, Sendable {
    package var count: Int64
    package var unit: String

    package init(count: Int64, unit: String) {
      self.count = count
      self.unit = unit
    }

    package var bytes: Double {
      switch unit {
      case "kbytes": Double(count) * 1024
      case "mbytes": Double(count) * 1_048_576
      default: Double(count)
      }
    }
  }

  package var limit: Amount
  package var used: Amount?
  /// Whether it matches what exceeds the limit.
  package var isOver: Bool

  package init(limit: Amount, used: Amount? = nil, isOver: Bool) {
    self.limit = limit
    self.used = used
    self.isOver = isOver
  }
}

/// What a rule notes in the log.
package struct Log: Hashable, Sendable {
  package var prefix: String?
  package var level: String?
  package var flags: [String] = []
  package var group: Int64?
  package var snapLength: Int64?
  package var queueThreshold: Int64?

  package init(prefix: String?) { self.prefix = prefix }

  /// Whether there is nothing but a prefix.
  var isPlain: Bool { prefix != nil && self == Log(prefix: prefix) }
}

/// A change of elements.
package struct ElementUpdate: Hashable, Sendable {
  package enum Target: Hashable, Sendable {
    case set
    /// A map, and what it holds then.
    case map(Expression)
    /// A set of the old form `meter`, with the number of elements at most.
    case meter(size: Int64?)
  }

  /// `add`, `update` or `delete`.
  package var operation: String
  /// The name of the set or map.
  package var name: String
  package var key: Expression
  /// What each element does with the packet.
  package var statements: [Statement]
  package var target: Target

  package init(
    operation: String, name: String, key: Expression, statements: [Statement], target: Target = .set
  ) {
    self.operation = operation
    self.name = name
    self.key = key
    self.statements = statements
    self.target = target
  }
}

/// `dup`, `fwd` and `tproxy`: another host, device or socket gets the packet, or a copy of it.
package struct Handover: Hashable, Sendable {
  package enum Kind: String, Sendable { case dup, fwd, tproxy }

  package var kind: Kind
  package var family: String?
  package var address: Expression?
  package var device: Expression?
  package var port: Expression?

  package init(
    kind: Kind, family: String? = nil, address: Expression? = nil, device: Expression? = nil, port: Expression? = nil
  ) {
    self.kind = kind
    self.family = family
    self.address = address
    self.device = device
    self.port = port
  }
}

/// A proxy that answers SYNs in the place of the server.
package struct Synproxy: Hashable, Sendable {
  package var segmentSize: Int64?
  package var windowScale: Int64?
  package var flags: [String]

  package init(segmentSize: Int64? = nil, windowScale: Int64? = nil, flags: [String] = []) {
    self.segmentSize = segmentSize
    self.windowScale = windowScale
    self.flags = flags
  }
}

/// An extension of xtables, with its arguments where they are known.
package struct Xtables: Hashable, Sendable {
  /// `match` or `target`.
  package var type: String
  package var name: String
  package var revision: Int64?
  /// The kernel's structure, in hexadecimal digits.
  package var info: String?

  package init(type: String, name: String, revision: Int64? = nil, info: String? = nil) {
    self.type = type
    self.name = name
    self.revision = revision
    self.info = info
  }
}
