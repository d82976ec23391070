import Evidence
import FTPSession

/// F72: the process of the session cannot go on, and says so, in clear even where TLS is on.
struct ServerDied: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let last = encounter.replies.filter { $0.reply.text.hasPrefix("OOPS") }
    func meanings(_ reply: FTPReply) -> [ReplyMeaning] {
      context.replies.filter { $0.matches(reply) }.map(\.meaning)
    }
    // Some of these have failures of their own; what another process says when the first has ended follows from that.
    guard last.allSatisfy({ meanings($0.reply).allSatisfy { $0 == .processDied } }) else { return [] }
    // A session that has worked ends so too, when its client is gone.
    for entry in last
    where meanings(entry.reply).contains(.processDied) && !entry.story.transfers.contains(where: \.works) {
      // Its text may have been cut off, and be another failure's, which is told first where something else shows it.
      let isCut = entry.reply.text.utf8.count <= 6
      return [
        Found(
          "F72", isCut ? .likely : .proven, .server,
          "the server's process ends with `\(entry.reply.whole)`", at: [entry.event.mark],
          remedy: "mend what the server complains about, often the home directory; no firewall takes part",
          stage: isCut ? .end : .login)
      ]
    }
    return []
  }
}
