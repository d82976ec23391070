import Evidence
import FTPSession
import PolicySyntax

/// F32: a PORT that names somebody else.
struct ForeignPort: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.stories {
      let said = story.findings.first { $0.finding == .foreignPort }
      // The same words refuse a port below 1024.
      let refused = story.transfers.filter { $0.isActive && ($0.announced?.endpoint?.port ?? 1024) >= 1024 }
      let answer = refused.lazy.compactMap { transfer in
        transfer.request?.final.flatMap { final in
          context.tells(final.reply, .foreignPort)
            ? [transfer.request?.event.mark, final.event.mark].compactMap(\.self) : nil
        }
      }.first
      guard let marks = said.map({ [$0.event.mark] }) ?? answer else { continue }
      return [
        Found(
          "F32", .proven, .client, "the server refuses the PORT, because the address in it is not the one it sees",
          at: marks,
          remedy: "use passive mode; behind NAT a client names its inner address, and TLS hides it from helpers",
          word: .active, stage: .announcement)
      ]
    }
    return []
  }
}
