import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F05, F08, F09: the policy counts on a helper, and in a session in clear it opened nothing. What of it is at fault
/// (F06, F07, F08, F11, F12) only the rules of the firewall tell.
struct HelperDidNotAct: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    guard context.countsOnHelper, encounter.isClear, let publication = context.publication else { return [] }
    for story in encounter.client {
      for transfer in story.transfers where transfer.mode == .pasv && transfer.fails && !transfer.isConnected {
        guard let offered = transfer.announced?.endpoint?.address else { continue }
        let written = encounter.server.flatMap(\.transfers).first {
          $0.mode == .pasv && $0.announced?.endpoint != nil && $0.announced == transfer.announced
        }
        let marks = transfer.marks + [written?.announcedMark].compactMap(\.self)
        if offered.scope == .privateUse { return [untouched(offered, publication, marks)] }
        // The server's own side has the external address as well, so no helper has put it in.
        if written != nil { return [external(offered, marks)] }
      }
    }
    return []
  }

  private func untouched(_ offered: IPAddress, _ publication: PublishedFacts, _ marks: [Mark]) -> Found {
    let isOther = publication.controlPort != 21
    return Found(
      isOther ? "F09" : "F08", .likely, .firewall,
      "the client reads \(offered) in the 227: the helper that the policy counts on did not see the session"
        + (isOther ? " on port \(publication.controlPort)" : ""),
      at: marks,
      remedy: isOther
        ? "assign the helper to port \(publication.controlPort), as packets carry it there; or publish the passive range and do without"
        : "see with `check --kernel` that the helper is there and assigned; or publish the passive range and do without",
      word: .helper, stage: .announcement)
  }

  private func external(_ offered: IPAddress, _ marks: [Mark]) -> Found {
    Found(
      "F05", .likely, .firewall,
      "the server itself announces \(offered), which is not its own address: the helper takes no notice of such a 227",
      at: marks,
      remedy:
        "either the helper and the server's own address in the 227, or a published range, the external address and no helper",
      word: .helper, stage: .announcement)
  }
}

extension Context {
  /// Whether the policy leaves data connections to a helper alone.
  var countsOnHelper: Bool { publication.map { $0.hasHelper && $0.passiveRange == nil } ?? false }
}
