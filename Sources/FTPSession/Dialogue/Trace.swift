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
  /// Something got lost; `what` names the connection or the command.
  case lost(what: String, Loss)
}

/// One session from its first packet to its end.
package struct Performance: Sendable {
  package var session: Session
  package var steps: [Step]
  package var ending: Ending
}
