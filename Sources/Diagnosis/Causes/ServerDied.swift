import Evidence
import FTPSession

/// F72: the process of the session cannot go on, and says so, in clear even where TLS is on.
struct ServerDied: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for entry in encounter.replies where entry.reply.text.hasPrefix("OOPS") {
      // Some of these have failures of their own.
      let meanings = context.replies.filter { $0.matches(entry.reply) }.map(\.meaning)
      guard meanings.contains(.processDied), meanings.allSatisfy({ $0 == .processDied }) else { continue }
      return [
        Found(
          "F72", .proven, .server, "the server's process ends with `\(entry.reply.whole)`", at: [entry.event.mark],
          remedy: "mend what the server complains about, often the home directory; no firewall takes part",
          stage: .login)
      ]
    }
    return []
  }
}
