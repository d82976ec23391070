package import Addressing
import FTPSession
package import Nftables
import Platforms
package import Policy

extension Compilation {
  /// Whether the sessions of a `reach` can be told: its statements were all understood, whatever they amount to.
  package func canExplain(_ reach: Outreach) -> Bool {
    !policy.isPartial && reach.unreadable.isEmpty && !reach.accesses.isEmpty
  }

  /// The sessions of a `reach`, seen from the users' side: through the gateway behind which they are, those further out
  /// of their own, and of a publication of this policy those at the other end, one after the other. Where one of them
  /// cannot be played, the users' own is played alone; those further out have tables of their own then, of which each
  /// cell tells the worst.
  ///
  /// - Parameters:
  ///   - reach: One of `policy.reaches`.
  ///   - judged: Rules that take the place of what the policy compiles to at one gateway that it passes. One further
  ///     out is played for what comes from the gateway before it.
  ///   - client: The only user to look at.
  package func sessions(
    of reach: Outreach, judging judged: JudgedRules? = nil, client: IPAddress? = nil
  ) -> SessionTable {
    let outbound = policy.outbound
    let start = judged.flatMap { passes(reach, as: .users, $0.gateway) ? $0.gateway : nil } ?? reach.gateway
    let accesses = outbound.publications.filter { $0.name.value == reach.name.value }
    let own = accesses.filter { $0.gateway == start }
    var table = SessionTable(publication: reach.name.value, cells: [], clients: [:])
    var isWhole = true
    for (position, access) in own.enumerated() {
      let onward = OnwardPath(
        after: access, outbound, of: policy, to: policy.publication(of: reach), judged: judged)
      isWhole = isWhole && onward != nil
      let played = sessions(access, outbound, onward, judged, client: client)
      if position == 0 {
        table = played
      } else {
        table.join(played, dialled: access.externalAddresses.map(\.dialled.value))
      }
    }
    if !isWhole, start == reach.gateway {
      for access in accesses where access.gateway != start {
        var other = sessions(access, outbound, nil, judged)
        // Whoever is no user of the gateway before does not come so far.
        other.cells.removeAll { $0.place != .allowed }
        (other.clients, other.notes) = ([:], [])
        let name = policy.gateway(at: access.gateway).map { "through the gateway `\($0.name.value)`: " } ?? ""
        table.join(other, place: name)
      }
    }
    table.notes += notes(on: reach, table, isPlayedToItsEnd: isWhole)
    return table
  }

  /// What a `reach` comes to on one gateway, and on those after it.
  private func sessions(
    _ access: Publication, _ outbound: Policy, _ onward: OnwardPath?, _ judged: JudgedRules?, client: IPAddress? = nil
  ) -> SessionTable {
    let gateway = access.gateway
    let isJudged = judged?.gateway == gateway
    guard let ruleset = isJudged ? judged?.ruleset : ruleset(gateway: gateway) else {
      return SessionTable(of: access, in: outbound, undecidedBy: platform(of: gateway).name, client: client)
    }
    let site = isJudged ? judged?.site?(access, outbound) : nil
    var study =
      isJudged && site == nil
      ? SessionStudy(outbound, of: access, underSaved: ruleset)
      : SessionStudy(outbound, gateway: gateway, ruleset: ruleset, judgesBorders: true)
    // Rules that the policy compiles to treat all ports of a range alike.
    if !isJudged, let other = judged?.ruleset { study.tryBorders(of: other) }
    study.onward = onward
    return study.table(of: access, client: client, at: site)
  }

  /// The gateways that sessions of a `reach` pass of the users' own, or at the other end.
  package enum ReachPart { case users, end }

  /// Whether sessions of a `reach` pass a gateway.
  package func passes(_ reach: Outreach, as part: ReachPart, _ gateway: Int?) -> Bool {
    switch part {
    case .users: gateway == reach.gateway || gateways(outwardsFrom: reach.gateway).contains(gateway)
    case .end: policy.publication(of: reach).map { gateways(outwardsFrom: $0.gateway).contains(gateway) } ?? false
    }
  }

  private func gateways(outwardsFrom gateway: Int?) -> [Int?] { gateway.map { policy.path(to: $0) } ?? [] }

  /// What is not played of the way.
  private func notes(on reach: Outreach, _ table: SessionTable, isPlayedToItsEnd: Bool) -> [String] {
    var notes: [String] = []
    let users = table.clients[.allowed, default: [:]].values.sorted()
    let isTranslated = table.cells.contains { $0.performance?.hidesClient == true }
    if reach.source.value == .keep, !isTranslated, users.contains(where: { $0.scope == .privateUse }) {
      notes.append(
        "Users leave with their own addresses: where these are private, another rule or box has to translate them.")
    }
    if let publication = policy.publication(of: reach), !isPlayedToItsEnd {
      let gateway = policy.gateway(of: publication).map { "gateway `\($0.name.value)`" } ?? "the other gateway"
      notes.append(
        "What \(gateway) does at the other end is not played here: `explain FILES \(publication.name.value)` tells it."
      )
    }
    return notes
  }
}

extension Performance {
  /// Whether a gateway puts another address in the place of the client's.
  fileprivate var hidesClient: Bool {
    steps.contains { step in
      step.from == .client
        && step.events.contains { event in
          if case .sourceTranslated = event { true } else { false }
        }
    }
  }
}

/// The rules of one gateway that are judged in the place of what the policy compiles to there.
package struct JudgedRules: Sendable {
  /// Position in `Policy.gateways`; `nil` when the policy declares none.
  package var gateway: Int?
  /// All tables.
  package var ruleset: Ruleset
  /// The machines that are really there for a publication of a policy; `nil` for rules that were read from files.
  package var site: (@Sendable (Publication, Policy) -> SessionSite)?

  package init(
    gateway: Int?, ruleset: Ruleset, site: (@Sendable (Publication, Policy) -> SessionSite)? = nil
  ) {
    (self.gateway, self.ruleset, self.site) = (gateway, ruleset, site)
  }
}

extension SessionTable {
  /// Adds what becomes of sessions with another address of the server: each cell tells the worse of both.
  mutating func join(_ other: SessionTable, dialled: [IPAddress] = [], place: String = "") {
    for cell in other.cells {
      let same = cells.firstIndex {
        $0.place == cell.place && $0.encryption == cell.encryption && $0.mode == cell.mode && $0.family == cell.family
      }
      guard let same else {
        cells.append(cell)
        continue
      }
      guard cell.urgency > cells[same].urgency else { continue }
      cells[same] = cell
      let address = place + (dialled.first { $0.family == cell.family }.map { "at \($0): " } ?? "")
      if !cell.reason.isEmpty { cells[same].reason = address + cell.reason }
    }
    clients.merge(other.clients) { own, new in own.merging(new) { own, _ in own } }
    notes += other.notes.filter { !notes.contains($0) }
  }
}

extension SessionCell {
  /// How much it matters beside another cell of its kind; a family without an address is told by the others.
  fileprivate var urgency: Int {
    if isIntrusion { return 5 }
    return switch outcome {
    case .broken: 4
    case .undecided: 3
    case .works: 2
    case .refused: performance == nil ? 0 : 1
    }
  }
}
