import Evidence
import FTPSession

/// F65: a 227 or 229 that is none.
struct MalformedAnnouncement: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    // Whoever dials has read something; a capture does not know the port of what it cannot read.
    let isRead = encounter.client.contains { story in
      story.transfers.contains { $0.isPassive && !$0.dials.isEmpty }
        || story.dialogue.strays.contains { $0.target.address == story.peer }
    }
    for story in encounter.stories where !isRead {
      for transfer in story.transfers where transfer.announced == .malformed && !transfer.works {
        guard let final = transfer.request?.final, [227, 229].contains(final.reply.code),
          // PASV that is answered by 229 is another failure, and a log may have cut the text off.
          (transfer.mode == .pasv) == (final.reply.code == 227), final.reply.text.contains(where: \.isNumber),
          transfer.dials.isEmpty, !Self.isMasked(final.reply.text), final.reply.text.contains(")"),
          !story.isCapture || story.dialogue.writes.contains(.replies)
        else { continue }
        return [
          Found(
            "F65", .proven, .server, "the reply `\(final.reply.whole)` has no address and port that clients can read",
            at: [final.event.mark],
            remedy:
              "upgrade the server, or what rewrites its replies; until then use \(final.reply.code == 227 ? "EPSV" : "PASV")",
            stage: .announcement)
        ]
      }
    }
    return []
  }

  /// Whether somebody has put other signs in the place of numbers, as before a log is shown to others.
  private static func isMasked(_ text: String) -> Bool {
    let inner = text.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }
    let parts = inner.split(whereSeparator: { $0 == "," || $0 == "|" || $0 == "." })
    return parts.contains { part in part.allSatisfy { "xXyYzZ*#?_".contains($0) } }
  }
}
