import Evidence
import FTPSession
import PolicySyntax

/// F28, F29, F30: no port of the passive range is free.
struct RangeUsedUp: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.stories {
      if let found = story.findings.first(where: { $0.finding == .rangeExhausted }) {
        return [cause("F29", [found.event.mark])]
      }
    }
    for entry in encounter.replies {
      guard context.tells(entry.reply, .rangeExhausted) else {
        continue
      }
      // In active mode no port of the range is wanted.
      guard !entry.story.transfers.contains(where: \.isActive) else { continue }
      return [cause("F28", [entry.event.mark])]
    }
    // A server whose log has every reply, and none to this: its process ended while it looked for a port.
    for story in encounter.server where story.dialogue.writes.contains(.replies) && !story.isCapture {
      guard let last = story.exchanges.last, ["PASV", "EPSV"].contains(last.command.verb), last.replies.isEmpty else {
        continue
      }
      return [cause("F28", [last.event.mark], .likely)]
    }
    return []
  }

  private func cause(_ failure: String, _ marks: [Mark], _ certainty: Certainty = .proven) -> Found {
    Found(
      failure, certainty, .server, "no port of the passive range is free", at: marks,
      remedy:
        "make the passive range larger, at the server and at the firewall: two ports for each session, more for many small files",
      word: .passiveRange, stage: .announcement)
  }
}
