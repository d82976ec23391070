/// One arrow of a session: something that one side sends to the other.
package struct Step: Hashable, Sendable {
  package var from: Role
  /// What is sent, for example `SYN 203.0.113.10:21` or `227 Entering Passive Mode (...)`.
  package var text: String
  /// What arrives, where the gateway has changed it.
  package var arrived: String?
  /// What the gateway did with it.
  package var events: [Passage.Event] = []
  /// Why it did not arrive.
  package var loss: Loss?
  /// Where it got to: the other side, or the gateway.
  package var reached: Role
  /// Whether it passed the gateway; neighbours talk without it.
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
}
