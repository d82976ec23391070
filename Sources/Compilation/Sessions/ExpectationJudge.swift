package import Addressing
package import Diagnostics
import FTPSession
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

  /// What there is to say about sessions that do what is expected, for example that they work in part.
  package var remarks: [String] {
    var seen: Set<String> = []
    return sessions.filter { $0.holds && $0.cell.outcome == .works && !$0.cell.reason.isEmpty }.map(\.cell.reason)
      .filter {
        seen.insert($0).inserted
      }
  }

  package var failures: [Session] { sessions.filter { !$0.holds } }

  /// Why it does not hold, in one sentence without a final period; empty where it does.
  package var message: String {
    guard !holds else { return "" }
    if let first = failures.first {
      let more = failures.count - 1
      return first.sentence + (more == 0 ? "" : more == 1 ? ", and 1 session more" : ", and \(more) sessions more")
    }
    if untried > 0 { return "rules tell \(untried) kinds of clients more apart than are tried" }
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
  private let whole: Compilation
  /// The policy as the gateway carries it out that is judged; the whole one where none is.
  private let view: Compilation
  /// Where publications stand there, by name.
  private let positions: [String: Int]
  private let running: JudgedRules?
  /// By position of the gateway.
  private var studies: [Int?: SessionStudy] = [:]

  /// - Parameters:
  ///   - compilation: A policy without errors.
  ///   - running: What runs on a gateway, in the place of what the policy compiles to. Expectations of what does not
  ///     pass it come to nothing.
  package init(_ compilation: Compilation, running: JudgedRules? = nil) {
    whole = compilation
    let view = running.map { compilation.seen(from: $0.gateway) } ?? compilation
    self.view = view
    positions = Dictionary(
      view.policy.publications.enumerated().map { ($0.element.name.value, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    self.running = running
  }

  /// Whether an expectation is of something that passes the gateway whose rules are judged; true where none are.
  package func isJudged(_ expectation: Expectation) -> Bool {
    guard let running else { return true }
    switch expectation.subject {
    case .publication:
      guard let position = positions[expectation.name.value] else { return false }
      return view.policy.publications[position].gateway == running.gateway
    case .reach(let position):
      guard whole.policy.reaches.indices.contains(position) else { return false }
      let reach = whole.policy.reaches[position]
      return whole.passes(reach, as: .users, running.gateway) || whole.passes(reach, as: .end, running.gateway)
    case nil: return false
    }
  }

  /// Every statement of an expectation, in the order of the text.
  package mutating func judge(_ expectation: Expectation) -> [JudgedExpectation] {
    var (expectation, compilation) = (expectation, whole)
    if case .publication = expectation.subject {
      guard let position = positions[expectation.name.value] else { return [] }
      (expectation.subject, compilation) = (.publication(position), view)
    }
    guard let access = compilation.policy.accesses(of: expectation).first else { return [] }
    var stage = stage(of: expectation, access)
    let families = compilation.policy.families(of: expectation)
    return expectation.statements.map { statement in
      var judged = JudgedExpectation(name: expectation.name.value, statement: statement)
      for client in stage.clients(of: statement, families, &judged.untried) {
        let table = stage.table(client)
        for cell in table.cells where families.contains(cell.family) && stage.speaks(statement, of: cell, client) {
          judged.sessions.append(
            .init(
              client: client ?? table.clients[cell.place]?[cell.family], cell: cell, holds: statement.isMet(by: cell),
              decision: access.decision(on: cell, of: client, in: compilation.policy)))
        }
      }
      return judged
    }
  }

  private mutating func stage(of expectation: Expectation, _ access: Publication) -> ExpectationStage {
    let policy = view.policy
    switch expectation.subject {
    case .reach(let position) where whole.policy.reaches.indices.contains(position):
      let (compilation, reach, running) = (whole, whole.policy.reaches[position], running)
      let borders = running.map { AddressBorders(Program($0.ruleset)) }
      return ExpectationStage(access, whole.policy, nil, borders) {
        compilation.sessions(of: reach, judging: running, client: $0)
      }
    case .publication:
      let site = running?.site?(access, policy)
      if let study = study(of: access), let scenes = Scenes(study, of: access, at: site) {
        return ExpectationStage(access, policy, scenes, scenes.addressBorders) { client in
          var scenes = scenes
          scenes.client = client
          return study.table(scenes)
        }
      }
      let compilation = view
      return ExpectationStage(access, policy, nil) { compilation.sessions(of: access, client: $0) }
    case .reach, nil:
      return ExpectationStage(access, policy, nil) { _ in
        SessionTable(publication: access.name.value, cells: [], clients: [:])
      }
    }
  }

  /// The rules of a gateway, compiled once for all of its publications; `nil` where they cannot be played.
  private mutating func study(of publication: Publication) -> SessionStudy? {
    if let known = studies[publication.gateway] { return known }
    guard let ruleset = running?.ruleset ?? view.ruleset(gateway: publication.gateway) else { return nil }
    // What a policy compiles to tells clients apart by its statements alone.
    let study = SessionStudy(
      view.policy, gateway: publication.gateway, ruleset: ruleset, judgesBorders: running != nil)
    guard study.unplayed == nil || publication.hops.isEmpty else { return nil }
    studies[publication.gateway] = study
    return study
  }
}

/// One publication or `reach` of which sessions are expected.
private struct ExpectationStage {
  private let access: Publication
  private let policy: Policy
  /// `nil` for a `reach`, and where nothing is played.
  private let scenes: Scenes?
  /// The clients that running rules tell apart; `nil` where they follow the policy.
  private let borders: AddressBorders?
  private let play: (IPAddress?) -> SessionTable
  private var tables: [IPAddress?: SessionTable] = [:]
  private let admitted: AddressSet
  private let denied: AddressSet
  /// What `allow` names, not as `any`.
  private let named: AddressSet
  /// The networks on the server's side of the gateway.
  private let inside: AddressSet

  init(
    _ access: Publication, _ policy: Policy, _ scenes: Scenes?, _ borders: AddressBorders? = nil,
    _ play: @escaping (IPAddress?) -> SessionTable
  ) {
    self.access = access
    self.policy = policy
    self.scenes = scenes
    self.borders = borders
    self.play = play
    admitted = policy.admittedClients(of: access)
    denied = policy.deniedClients(of: access)
    let terms = access.allow.filter { if case .any = $0.kind { false } else { true } }
    named = AddressSet(unionOf: terms.map { policy.addresses(of: $0) })
    inside = scenes.map { AddressSet($0.site?.taken ?? $0.surroundings.insideNetworks) } ?? AddressSet()
  }

  mutating func table(_ client: IPAddress?) -> SessionTable {
    if let known = tables[client] { return known }
    let table = play(client)
    tables[client] = table
    return table
  }

  /// Clients that stand for all of whom a statement speaks; `nil` among them for those that a table chooses.
  ///
  /// - Parameter untried: Kinds of clients that are left out, because there are too many.
  func clients(
    of statement: ExpectedSessions, _ families: Set<AddressFamily>, _ untried: inout Int
  ) -> [IPAddress?] {
    let wanted: AddressSet
    var found: [IPAddress?] = []
    switch statement.clients {
    case .listed(let terms): wanted = AddressSet(unionOf: terms.map { policy.addresses(of: $0) })
    case .inside:
      wanted = inside
      found.append(nil)
    case .admitted:
      // Clients inside are a matter of `hairpin`, unless `allow` names them.
      wanted = AddressSet(unionOf: [admitted.subtracting(inside), named.intersection(admitted)])
      found.append(nil)
    }
    for family in AddressFamily.allCases where families.contains(family) && statement.isOver(family) {
      let kinds = ClientKinds(
        wanted, family, cuts: [admitted, denied, inside], borders: borders
      ) { !isMachine($0) }
      found += kinds.addresses.map { $0 }
      untried += kinds.untried
    }
    var seen: Set<IPAddress?> = []
    return found.filter { seen.insert($0).inserted }
  }

  /// Whether an address is that of the gateway or the server, and so of no client.
  private func isMachine(_ address: IPAddress) -> Bool {
    guard let scenes else { return false }
    return scenes.study.gatewayAddressSet.contains(address)
      || scenes.endpoints.contains { [$0.dialled, $0.arrival, $0.server].contains(address) }
      || scenes.surroundings.network.interfaces.contains { $0.addresses.contains(address) }
      || scenes.site?.network.interfaces.contains { $0.addresses.contains(address) } == true
  }

  /// - Parameter client: The client whose table it is; `nil` for one of each kind.
  func speaks(_ statement: ExpectedSessions, of cell: SessionCell, _ client: IPAddress?) -> Bool {
    let isWanted =
      switch statement.clients {
      case .inside: cell.place == .inside
      case .admitted: cell.place == .allowed || cell.place == .inside && client.map(named.contains) ?? false
      case .listed: client != nil
      }
    return isWanted && (cell.family == .ipv4 || cell.mode.hasIPv6Form)
      && statement.isOver(cell.family) && statement.isOf(cell.encryption, cell.mode)
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
      case .allowed, .inside: refusal(of: cell.encryption) == nil && cell.mode.isActive ? active.span : tls.span
      }
    return span ?? asked ?? header
  }
}

extension ExpectedSessions {
  func isOver(_ family: AddressFamily) -> Bool { self.family?.value ?? family == family }

  func isOf(_ encryption: Encryption, _ mode: DataMode) -> Bool {
    self.encryption?.rawValue ?? encryption.rawValue == encryption.rawValue
      && self.mode?.rawValue ?? mode.rawValue == mode.rawValue
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
