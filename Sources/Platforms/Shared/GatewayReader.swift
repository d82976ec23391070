package import Addressing
package import Diagnostics
package import Nftables

/// Reads what gateways of one kind save of their configuration, into the rules that packets meet there.
///
/// Where a device does what no rule of nftables can say, or nobody knows what it does, the rule has a statement that
/// was not read (`Statement.unread`): a packet that meets it makes the verdict undecided, and no other packet does.
package protocol GatewayReader: Sendable {
  /// The platform, as a policy says it.
  var platform: String { get }
  /// The command whose output it reads, such as `show running-config`.
  var command: String { get }
  /// Whether a text looks like what such gateways save. A glance at its first lines is enough.
  func recognises(_ text: GatewayText) -> Bool
  /// Reads a text that it recognises.
  func read(_ text: GatewayText, _ context: GatewayContext) -> SavedGateway
}

/// A text that was read from a file, in lines.
package struct GatewayText: Sendable {
  /// The name of the file.
  package let name: String
  package let file: SourceID
  /// Its lines without their ends, each with its place.
  package let lines: [(text: String, span: SourceSpan)]

  /// - Parameter bytes: UTF-8, with line ends of Unix or Windows, and perhaps a byte order mark.
  package init(name: String, bytes: [UInt8], file: SourceID) {
    (self.name, self.file) = (name, file)
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var start = bytes.starts(with: mark) ? mark.count : 0
    var lines: [(text: String, span: SourceSpan)] = []
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      var stop = end
      while stop > start, bytes[stop - 1] == 0x0D { stop -= 1 }
      lines.append((String(decoding: bytes[start..<stop], as: UTF8.self), SourceSpan(file: file, start..<stop)))
      start = end + 1
    }
    self.lines = lines
  }

  /// A place for what no line is to blame for.
  package var whole: SourceSpan { SourceSpan(file: file, 0..<0) }
}

/// What the policy tells about a gateway that its own configuration may leave open.
package struct GatewayContext: Sendable {
  /// The addresses of the gateway for which connections to publications arrive. Where a configuration says "the address
  /// of the interface" and does not tell it, it is one of these.
  package var arrivals: [IPAddress]
  /// Where clients come from and where servers are, as the policy names them: interfaces, names or zones.
  package var outside: [String]
  package var inside: [String]

  package init(arrivals: [IPAddress] = [], outside: [String] = [], inside: [String] = []) {
    (self.arrivals, self.outside, self.inside) = (arrivals, outside, inside)
  }
}

/// The configuration of a gateway as files tell it.
package struct SavedGateway: Sendable {
  /// What packets meet, each rule with the line that it stands in.
  package var ruleset = Ruleset([])
  /// Rules that stand in the file and that no packet meets, because something switches them off.
  package var idle: [IdleRule] = []
  /// The networks that the gateway reaches, as its interfaces and static routes tell; empty where they tell nothing.
  package var networks: [GatewayNetwork] = []
  /// Where chains with a policy are declared, by `FAMILY TABLE CHAIN` as `Citation` names them: `ip filter FORWARD`.
  package var declarations: [String: SourceSpan] = [:]
  /// The families whose filters it tells.
  package var families: Set<AddressFamily> = []
  /// What is wrong with the file (`gateway-file-error`), what of it was not read and lies in nobody's way, and what is
  /// to be said of lines whatever the policy says (`gateway-remark`).
  package var diagnostics: [Diagnostic] = []

  package init() {}

  /// Adds what another file of the same gateway says.
  package mutating func add(_ other: SavedGateway) {
    ruleset.tables += other.ruleset.tables
    ruleset.ipSets += other.ruleset.ipSets
    idle += other.idle
    networks += other.networks
    declarations.merge(other.declarations) { first, _ in first }
    families.formUnion(other.families)
    diagnostics += other.diagnostics
  }
}

/// A network that a gateway reaches by one of its interfaces, or by a static route.
package struct GatewayNetwork: Sendable {
  package enum Way: Hashable, Sendable {
    /// Through the interface that bears these names: its own, that of its zone, and whatever else a policy may call it
    /// by. Empty for one of no zone, by which nothing passes.
    case through(Set<String>)
    /// Nowhere, with the reason, after "it": `is discarded here`, `is disabled`.
    case nowhere(String)
  }

  package var prefix: Prefix
  package var way: Way
  /// The line that says so.
  package var place: SourceSpan

  package init(_ prefix: Prefix, _ way: Way, at place: SourceSpan) {
    (self.prefix, self.way, self.place) = (prefix, way, place)
  }
}

/// A rule that is there and does nothing.
package struct IdleRule: Sendable {
  package var table: String
  package var chain: String
  /// Where it would stand among the rules of the chain.
  package var position: Int
  package var rule: Rule
  /// Why it does nothing, after "it": `is disabled`, `is inactive`.
  package var reason: String

  package init(table: String, chain: String, position: Int, rule: Rule, reason: String) {
    (self.table, self.chain, self.position, self.rule, self.reason) = (table, chain, position, rule, reason)
  }
}

extension Platforms {
  /// The readers of what gateways save, by the order in which they are asked.
  package static let readers: [any GatewayReader] = [
    OpenWrtReader(),
    RouterOSExportReader(),
    FortiGateBackupReader(),
    SRXReader(),
    ASAReader(),
    NftablesTextReader(),
  ]

  /// The reader of a text; `nil` where none recognises it.
  package static func reader(of text: GatewayText) -> (any GatewayReader)? {
    readers.first { $0.recognises(text) }
  }
}
