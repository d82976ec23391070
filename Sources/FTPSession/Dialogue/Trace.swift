/// What a packet passes between client and server, by the position of a gateway on the path, 0 for the outermost.
package enum Station: Hashable, Sendable {
  case gateway(Int)
  /// The box before that gateway, which translates addresses.
  case box(Int)
}

/// One arrow of a session: something that one side sends to the other.
package struct Step: Hashable, Sendable {
  package var from: Role
  /// What is sent, for example `SYN 203.0.113.10:21` or `227 Entering Passive Mode (...)`.
  package var text: String
  /// What arrives, where the gateway has changed it.
  package var arrived: String?
  /// What gateways, and boxes before them, did with it, in the order of its way.
  package var events: [Passage.Event] = []
  /// Whom it passed, in the order of its way, and how many of the events each has; empty where one gateway without a
  /// name and without a box before it is all there is, which then did everything.
  package var visits: [Visit] = []
  /// Why it did not arrive.
  package var loss: Loss?
  /// Where it got to: the other side, or a gateway.
  package var reached: Role
  /// The gateway that sent it or that it got to, where one did, by its position on the path.
  package var gateway = 0
  /// Whether it passed a gateway; neighbours talk without one.
  package var passesGateway = true
  /// Whether it belongs to the data connection.
  package var isData = false
  /// Whether it is encrypted, and so shown only to the reader of the ladder.
  package var isEncrypted = false

  package init(_ from: Role, _ text: String, reached: Role) {
    self.from = from
    self.text = text
    self.reached = reached
  }

  /// One station on the way of a packet.
  package struct Visit: Hashable, Sendable {
    package var station: Station
    /// How many events of the step are its own.
    package var events: Int

    package init(_ station: Station, events: Int) {
      self.station = station
      self.events = events
    }
  }

  /// The events with the station that each is of.
  package var placedEvents: [(station: Station, event: Passage.Event)] {
    guard !visits.isEmpty else { return events.map { (.gateway(gateway), $0) } }
    let stations = visits.flatMap { Array(repeating: $0.station, count: $0.events) }
    return Array(zip(stations, events).map { (station: $0, event: $1) })
  }
}

/// How a session ended.
package enum Ending: Hashable, Sendable {
  case works
  /// The server does not want such a session.
  case refusedByServer(String)
  /// Something got lost.
  case lost(Subject, Loss)
}

extension Ending {
  /// What got lost on the way, when that ended the session.
  package var loss: Loss? {
    guard case .lost(_, let loss) = self else { return nil }
    return loss
  }
}

/// What of a session can get lost.
package enum Subject: Hashable, Sendable {
  /// A connection on its way to where it was dialled.
  case connection(isData: Bool, to: String)
  /// What the other side answers to it.
  case answer(isData: Bool)
  /// A command or a reply.
  case line(String)
  case content
  /// The FIN of one side on the data connection.
  case closing(Role)
  /// The address of the other side, as the server sees it or as a command names it.
  case peer(String)

  /// With its article.
  package var phrase: String {
    switch self {
    case .connection(false, _): "the control connection"
    case .connection(true, let place): "the data connection to \(place)"
    case .answer(let isData): "the answer to the \(isData ? "data" : "control") connection"
    case .line(let text): "`\(text)`"
    case .content: "the content of the data connection"
    case .closing(let role):
      "the FIN of \(role.phrase) on the data connection, without which \(role == .server ? "listings and downloads" : "uploads") "
        + "have no end,"
    case .peer(let text): text
    }
  }

  /// Whether it is about the data connection.
  package var isData: Bool {
    switch self {
    case .connection(let isData, _), .answer(let isData): isData
    case .content, .closing, .peer: true
    case .line: false
    }
  }
}

/// One session from its first packet to its end.
package struct Performance: Sendable {
  package var session: Session
  package var steps: [Step]
  package var ending: Ending
  /// The gateways of the path.
  package var layout = PathLayout()
  /// The gateway that ended the session, by its position on the path; `nil` where none did.
  package var culprit: Int?
  /// A bit for each gateway to which a packet came, the lowest for the outermost; the last one stands for all from it
  /// on.
  var visited: UInt64 = 1

  /// Whether a packet of the session came to a gateway.
  package func came(to hop: Int) -> Bool { hop >= 0 && visited >> UInt64(min(hop, 63)) & 1 == 1 }

  /// Whether something is so of every gateway to which a packet of the session came: a session is known as well as the
  /// least known of them.
  package func passedOnly(_ isSo: (Int) -> Bool) -> Bool {
    (0..<layout.count).allSatisfy { !came(to: $0) || isSo($0) }
  }
}
