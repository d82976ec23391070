package import Addressing
package import FTPSession
import Policy

/// Which client a session is about.
package enum ClientPlace: String, CaseIterable, Hashable, Sendable {
  /// Outside, admitted by the policy.
  case allowed
  /// Outside, not admitted.
  case stranger
  /// On the server's side of the gateway.
  case inside

  /// As the table calls it.
  ///
  /// - Parameter isReach: Whether the clients are users behind the gateway.
  package func title(isReach: Bool) -> String {
    switch self {
    case .allowed: isReach ? "an allowed user" : "an allowed client"
    case .stranger: isReach ? "another user" : "a stranger"
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

/// How well it is known what becomes of a session: no better than what is known least of its way.
package enum Certainty: String, Hashable, Sendable {
  /// Such rules were compared with real connections through the kernel.
  case proven
  /// The firewall is documented to do so; nothing was run on one.
  case documented
  /// Nobody has verified what becomes of it.
  case unverified
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
  /// Of an intrusion, whether nobody can tell that the control connection comes about.
  package var isIntrusionOpen = false
  /// Whether the client is a user behind the gateway, and the server beyond it.
  var isReach = false
  /// Whether what the gateway does was compared with its kernel, and is not only documented.
  var wasRun = true
  package var certainty: Certainty { outcome == .undecided ? .unverified : wasRun ? .proven : .documented }

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
  /// Whether it is of a `reach`: its clients are users behind the gateway.
  var isReach: Bool { cells.contains(where: \.isReach) }

  /// Whether nothing was played, so that nothing is known.
  package var isUnplayed: Bool { !cells.isEmpty && cells.allSatisfy { $0.performance == nil } && !clients.isEmpty }

  /// Whether a session that the policy permits does not work, or nobody can tell, or a client gets in whom it keeps
  /// out.
  package var fails: Bool {
    cells.contains { $0.isPermitted && ($0.outcome == .broken || $0.outcome == .undecided) || $0.isIntrusion }
  }
}

extension SessionTable {
  /// The sessions of a publication through a gateway of which nobody knows what it makes of them.
  ///
  /// - Parameters:
  ///   - platform: What the gateway is.
  ///   - client: The only client that was asked for.
  init(of publication: Publication, in policy: Policy, undecidedBy platform: String, client: IPAddress?) {
    self.init(publication: publication.name.value, cells: [], clients: [:])
    let samples = ClientSamples(admitted: policy.admittedClients(of: publication), taken: [])
    for endpoint in policy.endpoints(of: publication) where client == nil || client?.family == endpoint.family {
      clients[.allowed, default: [:]][endpoint.family] = client ?? samples.allowed(endpoint.family)
      let permission = SessionPermission(publication: publication, endpoint: endpoint, deniesInside: false)
      for encryption in Encryption.allCases {
        for mode in DataMode.allCases {
          // What the server refuses by itself is refused whatever the gateway does.
          let refusal = permission.refusal(.allowed, encryption, .pasv)
          cells.append(
            SessionCell(
              place: .allowed, encryption: encryption, mode: mode, family: endpoint.family,
              outcome: refusal == nil ? .undecided : .refused,
              reason: refusal
                ?? "sessions through \(platform) are not played; a session through the device itself would tell",
              isPermitted: permission.refusal(.allowed, encryption, mode) == nil, isReach: policy.isOutbound))
        }
      }
    }
  }
}

/// Two tables of one publication, and what is different between them.
package struct SessionChange: Sendable {
  /// A session whose outcome changes.
  package struct Change: Sendable {
    package var cell: SessionCell
    package var before: SessionOutcome
    /// The client, where the table has another one in its place, or only one of the policies admits it.
    package var client: IPAddress?
  }

  package var before: SessionTable
  package var after: SessionTable
  /// The sessions of single clients under both policies.
  private let probes: [(client: IPAddress, before: SessionTable, after: SessionTable)]

  /// - Parameter play: The sessions of one client, under the policy before and after.
  package init(
    before: SessionTable, after: SessionTable, admitted: (before: AddressSet, after: AddressSet),
    play: (IPAddress) -> (before: SessionTable, after: SessionTable)
  ) {
    self.before = before
    self.after = after
    probes = Self.clients(before, after, admitted).map { client in
      let tables = play(client)
      return (client, tables.before, tables.after)
    }
  }

  /// The clients outside that stand at one place of one table alone, and one of those who are let in or shut out.
  private static func clients(
    _ before: SessionTable, _ after: SessionTable, _ admitted: (before: AddressSet, after: AddressSet)
  ) -> [IPAddress] {
    var clients: Set<IPAddress> = []
    for place in [ClientPlace.allowed, .stranger] {
      for family in AddressFamily.allCases {
        let (old, new) = (before.clients[place]?[family], after.clients[place]?[family])
        if old != new { clients.formUnion([old, new].compactMap(\.self)) }
      }
    }
    // Whoever asked for one client is told about that one.
    let asked = Set([before, after].flatMap { $0.clients.values.flatMap(\.values) })
    for family in AddressFamily.allCases where asked.contains(where: { $0.family == family }) {
      let moved = [admitted.before.subtracting(admitted.after), admitted.after.subtracting(admitted.before)]
      for set in moved where !asked.contains(where: set.contains) {
        if let range = set.ranges(family).first { clients.insert(range.lowerBound) }
      }
    }
    return clients.sorted()
  }

  /// The sessions whose outcome changes, in the order of the table, then those of single clients.
  package var changes: [Change] {
    let inTable = after.cells.compactMap { cell -> Change? in
      guard before.clients[cell.place]?[cell.family] == after.clients[cell.place]?[cell.family] else { return nil }
      return change(of: cell, in: before.cells.filter { $0.place == cell.place }, nil)
    }
    return inTable
      + probes.flatMap { probe in
        probe.after.cells.compactMap { change(of: $0, in: probe.before.cells, probe.client) }
      }
  }

  private func change(of cell: SessionCell, in cells: [SessionCell], _ client: IPAddress?) -> Change? {
    let old = cells.first {
      $0.encryption == cell.encryption && $0.mode == cell.mode && $0.family == cell.family
        && ($0.place == .inside) == (cell.place == .inside)
    }
    guard let old, old.outcome != cell.outcome else { return nil }
    return Change(cell: cell, before: old.outcome, client: client)
  }
}
