package import Addressing
package import FTPSession

/// Which client a session is about.
package enum ClientPlace: String, CaseIterable, Hashable, Sendable {
  /// Outside, admitted by the policy.
  case allowed
  /// Outside, not admitted.
  case stranger
  /// On the server's side of the gateway.
  case inside

  /// As the table calls it.
  package var title: String {
    switch self {
    case .allowed: "an allowed client"
    case .stranger: "a stranger"
    case .inside: "a client inside"
    }
  }
}

/// What becomes of the sessions of one kind.
package enum SessionOutcome: String, Hashable, Sendable {
  case works
  /// The policy does not want it, and it does not work.
  case refused
  /// The policy permits it, and it does not work.
  case broken
  /// The ruleset has something on the way that the model does not know.
  case undecided
}

/// One cell of the table: a kind of session, and what becomes of it.
package struct SessionCell: Sendable {
  package var place: ClientPlace
  package var encryption: Encryption
  package var mode: DataMode
  package var family: AddressFamily
  package var outcome: SessionOutcome
  /// One sentence without a final period; empty for what simply works.
  package var reason: String
  /// Whether the policy permits such sessions.
  package var isPermitted: Bool
  /// The session that shows it; `nil` where there is nothing to dial.
  package var performance: Performance?
  /// What becomes of the parts of the passive range, where they fare differently; empty otherwise.
  package var passiveParts: [PassivePart] = []
  /// Whether `allow` or `deny` keeps the client out, and its control connection comes about all the same, or may.
  package var isIntrusion = false

  /// `ipv4` or `ipv6`.
  package var familyName: String { family == .ipv4 ? "ipv4" : "ipv6" }
}

/// Every kind of session of one publication.
package struct SessionTable: Sendable {
  package var publication: String
  package var cells: [SessionCell]
  /// The client that stands for each place and family.
  package var clients: [ClientPlace: [AddressFamily: IPAddress]]
  /// What was not tried.
  package var notes: [String] = []

  /// Whether a session that the policy permits does not work, or nobody can tell, or a client gets in whom it keeps out.
  package var fails: Bool {
    cells.contains { $0.isPermitted && ($0.outcome == .broken || $0.outcome == .undecided) || $0.isIntrusion }
  }
}

/// Two tables of one publication, and what is different between them.
package struct SessionChange: Sendable {
  package var before: SessionTable
  package var after: SessionTable

  package init(before: SessionTable, after: SessionTable) {
    self.before = before
    self.after = after
  }

  /// The kinds of sessions whose outcome changes, in the order of the table.
  package var changes: [(cell: SessionCell, before: SessionOutcome)] {
    after.cells.compactMap { cell in
      let old = before.cells.first {
        $0.place == cell.place && $0.encryption == cell.encryption && $0.mode == cell.mode && $0.family == cell.family
      }
      guard let old, old.outcome != cell.outcome else { return nil }
      return (cell, old.outcome)
    }
  }
}
