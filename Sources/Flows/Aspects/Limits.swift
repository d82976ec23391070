package import Diagnostics
import Policy

/// How many control connections there may be.
package struct ConnectionLimit: Hashable, Comparable, Sendable {
  package enum Unit: Int, CaseIterable, Sendable {
    /// New ones in a minute, of each client.
    case newPerMinutePerClient
    /// At the same time, of each client.
    case sessionsPerClient
    /// At the same time, of all clients together.
    case sessions
  }

  package var unit: Unit
  package var count: UInt32

  package init(_ unit: Unit, _ count: UInt32) { (self.unit, self.count) = (unit, count) }

  /// By unit, and by number.
  package static func < (left: Self, right: Self) -> Bool {
    (left.unit.rawValue, left.count) < (right.unit.rawValue, right.count)
  }

  fileprivate init(_ limit: Limit) {
    switch limit {
    case .newPerMinutePerClient(let count): (unit, self.count) = (.newPerMinutePerClient, count)
    case .sessionsPerClient(let count): (unit, self.count) = (.sessionsPerClient, count)
    case .sessions(let count): (unit, self.count) = (.sessions, count)
    }
  }
}

/// A limit that holds for all addresses of a publication together.
package struct TotalLimit: Sendable {
  /// The name of the publication.
  package var publication: String
  package var limit: ConnectionLimit
  package var provenance: SourceSpan
}

extension FlowPlan {
  /// Limit (`limit N sessions`): publications with several addresses that count the connections to all of them
  /// together, sorted by name, each with the least of its limits.
  package var totalLimits: [TotalLimit] {
    publications([.limited, .several]).compactMap { service in
      service.totalLimit.map { TotalLimit(publication: service.name, limit: $0.value, provenance: $0.span) }
    }
  }
}

extension FamilyFlows {
  /// Limit (`limit`): the control connections of which there may be so many, in the order of the limits and of what is
  /// dialled. What counts several addresses together is not among them.
  package var limits: [(limit: ConnectionLimit, flows: [ControlFlow])] {
    guard has(.limited) else { return [] }
    var limited: [(limit: Located<ConnectionLimit>, rank: Int, service: PublishedService)] = []
    for (rank, service) in byControlPort(.limited).enumerated() {
      for limit in service.distinctLimits where !service.sharesCount(limit.value) {
        limited.append((limit, rank, service))
      }
    }
    limited.sort { ($0.limit.value, $0.rank) < ($1.limit.value, $1.rank) }
    var limits: [(limit: ConnectionLimit, flows: [ControlFlow])] = []
    var rest = limited[...]
    while let limit = rest.first?.limit.value {
      let group = rest.prefix { $0.limit.value == limit }
      rest = rest[group.endIndex...]
      limits.append((limit, group.map { ControlFlow(service: $0.service, provenance: $0.limit.span) }))
    }
    return limits
  }

  /// Whether any control connections are limited.
  package var hasLimits: Bool { has(.limited) }

  /// The control connections that a limit may refuse, in the order of what is dialled.
  package var limited: [ControlFlow] { has(.limited) ? controls(.limited) { $0.limits.first?.provenance } : [] }

  /// The control connections of the publications with a total limit, in the order of what is dialled.
  package var totallyLimited: [ControlFlow] {
    has([.limited, .several]) ? controls([.limited, .several]) { $0.totalLimit?.span } : []
  }
}

extension PublishedService {
  /// The limits on control connections, each where it is first stated.
  package var limits: [(limit: ConnectionLimit, provenance: SourceSpan)] {
    distinctLimits.map { ($0.value, $0.span) }
  }

  fileprivate var distinctLimits: [Located<ConnectionLimit>] {
    let limits = publication.limits.map { Located(ConnectionLimit($0.value), $0.span) }
    guard limits.count > 1 else { return limits }
    var known: Set<ConnectionLimit> = []
    return limits.filter { known.insert($0.value).inserted }
  }

  /// Whether a limit counts the connections to several addresses together.
  fileprivate func sharesCount(_ limit: ConnectionLimit) -> Bool { limit.unit == .sessions && has(.several) }

  /// The least of the limits that count several addresses together.
  fileprivate var totalLimit: Located<ConnectionLimit>? {
    distinctLimits.filter { sharesCount($0.value) }.min { $0.value < $1.value }
  }
}
