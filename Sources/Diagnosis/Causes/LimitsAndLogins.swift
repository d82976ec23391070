import Evidence
import FTPSession
import PolicySyntax

/// F71: too many sessions, or a login that is refused. No firewall's fault.
struct LimitsAndLogins: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for entry in encounter.replies {
      if context.tells(entry.reply, .tooMany) {
        return [cause("the server has as many sessions as it takes", [entry.event.mark], isLimit: true)]
      }
    }
    for story in encounter.stories {
      let logins = story.exchanges.filter { ["USER", "PASS"].contains($0.command.verb) }
      guard let last = logins.last, let final = last.final, final.reply.code == 530,
        // TLS or a host's name that is missing is said with 530 as well.
        !context.tells(final.reply, .controlMustBeEncrypted, .hostNameWanted),
        !story.findings.contains(where: { $0.finding == .hostNameWanted })
      else { continue }
      return [cause("the server refuses the login", [last.event.mark, final.event.mark], isLimit: false)]
    }
    return []
  }

  private func cause(_ message: String, _ marks: [Mark], isLimit: Bool) -> Found {
    Found(
      "F71", .proven, .server, message, at: marks,
      remedy: isLimit
        ? "raise the server's limit, or have clients open fewer sessions at once"
        : "name and password are the client's and the server's affair; no firewall takes part",
      word: isLimit ? .limit : nil, stage: .login)
  }
}
