import Addressing
import Nftables

/// What an extension of xtables sees of a packet and of its surroundings.
struct ExtensionContext {
  var view: PacketView
  var network: Network
  var hook: BaseChain.Hook
  var sets: IPSets

  var tuple: Tuple { view.packet.tuple }
  var family: AddressFamily { tuple.family }
  var message: NeighbourMessage? { view.packet.neighbourMessage }
}

/// Some bits of an address, and what they shall be.
struct MaskedAddress: Sendable {
  var family: AddressFamily
  var value: UInt128
  var mask: UInt128
}

/// A match of xtables (`iptables -m NAME`), ready to be evaluated.
struct ExtensionMatch: Sendable {
  enum Answer: Sendable {
    case yes, no
    /// The packet is dropped at once (`hotdrop` of `struct xt_action_param`).
    case drop
    /// Why it cannot be told.
    case unknown(String)

    init(_ holds: Bool) { self = holds ? .yes : .no }
  }

  /// As iptables writes it, for example `-m conntrack --ctstate NEW`.
  var words: String
  /// The text of `-m comment`.
  var comment: String?
  /// Ranges of ports at whose ends the answer may change.
  var ports: [ClosedRange<UInt16>] = []
  /// Ranges of addresses at whose ends the answer may change.
  var addresses: [ClosedRange<IPAddress>] = []
  /// Addresses that are compared with some bits of one.
  var masked: [MaskedAddress] = []
  /// The index of the set that it tests.
  var set: Int?
  var test: @Sendable (ExtensionContext) -> Answer

  init(_ words: String, _ test: @escaping @Sendable (ExtensionContext) -> Answer) {
    self.words = words
    self.test = test
  }

  /// A match whose answer is always the same for packets of FTP sessions.
  static func always(_ words: String, _ holds: Bool) -> Self { Self(words) { _ in Answer(holds) } }

  /// A match that depends on something that nobody can know.
  ///
  /// - Parameter reason: How to find out, as the end of a sentence; the words come before it.
  static func never(_ words: String, _ reason: String) -> Self {
    Self(words) { _ in .unknown("`\(words)` \(reason)") }
  }
}

/// A target of xtables (`iptables -j NAME`), ready to be run.
struct ExtensionTarget: Sendable {
  enum Answer {
    /// What it changes; the next rule follows.
    case goesOn([Ruling.Effect])
    case ends(Ruling.Outcome, [Ruling.Effect])
    case unknown(String)
  }

  /// As iptables writes it, for example `-j DNAT --to-destination 10.10.20.200`.
  var words: String
  /// Whether it changes nothing which decides about a session.
  var isNothing = false
  /// Ranges of ports at whose ends what it does may change.
  var ports: [ClosedRange<UInt16>] = []
  var act: @Sendable (ExtensionContext) -> Answer

  init(_ words: String, _ act: @escaping @Sendable (ExtensionContext) -> Answer) {
    self.words = words
    self.act = act
  }

  /// A target that changes nothing which decides about a session.
  static func nothing(_ words: String) -> Self {
    var target = Self(words) { _ in .goesOn([]) }
    target.isNothing = true
    return target
  }

  static func never(_ words: String, _ reason: String) -> Self {
    Self(words) { _ in .unknown("`\(words)` \(reason)") }
  }
}

/// The structure that an extension keeps in the kernel, as an include file of the kernel names it.
struct ExtensionArguments {
  var name: String
  var revision: Int
  var info: Octets
  /// The family of the table, in whose words addresses are written.
  var family: AddressFamily
}

extension Operation {
  /// An extension of xtables in a rule; `nil` for every other statement.
  init?(extension statement: Statement, _ family: TableFamily) {
    guard case .xtables(let listed) = statement else { return nil }
    let arguments = listed.info.flatMap { Octets(hex: $0) }.map {
      ExtensionArguments(
        name: listed.name, revision: Int(listed.revision ?? 0), info: $0, family: family == .ip6 ? .ipv6 : .ipv4)
    }
    self =
      listed.type == "target"
      ? .extensionTarget(ExtensionTarget(named: listed.name, arguments))
      : .extensionMatch(ExtensionMatch(named: listed.name, arguments))
  }
}

extension ExtensionMatch {
  /// - Parameter arguments: `nil` where the listing has none.
  init(named name: String, _ arguments: ExtensionArguments?) {
    if Self.ofOtherProtocols.contains(name) {
      self = .always("-m \(name)", false)
    } else if let arguments, let match = Self.table[name]?(arguments) {
      self = match
    } else {
      self = .never("-m \(name)", arguments == nil ? "has arguments that are not listed" : Self.notModelled)
    }
  }

