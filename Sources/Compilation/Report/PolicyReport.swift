import Addressing
import FTPSession
import Policy

/// What `report` shows of a whole policy: its sessions by kinds, and who has to do with whom.
///
/// Publications that fare alike are of one kind, of which the first is played; so a page tells of 20,000 publications
/// what it tells of 20.
package struct PolicyReport: Sendable {
  /// Sessions that fare alike.
  struct Kind: Sendable {
    /// From 1.
    var number: Int
    var count: Int
    /// Those of the first publication of the kind.
    var table: SessionTable
  }

  /// What is told of a `reach`.
  struct Outbound: Sendable {
    var reach: Outreach
    /// `nil` where so many are there that this one was not played.
    var table: SessionTable?
  }

  let compilation: Compilation
  /// Empty for a policy with errors: nothing was played.
  let kinds: [Kind]
  /// The kind of each publication, as a position in `kinds`; `nil` where there are too many kinds.
  let kindOfPublication: [Int?]
  let outbound: [Outbound]

  /// Kinds that are played at most, and users' sessions.
  private static let most = (kinds: 300, reaches: 100)

  var policy: Policy { compilation.policy }

  package init(_ compilation: Compilation) {
    self.compilation = compilation
    let policy = compilation.policy
    guard compilation.isAccepted else {
      (kinds, kindOfPublication) = ([], policy.publications.map { _ in nil })
      outbound = policy.reaches.map { Outbound(reach: $0) }
      return
    }
    let check = SessionCheck(policy)
    let numbering = check.numbering()
    kinds = numbering.kinds.prefix(Self.most.kinds).enumerated().map { number, kind in
      let part = compilation.holding(check.part(kind.first))
      return Kind(
        number: number + 1, count: kind.count, table: part.sessions(of: policy.publications[kind.first]))
    }
    kindOfPublication = numbering.numbers.map { $0 < Self.most.kinds ? $0 : nil }
    outbound = policy.reaches.enumerated().map { position, reach in
      let isPlayed = position < Self.most.reaches && compilation.canExplain(reach)
      return Outbound(reach: reach, table: isPlayed ? compilation.sessions(of: reach) : nil)
    }
  }

  /// Whether a session that the policy permits does not work, or nobody can tell.
  package var fails: Bool {
    !compilation.isAccepted || kinds.contains(where: \.table.fails)
      || outbound.contains { $0.table?.fails ?? false }
  }

  /// The tables of all that was played.
  var tables: [SessionTable] { kinds.map(\.table) + outbound.compactMap(\.table) }

  /// The kind of a publication.
  func kind(_ position: Int) -> Kind? {
    guard kindOfPublication.indices.contains(position), let kind = kindOfPublication[position] else { return nil }
    return kinds.indices.contains(kind) ? kinds[kind] : nil
  }

  /// The gateways that sessions of a publication pass, the outermost first.
  func path(of publication: Publication) -> [Int] { publication.gateway.map { policy.path(to: $0) } ?? [] }
}

extension SessionTable {
  /// Whether a session that is permitted works under a condition alone.
  var isConditional: Bool { cells.contains { $0.isPermitted && $0.outcome == .works && !$0.reason.isEmpty } }

  /// Whether any session is permitted.
  var permitsAny: Bool { cells.contains(where: \.isPermitted) }

  /// What becomes of the sessions of those who are admitted, in a few words, and the worst outcome among them.
  var summary: (text: String, outcome: SessionOutcome) {
    func words(_ outcome: SessionOutcome) -> String? {
      let parts = Encryption.allCases.compactMap { encryption -> String? in
        let modes = DataMode.allCases.filter { mode in
          cells.contains {
            $0.place == .allowed && $0.encryption == encryption && $0.mode == mode && $0.outcome == outcome
              && $0.isPermitted
          }
        }
        return modes.isEmpty ? nil : ([encryption.title] + modes.map(\.command)).joined(separator: " ")
      }
      return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
    if cells.contains(where: \.isIntrusion) { return ("a client gets in whom the policy keeps out", .broken) }
    if let broken = words(.broken) { return ("broken: \(broken)", .broken) }
    if let open = words(.undecided) { return ("undecided: \(open)", .undecided) }
    return words(.works).map { ("\(isConditional ? "works, but" : "works"): \($0)", .works) } ?? (
      "nothing is permitted", .refused
    )
  }
}
