import Evidence
import FTPSession
import PolicySyntax

/// F54: the server answers PASV, and the client never gets it. Looks alike: a slow server, which has written no answer.
struct LostReply: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for near in encounter.client {
      guard let last = near.exchanges.last, ["PASV", "EPSV"].contains(last.command.verb), last.replies.isEmpty,
        near.timedOut != nil || near.ended != nil,
        // A capture with a gap, or a log without replies, lacks more than what was lost on the way.
        near.dialogue.writes.contains(.replies)
      else { continue }
      for far in encounter.server {
        guard let answered = far.exchanges.last(where: { $0.command.verb == last.command.verb && $0.final != nil }),
          let final = answered.final, final.reply.code < 300,
          far.exchanges.count(where: { $0.command.verb == last.command.verb })
            == near.exchanges.count(where: { $0.command.verb == last.command.verb })
        else { continue }
        let isSeen = near.isCapture && far.isCapture && near.isSameConnection(as: far)
        return [
          Found(
            "F54", isSeen ? .proven : .likely, .firewall,
            "the server answers \(last.command.verb), and the answer does not reach the client",
            at: [final.event.mark, last.event.mark],
            remedy:
              "switch the helper or the FTP inspection off for this service: it drops a reply that it cannot read",
            word: .helper, stage: .announcement)
        ]
      }
    }
    return []
  }
}
