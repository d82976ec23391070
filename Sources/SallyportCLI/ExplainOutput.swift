import Compilation
import FTPSession

/// What `explain --output json` writes.
struct ExplainOutput: Encodable {
  struct Entry: Encodable {
    var client: String
    var tls: String
    var mode: String
    var family: String
    var outcome: String
    /// `proven`, `documented` or `unverified`.
    var certainty: String
    var reason: String
    /// Whether the client gets in although the policy keeps it out; left out where it does not.
    var intrusion: Bool?
    /// What becomes of the parts of the passive range; left out where all ports fare alike.
    var passivePorts: [Part]?

    struct Part: Encodable {
      var from: Int
      var to: Int
      var outcome: String
    }

    init(_ cell: SessionCell) {
      client = cell.place.rawValue
      tls = cell.encryption.rawValue
      mode = cell.mode.rawValue
      family = cell.familyName
      outcome = cell.outcome.rawValue
      certainty = cell.certainty.rawValue
      reason = cell.reason
      intrusion = cell.isIntrusion ? true : nil
      let parts = cell.passiveParts.map {
        Part(from: Int($0.ports.lowerBound), to: Int($0.ports.upperBound), outcome: $0.outcome.rawValue)
      }
      passivePorts = parts.isEmpty ? nil : parts
    }
  }

  struct WhatIf: Encodable {
    var statement: String
    /// Whether `check` takes the changed policy.
    var accepted: Bool
    var sessions: [Entry]
  }

  var formatVersion = 1
  var publication: String
  var sessions: [Entry]
  /// What was not tried; left out where that is nothing.
  var notes: [String]?
  var whatIf: WhatIf?

  init(_ table: SessionTable) {
    publication = table.publication
    sessions = table.cells.map(Entry.init)
    notes = table.notes.isEmpty ? nil : table.notes
  }

  init(_ change: SessionChange, statement: String, isAccepted: Bool) {
    self.init(change.before)
    whatIf = WhatIf(statement: statement, accepted: isAccepted, sessions: change.after.cells.map(Entry.init))
  }
}
