import Addressing

/// What a base chain does with a packet.
struct Ruling {
  enum Outcome: Hashable {
    case accept, drop, reject
    case undecided(reason: String)
  }

  /// What rules did on the way.
  enum Effect: Hashable {
    /// The kernel's name of the helper.
    case helper(String)
    case translate(Operation.Translation, AddressFamily?, address: IPAddress?, ports: ClosedRange<UInt16>?)
    case connectionMark(UInt128)
    case packetMark(UInt128)
    /// A mark that cannot be known, and why.
    case doubtfulMark(ofConnection: Bool, String)
    case field(String, UInt128?)
    case label(UInt128)
    case untracked
    /// An element that a rule has added to a set, or deleted; `nil` for one that is not known.
    case element([Datum]?, SetName, SetMemory.State)
    /// The zone in which connection tracking, which comes after the rule, looks for the connection.
    case zone(TrackingZone)
    /// The kernel's name of the helper that connection tracking, which comes after the rule, gives a new connection.
    case helperForNew(String)
  }

  var outcome: Outcome
  var effects: [Effect] = []
  var citation: Citation

  /// Whether both come to the same, whatever rule decided.
  func agrees(with other: Ruling) -> Bool { outcome == other.outcome && effects == other.effects }
}
