import Evidence
import FTPSession

/// F53, F68: the client is greeted by somebody else than the server.
struct TransparentProxy: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for near in encounter.client {
      guard let mine = near.greeting, let first = mine.reply.lines.first,
        !first.allSatisfy({ $0 == "*" }) || first.isEmpty
      else {
        continue
      }
      for far in encounter.server where far.isCapture || near.isSameConnection(as: far) {
        // Some clients write a part of a greeting alone.
        guard let theirs = far.greeting, Set(theirs.reply.lines).isDisjoint(with: mine.reply.lines),
          near.transfers.contains(where: \.fails)
        else { continue }
        return [
          Found(
            "F68", .likely, .firewall,
            "the client is greeted with other words than the server wrote: something between speaks for it",
            at: [mine.event.mark, theirs.event.mark], remedy: "go around the proxy, or ask whoever runs it",
            stage: .greeting)
        ]
      }
    }
    return []
  }
}
