package import Addressing
package import Diagnostics
import FTPSession
package import Nftables
package import Policy
import PolicySyntax

/// One statement of an `expect` block, with what became of the sessions that it speaks of.
package struct JudgedExpectation: Sendable {
  /// One session that was played.
  package struct Session: Sendable {
    package var client: IPAddress?
    package var cell: SessionCell
    /// Whether it does what the statement says.
    package var holds: Bool
    /// The statement of the policy that decides, or the declaration where that is a default.
    package var decision: SourceSpan?
  }

  package var name: String
  package var statement: ExpectedSessions
  /// Every session that the statement speaks of, by kinds: one for all clients whom nothing tells apart.
  package var sessions: [Session] = []
  /// Kinds of clients that were left out, because there are too many.
  package var untried = 0

  /// Whether each of them does what the statement says, and there is any.
  package var holds: Bool { !sessions.isEmpty && untried == 0 && sessions.allSatisfy(\.holds) }

  package var failures: [Session] { sessions.filter { !$0.holds } }

  /// Why it does not hold, in one sentence without a final period; empty where it does.
  package var message: String {
    guard !holds else { return "" }
    if let first = failures.first {
      let more = failures.count - 1
      return first.sentence + (more == 0 ? "" : more == 1 ? ", and 1 session more" : ", and \(more) sessions more")
    }
    if untried > 0 { return "there are \(untried) networks of clients more than are tried; name fewer" }
    return "no session is like that: no client of the kind can be told"
  }
}

extension JudgedExpectation.Session {
  /// As reports name it, for example `explicit TLS PASV over IPv4 from 198.51.100.7`.
  package var title: String {
    "\(cell.encryption.title) \(cell.mode.command) over \(cell.family.title)"
      + (client.map { " from \($0)" } ?? "")
  }

  fileprivate var sentence: String {
    let what = cell.isIntrusion ? "gets in" : cell.outcome == .works ? "works" : "is \(cell.outcome.rawValue)"
    return "\(title) \(what)\(cell.reason.isEmpty ? "" : ": \(cell.reason)")"
  }
}

/// Plays what `expect` blocks speak of.
package struct ExpectationJudge {
  /// Networks of clients of one statement that are tried at most.
  static let mostNetworks = 2000

  /// What runs on a gateway instead of what the policy compiles to.
  package typealias Running = (ruleset: Ruleset, site: SessionSite?)

  private let compilation: Compilation
  private let running: (Publication) -> Running?
  /// By position of the gateway.
  private var studies: [Int?: SessionStudy] = [:]

  /// - Parameters:
  ///   - compilation: A policy without errors.
  ///   - running: What runs on the gateway of a publication; `nil` for what the policy compiles to.
  package init(_ compilation: Compilation, running: @escaping (Publication) -> Running? = { _ in nil }) {
    self.compilation = compilation
    self.running = running
  }

  /// Every statement of an expectation, in the order of the text.
  package mutating func judge(_ expectation: Expectation) -> [JudgedExpectation] {
    guard let access = compilation.policy.accesses(of: expectation).first else { return [] }
    let families = compilation.policy.families(of: expectation)
    var tables: [IPAddress?: SessionTable] = [:]
    return expectation.statements.map { statement in
      var judged = JudgedExpectation(name: expectation.name.value, statement: statement)
      let clients = clients(of: statement, access, families, &judged.untried)
      for client in clients {
        let table = tables[client] ?? self.table(expectation, client)
        tables[client] = table
        for cell in table.cells where families.contains(cell.family) && statement.speaks(of: cell, asked: client) {
          judged.sessions.append(
            .init(
              client: client ?? table.clients[cell.place]?[cell.family], cell: cell, holds: statement.isMet(by: cell),
              decision: access.decision(on: cell, of: client, in: compilation.policy)))
        }
      }
      return judged
    }
  }

  /// Clients that stand for all of whom a statement speaks; `nil` among them for those that a table chooses.
  private func clients(
    of statement: ExpectedSessions, _ access: Publication, _ families: Set<AddressFamily>, _ untried: inout Int
  ) -> [IPAddress?] {
    guard let wanted = compilation.policy.clients(of: statement, access) else { return [nil] }
    let admitted = compilation.policy.admittedClients(of: access)
    var found: [IPAddress?] = []
    if case .admitted = statement.clients { found.append(nil) }
    // Nothing that the policy compiles to tells clients apart who are admitted, or not, by the same statements.
    let own = access.allow + access.deny
    let taken = AddressSet(compilation.policy.addresses(ofGateway: access.gateway).map { Prefix($0) })
    for family in AddressFamily.allCases where families.contains(family) && statement.isOver(family) {
      for set in [wanted.intersection(admitted), wanted.subtracting(admitted)] {
        if let usual = ClientSamples(admitted: set, taken: taken).allowed(family) { found.append(usual) }
        let named = own.map { compilation.policy.addresses(of: $0).intersection(set) }
        let ranges = set.ranges(family) + named.flatMap { $0.ranges(family) }
        for range in Set(ranges).sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
          guard found.count < Self.mostNetworks else {
            untried += 1
            continue
          }
          found += range.samples.map { $0 }
        }
      }
    }
    var seen: Set<IPAddress?> = []
    return found.filter { seen.insert($0).inserted }
  }

  private mutating func table(_ expectation: Expectation, _ client: IPAddress?) -> SessionTable {
    let policy = compilation.policy
    switch expectation.subject {
    case .reach(let position):
      guard policy.reaches.indices.contains(position) else { break }
      return compilation.sessions(of: policy.reaches[position], client: client)
    case .publication(let position):
      guard policy.publications.indices.contains(position) else { break }
      let publication = policy.publications[position]
      if let running = running(publication) {
        return compilation.sessions(of: publication, running: running, client: client)
      }
      guard let study = study(of: publication) else {
        return compilation.sessions(of: publication, client: client)
      }
      return study.table(of: publication, client: client)
    case nil: break
    }
    return SessionTable(publication: expectation.name.value, cells: [], clients: [:])
  }

  /// The rules of a gateway, compiled once for all of its publications; `nil` where they cannot be played.
  private mutating func study(of publication: Publication) -> SessionStudy? {
    if let known = studies[publication.gateway] { return known }
    guard let ruleset = compilation.ruleset(gateway: publication.gateway) else { return nil }
    let study = SessionStudy(compilation.policy, gateway: publication.gateway, ruleset: ruleset)
    guard study.unplayed == nil || publication.hops.isEmpty else { return nil }
    studies[publication.gateway] = study
    return study
  }
}

