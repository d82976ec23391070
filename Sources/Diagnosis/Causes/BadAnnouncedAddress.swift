import Evidence
import FTPSession
import PolicySyntax

/// F43: the server cannot read the address that it should announce, and says so.
struct BadAnnouncedAddress: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for entry in encounter.replies {
      guard context.tells(entry.reply, .badAnnouncedAddress) else {
        continue
      }
      return [
        Found(
          "F43", .proven, .server, "the address that the server should announce cannot be read",
          at: [entry.event.mark],
          remedy: "write an IPv4 address as it is, without quotation marks", word: .externalIP, stage: .announcement)
      ]
    }
    return []
  }
}
