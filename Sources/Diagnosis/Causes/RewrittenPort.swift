import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F13: the client reads another port in the 227 than the server wrote. Looks alike: two sessions taken for one.
struct RewrittenPort: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for near in encounter.client {
      for far in encounter.server {
        let pairs = zip(near.passive, far.passive)
        guard near.passive.count == far.passive.count else { continue }
        for (mine, theirs) in pairs {
          guard let here = mine.announced?.endpoint?.port, let there = theirs.announced?.endpoint?.port,
            here != there, !mine.isEncrypted,
            // Where another session has that port these are two sessions.
            !context.totals.portsAtClients.contains(there), !context.totals.portsAtServers.contains(here)
          else { continue }
          let marks = [mine.announcedMark, theirs.announcedMark].compactMap(\.self)
          return [
            Found(
              "F13", near.isSameConnection(as: far) ? .proven : .likely, .firewall,
              "the server announces port \(there), and the client reads port \(here): a box between rewrites the reply",
              at: marks,
              remedy:
                "switch the helper or the FTP inspection off for this service, or give services of one address ranges that do not overlap",
              word: .helper, stage: .announcement)
          ]
        }
      }
    }
    return []
  }
}

extension Story {
  var passive: [Transfer] { transfers.filter { $0.isPassive && $0.announced?.endpoint != nil } }

  /// Whether both are certainly of one connection.
  func isSameConnection(as other: Story) -> Bool {
    if let mine = dialogue.sequence, let theirs = other.dialogue.sequence { return mine == theirs }
    if let mine = dialogue.client.port, let theirs = other.dialogue.client.port {
      return mine == theirs && dialogue.client.address == other.dialogue.client.address
    }
    return false
  }
}