extension Publication {
  /// The statement that decides about a session: that of the rule which ends it, or the one by which the policy permits
  /// it or does not.
  fileprivate func decision(on cell: SessionCell, of client: IPAddress?, in policy: Policy) -> SourceSpan? {
    let asked = cell.performance?.ending.loss?.citation?.provenance
    if cell.isPermitted, cell.outcome != .works { return asked ?? header }
    let span: SourceSpan? =
      switch cell.place {
      case .stranger:
        deny.first { term in client.map { policy.addresses(of: term).contains($0) } ?? false }?.span
          ?? allow.first?.span ?? deny.first?.span
      case .inside where !hairpin.value: hairpin.span
      case .allowed, .inside: isPermitted(cell.encryption) && cell.mode.isActive ? active.span : tls.span
      }
    return span ?? asked ?? header
  }

  private func isPermitted(_ encryption: Encryption) -> Bool {
    switch encryption {
    case .plain: tls.value.allowsPlain
    case .explicit: tls.value != .off && tls.value != .implicit
    case .implicit: tls.value == .implicit
    }
  }
}

extension ClosedRange<IPAddress> {
  /// Addresses that stand for the range: one in the middle, and those at its ends. Of all addresses none does.
  fileprivate var samples: [IPAddress] {
    let (low, high) = (lowerBound.value, upperBound.value)
    guard high - low < lowerBound.family.highest else { return [] }
    let values = [low + (high - low) / 2, low < high ? low + 1 : low, low < high ? high - 1 : high]
    return values.compactMap { IPAddress(family: lowerBound.family, value: $0) }
  }
}

extension ExpectedSessions {
  fileprivate func isOver(_ family: AddressFamily) -> Bool { self.family?.value ?? family == family }

  /// - Parameter client: The client whose table it is; `nil` for one of each kind.
  fileprivate func speaks(of cell: SessionCell, asked client: IPAddress?) -> Bool {
    let isWanted =
      switch clients {
      case .inside: cell.place == .inside
      case .admitted: cell.place == .allowed
      case .listed: client != nil
      }
    return isWanted && isOver(cell.family) && (cell.family == .ipv4 || cell.mode.hasIPv6Form)
      && encryption?.rawValue ?? cell.encryption.rawValue == cell.encryption.rawValue
      && mode?.rawValue ?? cell.mode.rawValue == cell.mode.rawValue
  }

  /// Whether a session does what the statement says.
  fileprivate func isMet(by cell: SessionCell) -> Bool {
    switch outcome {
    case .works: cell.outcome == .works
    case .refused: cell.outcome == .refused && !cell.isIntrusion
    case .broken: cell.outcome == .broken
    }
  }
}
