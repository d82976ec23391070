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

  /// The sessions of a `reach`, seen from the users' side: through the gateway behind which they are, and no other.
  ///
  /// - Parameters:
  ///   - reach: One of `policy.reaches`.
  ///   - client: The only user to look at.
  package func sessions(of reach: Outreach, client: IPAddress? = nil) -> SessionTable {
    let outbound = policy.outbound
    let accesses = outbound.publications.filter { $0.name.value == reach.name.value }
    let tables: [SessionTable]
    if let ruleset = ruleset(gateway: reach.gateway) {
      let study = SessionStudy(outbound, gateway: reach.gateway, ruleset: ruleset, judgesBorders: true)
      tables = accesses.map { study.table(of: $0, client: client) }
    } else {
      let name = platform(of: reach.gateway).name
      tables = accesses.map { SessionTable(of: $0, in: outbound, undecidedBy: name, client: client) }
    }
    var table = tables.first ?? SessionTable(publication: reach.name.value, cells: [], clients: [:])
    for (other, access) in zip(tables, accesses).dropFirst() {
      table.join(other, dialled: access.externalAddresses.map(\.dialled.value))
    }
    table.notes += notes(on: reach, table)
    return table
  }

  /// What is not played of the way.
  private func notes(on reach: Outreach, _ table: SessionTable) -> [String] {
    var notes: [String] = []
    let users = table.clients[.allowed, default: [:]].values.sorted()
    if reach.source.value == .keep, users.contains(where: { $0.scope == .privateUse }) {
      notes.append(
        "Users leave with their own addresses: where these are private, another rule or box has to translate them.")
    }
    if let publication = policy.publication(of: reach) {
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
  mutating func join(_ other: SessionTable, dialled: [IPAddress]) {
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
      let address = dialled.first { $0.family == cell.family }.map { "at \($0): " } ?? ""
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
