import Evidence
import FTPSession

/// F73: the client gives up while it waits for the login.
struct ImpatientClient: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.client where !story.isCapture {
      guard let last = story.exchanges.last, ["USER", "PASS"].contains(last.command.verb), last.replies.isEmpty,
        let waited = story.timedOut
      else { continue }
      return [
        Found(
          "F73", .likely, .client, "the client gives up before the server has answered the login",
          at: [last.event.mark, waited.mark],
          remedy:
            "wait longer: some servers delay logins on purpose or look names up; the data connection has no part in it",
          stage: .login)
      ]
    }
    return []
  }
}
