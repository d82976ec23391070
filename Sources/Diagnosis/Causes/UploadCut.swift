import Evidence
import FTPSession

/// F67, F58: an upload that arrived, and is refused at its end.
struct UploadCut: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.stories {
      for transfer in story.transfers where transfer.isEncrypted {
        guard let use = transfer.use, ["STOR", "APPE", "STOU"].contains(use.command.verb), let final = use.final,
          context.tells(final.reply, .uploadCut)
        else { continue }
        return [
          Found(
            "F67", .likely, .client,
            "the upload is refused at its end: the client closes TLS in a way that the server does not take",
            at: [use.event.mark, final.event.mark], remedy: "upgrade client and server; TLS 1.2 until then",
            stage: .end)
        ]
      }
    }
    return []
  }
}
