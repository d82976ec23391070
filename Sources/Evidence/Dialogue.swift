/// One session as one piece of evidence saw it. What is not in it is unknown, and not something that did not happen,
/// but for what `writes` names.
package struct Dialogue: Sendable {
  /// What this kind of evidence always has, so that its absence tells something.
  package struct Contents: OptionSet, Hashable, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    package static let commands = Contents(rawValue: 1)
    package static let replies = Contents(rawValue: 2)
    /// The client's attempts to dial data connections.
    package static let dials = Contents(rawValue: 4)
    /// Every packet of the session that passed there.
    package static let packets = Contents(rawValue: 8)
    /// The capture was not of the control connection alone: other packets are in it, so a filter for one port was not
    /// on.
    package static let otherPorts = Contents(rawValue: 16)
  }

  package var source: Int
  package var viewpoint: Viewpoint?
  package var writes: Contents
  package var client: Endpoint
  package var server: Endpoint
  package var events: [Event]
  /// The initial sequence number of the client's control connection, which NAT keeps and a proxy does not.
  package var sequence: UInt32?
  /// Connections in the same capture that belong to no session that could be read.
  package var strays: [StrayConnection] = []
  /// Whether it is seen to its end; a capture or a log may have been cut.
  package var isWhole = true

  package init(
    source: Int, viewpoint: Viewpoint?, writes: Contents = [], client: Endpoint = Endpoint(),
    server: Endpoint = Endpoint(), events: [Event] = []
  ) {
    self.source = source
    self.viewpoint = viewpoint
    self.writes = writes
    self.client = client
    self.server = server
    self.events = events
  }
}

/// A connection in a capture of which nobody announced the port.
package struct StrayConnection: Hashable, Sendable {
  package var sequence: UInt32
  package var target: Endpoint
  package var mark: Mark
}

/// One line of a firewall's log.
package struct FirewallRecord: Sendable {
  package enum Action: String, Hashable, Sendable {
    case allowed, denied, ended
    /// The line tells no verdict.
    case seen
  }

  /// Why, where the line says so.
  package enum Reason: Hashable, Sendable {
    case noRule
    /// No answer to the SYN from the server's side.
    case noAnswer
    case idle
    /// An application filter or an inspection ended it.
    case inspection
    /// Strict inspection did not know this command.
    case unknownCommand(String)
    /// The address in PORT or in the 227 is not that of the connection.
    case otherAddress
    case lowPort
    /// A packet came in where the way to its source does not lead.
    case asymmetric
    case noRoute
    /// A packet of a connection that the firewall does not know any more.
    case noConnection
    /// The inspection opened the way for a data connection, and nobody came.
    case nobodyCame
    case limit
  }

  package var time: Double?
  package var mark: Mark
  package var action: Action
  package var reason: Reason?
  package var source: Endpoint
  package var destination: Endpoint
  /// The other destination, where the line has one before and one after translation.
  package var translated: Endpoint?
  package var isSYN: Bool

  package init(
    time: Double? = nil, mark: Mark, action: Action, reason: Reason? = nil, source: Endpoint, destination: Endpoint,
    translated: Endpoint? = nil, isSYN: Bool = false
  ) {
    self.time = time
    self.mark = mark
    self.action = action
    self.reason = reason
    self.source = source
    self.destination = destination
    self.translated = translated
    self.isSYN = isSYN
  }

  /// Whether it is about a connection to that port, before or after translation.
  package func leads(to port: UInt16) -> Bool { destination.port == port || translated?.port == port }
}

/// What was read from one piece of evidence.
package struct EvidenceFile: Sendable {
  package var name: String
  /// What it is, for people: `log of curl -v`; `nil` where nothing recognised it.
  package var kind: String?
  package var viewpoint: Viewpoint?
  package var dialogues: [Dialogue]
  package var records: [FirewallRecord]
  /// What else there is to say: what was not understood, what is missing in it.
  package var remarks: [String]
  /// Lines or packets of it, and how many of them were understood.
  package var size: Int
  package var understood: Int

  package init(name: String) {
    self.name = name
    dialogues = []
    records = []
    remarks = []
    size = 0
    understood = 0
  }
}
