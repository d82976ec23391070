package import Addressing
import FTPSession
import Nftables
import Platforms
package import Policy

extension Compilation {
  /// Whether the sessions of a `reach` can be told: its statements were all understood, whatever they amount to.
  package func canExplain(_ reach: Outreach) -> Bool {
    !policy.isPartial && reach.unreadable.isEmpty && !reach.accesses.isEmpty
  }

  /// The sessions of a `reach`, seen from the users' side: through the gateway behind which they are, and of a
  /// publication of this policy through those at the other end. Gateways further out of the users' own have tables of
  /// their own, of which each cell tells the worst.
  ///
  /// - Parameters:
  ///   - reach: One of `policy.reaches`.
  ///   - client: The only user to look at.
  package func sessions(of reach: Outreach, client: IPAddress? = nil) -> SessionTable {
    let outbound = policy.outbound
    let end = reachedEnd(of: reach)
    func sessions(_ access: Publication) -> SessionTable {
      let gateway = access.gateway
      let asked = gateway == reach.gateway ? client : nil
      guard let ruleset = ruleset(gateway: gateway) else {
        return SessionTable(of: access, in: outbound, undecidedBy: platform(of: gateway).name, client: asked)
      }
      var study = SessionStudy(outbound, gateway: gateway, ruleset: ruleset, judgesBorders: true)
      if gateway == reach.gateway { study.reached = end }
      return study.table(of: access, client: asked)
    }
    let accesses = outbound.publications.filter { $0.name.value == reach.name.value }
    let (own, further) = (
      accesses.filter { $0.gateway == reach.gateway }, accesses.filter { $0.gateway != reach.gateway }
    )
    var table = own.first.map(sessions) ?? SessionTable(publication: reach.name.value, cells: [], clients: [:])
    for access in own.dropFirst() {
      table.join(sessions(access), dialled: access.externalAddresses.map(\.dialled.value))
    }
    for access in further {
      var other = sessions(access)
      // Whoever is no user of the gateway before does not come so far.
      other.cells.removeAll { $0.place != .allowed }
      (other.clients, other.notes) = ([:], [])
      let name = policy.gateway(at: access.gateway).map { "through the gateway `\($0.name.value)`: " } ?? ""
      table.join(other, place: name)
    }
    table.notes += notes(on: reach, table, isPlayedToItsEnd: end != nil)
    return table
  }

  /// The publication that a `reach` names, where it can be played together with the users' gateway: not where their
  /// packets pass further gateways before, which are played by themselves.
  func reachedEnd(of reach: Outreach) -> ReachedEnd? {
    guard let gateway = reach.gateway, let publication = policy.publication(of: reach),
      policy.path(to: gateway).count == 1
    else { return nil }
    return ReachedEnd(publication, in: policy, besides: [gateway])
  }

  /// What is not played of the way.
  private func notes(on reach: Outreach, _ table: SessionTable, isPlayedToItsEnd: Bool) -> [String] {
    var notes: [String] = []
    let users = table.clients[.allowed, default: [:]].values.sorted()
    if reach.source.value == .keep, users.contains(where: { $0.scope == .privateUse }) {
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