  static let notModelled = "is not known to this program"

  /// Matches that no TCP segment without extension headers fits; they are never inverted as a whole.
  private static let ofOtherProtocols: Set<String> = [
    "udp", "udplite", "icmp", "sctp", "dccp", "esp", "ah", "ipcomp", "l2tp", "frag", "rt", "hbh", "dst",
    "mh",
    "srh", "fragment",
  ]

  /// By the kernel's name of the match; each reads its structure, and gives up where it is shorter than it should be.
  private static let table: [String: @Sendable (ExtensionArguments) -> ExtensionMatch?] = [
    "comment": comment, "conntrack": conntrack, "state": state, "helper": helper, "connmark": connectionMark,
    "connlimit": connectionLimit, "connlabel": connectionLabel, "mark": packetMark, "multiport": multiport,
    "tcp": tcp, "icmp6": discovery,
    "addrtype": addressType, "iprange": addressRange, "limit": limit, "hashlimit": hashLimit, "quota": quota,
    "rpfilter": reversePath, "length": length, "ttl": timeToLive, "hl": timeToLive, "dscp": dscp, "tos": tos,
    "tcpmss": segmentSize, "pkttype": packetType, "physdev": bridgePort, "owner": owner, "policy": ipsec,
    "statistic": statistic, "recent": recent, "set": set, "mac": hardwareAddress,
    "no-fragment": { _ in .always("! -f", true) },
    "string": { _ in .never("-m string", "depends on the content of packets") },
    "u32": { _ in .never("-m u32", "reads bytes of packets that are not played") },
    "bpf": { _ in .never("-m bpf", "runs a program that is not listed") },
    "time": { _ in .never("-m time", "depends on the time of day") },
    "socket": { _ in .never("-m socket", "depends on the sockets of this machine") },
    "cgroup": { _ in .never("-m cgroup", "depends on the program that sends") },
    "devgroup": { _ in .never("-m devgroup", "depends on the groups of interfaces; `ip link` shows them") },
    "connbytes": { _ in .never("-m connbytes", "depends on what was sent before") },
    "osf": { _ in .never("-m osf", "depends on the operating system of the client") },
    "geoip": { _ in .never("-m geoip", "depends on a database of this machine") },
  ]
}

extension ExtensionTarget {
  init(named name: String, _ arguments: ExtensionArguments?) {
    if Self.withoutEffect.contains(name) {
      self = .nothing("-j \(name)")
    } else if let arguments, let target = Self.table[name]?(arguments) {
      self = target
    } else if name == "REJECT" {
      self = Self("-j REJECT") { _ in .ends(.reject, []) }
    } else if name == "MASQUERADE" {
      self = Self("-j MASQUERADE") { _ in
        .ends(.accept, [.translate(.masquerade, nil, address: nil, ports: nil)])
      }
    } else {
      self = .never(
        "-j \(name)", arguments == nil ? "has arguments that are not listed" : ExtensionMatch.notModelled)
    }
  }

  /// Targets after which the next rule sees the packet as before, but for fields that decide nothing here.
  private static let withoutEffect: Set<String> = [
    "LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "TCPMSS", "TCPOPTSTRIP", "CLASSIFY", "TOS", "DSCP", "CHECKSUM", "ECN",
    "TEE", "SECMARK", "CONNSECMARK", "IDLETIMER", "RATEEST", "LED", "ACCOUNT",
  ]

  private static let table: [String: @Sendable (ExtensionArguments) -> ExtensionTarget?] = [
    "DNAT": { translation($0, .destination) }, "SNAT": { translation($0, .source) },
    "MASQUERADE": { translation($0, .masquerade) }, "REDIRECT": { translation($0, .redirect) }, "NETMAP": netmap,
    "REJECT": reject, "TTL": timeToLive, "HL": timeToLive, "MARK": mark, "CONNMARK": connectionMark, "CT": tracking,
    "NOTRACK": { _ in ExtensionTarget("-j NOTRACK") { _ in .goesOn([.untracked]) } }, "SET": changeSet,
    "NFQUEUE": { arguments in
      .never(
        "-j NFQUEUE --queue-num \(arguments.info.u16(0).map(String.init) ?? "?")",
        "leaves the decision to a program of this machine")
    },
    "TPROXY": { _ in .never("-j TPROXY", "hands the connection to a program of this machine") },
    "SYNPROXY": { _ in .never("-j SYNPROXY", "answers in the place of the server") },
    "HMARK": { _ in .never("-j HMARK", "sets a mark that is computed from addresses") },
  ]
}
