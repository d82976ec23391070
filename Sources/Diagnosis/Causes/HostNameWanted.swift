import Evidence
import FTPSession

/// F25: the server has several sites on one address and port, and the login does not say which. Its own log tells it
/// for certain; the reply may be another's.
struct HostNameWanted: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let said = encounter.stories.flatMap(\.findings).first { $0.finding == .hostNameWanted }?.event.mark
    let answer = encounter.replies.first { entry in
      context.replies.contains { $0.meaning == .hostNameWanted && $0.matches(entry.reply) }
    }?.event.mark
    guard let mark = said ?? answer else { return [] }
    return [
      Found(
        "F25", said == nil ? .likely : .proven, .server,
        "the server has sites with host names, and refuses a login that names none", at: [mark],
        remedy: "give the site a binding without a host name, or log in as `HOST|USER`; no firewall takes part",
        stage: .login)
    ]
  }
}
