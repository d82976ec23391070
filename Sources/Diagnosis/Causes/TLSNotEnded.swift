import Evidence
import FTPSession

/// F22: TLS of a data connection ends without being told so. Looks alike: a transfer that was cut off, which the reply
/// tells.
struct TLSNotEnded: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.stories {
      for transfer in story.transfers {
        guard let cut = transfer.findings.first(where: { $0.finding == .cutTLS }), let final = transfer.use?.final,
          final.reply.code == 226 || [426, 450, 451].contains(final.reply.code) && transfer.bytes > 0
        else { continue }
        return [
          Found(
            "F22", .likely, .server,
            "TLS of the data connection ends without a word, which clients take for a transfer that was cut off",
            at: [cut.event.mark, final.event.mark],
            remedy:
              "upgrade the server where its FIN ends the connection; look for a box that resets connections where a RST does",
            stage: .end)
        ]
      }
    }
    return []
  }
}
