import Addressing
import Nftables

/// A part of the connection tracking table (`struct nf_conntrack_zone`).
struct TrackingZone: Hashable, Sendable {
  var number: UInt16 = 0
  /// Whether it counts for packets of the opener, and for answers; the other direction is in zone 0.
  var hasOriginal = true
  var hasReply = true

  /// The zone of one direction (`nf_ct_zone_id`).
  func number(isReply: Bool) -> UInt16 { (isReply ? hasReply : hasOriginal) ? number : 0 }
}

/// One entry of the connection tracking table (`struct nf_conn`).
struct Connection: Hashable, Sendable {
  var original: Tuple
  /// The tuple of answers; translation makes it differ from the reversed original.
  var reply: Tuple
  var seenReply = false
  var isConfirmed = false
  /// The connection that announced this one to the helper.
  var master: Int?
  /// Whether a mapping of source and destination is fixed, be it none.
  var hasSourceMapping = false
  var hasDestinationMapping = false
  var translatesSource = false
  var translatesDestination = false
  /// The kernel's name of its helper.
  var helper: String?
  var mark: UInt128 = 0
  /// Why nobody knows the mark.
  var markDoubt: String?
  /// The bits of `ct label`.
  var labels: UInt128 = 0
  var zone = TrackingZone()
  /// Whether the opener has answered the answer (`IPS_ASSURED`).
  var isAssured = false
  var helperMemory = HelperMemory()

  init(_ original: Tuple) {
    self.original = original
    reply = original.reversed
  }

  var isTranslated: Bool { translatesSource || translatesDestination }

  func tuple(isReply: Bool) -> Tuple { isReply ? reply : original }

  /// The bits of `ct status` (`enum ip_conntrack_status`).
  var status: UInt128 {
    (master == nil ? 0 : 1) | (seenReply ? 2 : 0) | (isAssured ? 4 : 0) | (isConfirmed ? 8 : 0)
      | (translatesSource ? 16 : 0) | (translatesDestination ? 32 : 0)
  }
}

/// The state of a packet with regard to its connection; raw values are the bits of `ct state`.
enum PacketState: UInt128, Sendable {
  case invalid = 1
  case established = 2
  case related = 4
  case new = 8
  case untracked = 64
}

/// A connection that the helper waits for (`struct nf_conntrack_expect`).
struct Expectation: Hashable, Sendable {
  var source: IPAddress
  var destination: IPAddress
  var destinationPort: UInt16
  var master: Int
  /// The port that was announced; the connection is mapped back to it.
  var savedPort: UInt16
  /// Whether the announcement came in the reply direction of the master: a 227 or 229.
  var isPassive: Bool
  /// Whether it was made with address translation (`nf_nat_ftp`).
  var followsMaster: Bool

  func matches(_ tuple: Tuple) -> Bool {
    tuple.source == source && tuple.destination == destination && tuple.destinationPort == destinationPort
  }

  /// Whether no packet could tell the two apart.
  func clashes(with other: Expectation) -> Bool {
    source == other.source && destination == other.destination && destinationPort == other.destinationPort
  }
}

/// What a rule can see of a packet at one hook.
struct PacketView: Hashable, Sendable {
  var packet: Packet
  var input: String?
  var output: String?
  var mark: UInt128 = 0
  /// Why nobody knows the mark.
  var markDoubt: String?
  /// Fields that rules have changed, by their names in `KnownFields`; `nil` for what became something unknown.
  var changed: [String: UInt128?] = [:]
  /// The hook at which the packet is.
  var hook = BaseChain.Hook.prerouting
  /// `nil` before connection tracking has seen the packet.
  var connection: Connection?
  var state: PacketState?
  var isReply = false
  /// What rules have done to sets.
  var memory = SetMemory()
  /// Whether the packet is at a hook of a bridge.
  var isBridged = false
  /// The helper of the connection that announced this one.
  var masterHelper: String?
  /// The connections of the session so far, that of the packet included.
  var connectionCount = 1

  /// Whether a count of connections is over a limit, where nobody but this session is connected; `nil` where that
  /// depends on which of its connections the rule has seen (`nf_conncount_count` in nf_conncount.c).
  func counts(over limit: UInt32) -> Bool? {
    if limit < 1 { return true }
    return limit == 1 && connectionCount > 1 ? nil : false
  }
}

/// Positions of connections by tuple. A list, because a session has two connections, and comparing takes less than
/// hashing.
struct TupleTable: Sendable {
  private var entries: [(tuple: Tuple, connection: Int)] = []

  subscript(_ tuple: Tuple) -> Int? {
    get { entries.first { $0.tuple == tuple }?.connection }
    set {
      entries.removeAll { $0.tuple == tuple }
      if let newValue { entries.append((tuple, newValue)) }
    }
  }
}
