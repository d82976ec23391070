import Compilation
import Diagnostics
import Nftables
import Platforms
import Policy
import PolicySyntax

/// Whether a name has what no seed has in a name.
private func isStrange(_ name: String) -> Bool {
  name.utf8.contains {
    !(0x30...0x39).contains($0) && !(0x61...0x7A).contains($0 | 0x20) && ![0x2D, 0x5F].contains($0)
  }
}

/// Listings of our table in JSON. Promises: a table that is read prints, differs from itself in nothing, and is reached
/// from any other by their difference.
enum FuzzListing: FuzzTarget {
  static let name = "listing"

  static func run(_ input: [UInt8]) -> Bool {
    guard let table = try? Table.read(listing: input, name: "sallyport") else { return false }
    if !Difference(from: table.canonical(), to: table.canonical()).isEmpty { broken("a table differs from itself") }
    _ = PolicyDifference(running: table, wanted: Table("sallyport")).changes
    return (table.sets.map(\.name) + table.chains.map(\.name)).contains(where: isStrange)
  }
}

/// What nft prints as text beside the outline in JSON. The input is both, apart by a byte of zero. Promise: a table
/// that is read has no difference from itself.
enum FuzzPrintedTable: FuzzTarget {
  static let name = "printed"

  static func run(_ input: [UInt8]) -> Bool {
    let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let outline = parts.first, let text = parts.last,
      let table = Table.read(outline: Array(outline), printed: Array(text), name: "sallyport")
    else { return false }
    if !PolicyDifference(running: table, wanted: table).isSame { broken("a table differs from itself") }
    return table.sets.contains { $0.elements.contains { $0.comment.map(isStrange) ?? false } }
  }
}

/// Sessions under rules of others. Promise: every session has an outcome.
enum FuzzSessions: FuzzTarget {
  static let name = "sessions"

  private static let policy: Policy = {
    let text = """
      publish files {
        server         10.10.20.200 vsftpd
        external ip    203.0.113.10
        passive range  50000-50009
        tls            explicit optional
        active         on
      }
      """
    return Compilation(loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) }).policy
  }()

  static func run(_ input: [UInt8]) -> Bool {
    guard let ruleset = try? Ruleset.read(listing: input) else { return false }
    let study = SessionStudy(policy, gateway: nil, ruleset: ruleset, judgesBorders: true)
    for publication in policy.publications {
      let table = study.table(of: publication)
      if table.cells.isEmpty { broken("there are no sessions") }
      if table.cells.contains(where: { $0.outcome != .works && $0.reason.isEmpty }) {
        broken("a session fails without a reason")
      }
    }
    return ruleset.tables.contains { isStrange($0.name) }
  }
}
