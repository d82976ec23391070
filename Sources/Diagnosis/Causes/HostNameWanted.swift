import Evidence
import FTPSession

/// F25: the server has several sites on one address and port, and the login does not say which. Its own log tells it
/// for certain; the reply may be another's.
struct HostNameWanted: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let said = encounter.place(of: .hostNameWanted)
    guard let mark = said ?? context.reply(telling: .hostNameWanted, in: encounter) else { return [] }
    return [
      Found(
        "F25", said == nil ? .likely : .proven, .server,
        "the server has sites with host names, and refuses a login that names none", at: [mark],
        remedy: "give the site a binding without a host name, or log in as `HOST|USER`; no firewall takes part",
        stage: .login)
    ]
  }
}
