import Evidence
import FTPSession
import PolicySyntax

/// F26, F27: a data connection in clear where the server wants TLS. The server says so itself.
struct DataMustBeEncrypted: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for entry in encounter.replies {
      guard context.tells(entry.reply, .dataMustBeEncrypted) else {
        continue
      }
      return [
        Found(
          entry.reply.code == 522 ? "F27" : "F26", .proven, .client,
          "the server wants encrypted data connections, and the client did not ask for them with PROT P",
          at: [entry.event.mark], remedy: "switch on encryption of data connections in the client (PBSZ 0, PROT P)",
          word: .tls, stage: .dataSecurity)
      ]
    }
    return []
  }
}
