import Evidence
import FTPSession
import PolicySyntax

/// F24: the server wants TLS, and the client speaks in clear. The server says so itself.
struct TLSRequired: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for entry in encounter.replies where entry.story.secured == nil {
      guard context.tells(entry.reply, .controlMustBeEncrypted)
      else {
        continue
      }
      return [
        Found(
          "F24", .proven, .client, "the server wants TLS, and the client speaks in clear", at: [entry.event.mark],
          remedy: "choose explicit FTP over TLS in the client", word: .tls, stage: .security)
      ]
    }
    return []
  }
}
