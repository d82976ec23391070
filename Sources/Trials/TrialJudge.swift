import Addressing
import Compilation
import Evidence
import FTPSession

/// Finds out what became of a session, step by step as a session meets them.
struct TrialJudge {
  var trial: Trial
  var report: ProbeReport
  var manner: TrialManner
  var replies: [KnownReply]

  typealias Verdict = (outcome: SessionOutcome, reason: String, asksForPassword: Bool)

  private var events: [ProbeReport.Event] { report.events }
  private var target: String { Endpoint(trial.address, trial.port).text }

  var verdict: Verdict {
    let found = control ?? encryption ?? login ?? data ?? (.works, "")
    let asks = !trial.usesAccount && trial.kind.encryption == .plain && wasAskedForPassword
    return (found.0, found.1, asks)
  }

  /// The control connection, up to the greeting.
  private var control: (SessionOutcome, String)? {
    guard let dialled = events.first(where: { $0.kind == "dialled" && $0.connection == "control" }) else {
      return (.undecided, report.transfers.last?.error ?? "nothing was dialled")
    }
    switch dialled.result {
    case "connected": break
    case "refused": return (.refused, "the control connection to \(target) is refused")
    case "timed-out":
      return (.refused, "nobody answers at \(target) within \(manner.patience) seconds")
    default:
      // No route here says nothing about the server.
      let words = dialled.text ?? "unreachable"
      let isOurs = words.contains("Network is unreachable") || words.contains("assign requested address")
      return isOurs
        ? (.undecided, "this machine has no way to \(trial.address) (\(words))")
        : (.refused, "\(target) cannot be reached: \(words)")
    }
    guard trial.kind.encryption != .implicit else { return nil }
    guard let greeting = said.first(where: { $0.command == nil }) else {
      if let line = events.first(where: { $0.kind == "received" })?.text {
        if replyHead(line) != nil {
          return (.broken, "the greeting of \(target) does not come to its end: \(ending)")
        }
        return (.broken, "what answers at \(target) is no FTP server: it says `\(shortened(line))`")
      }
      return (.broken, "\(target) is reached, and no FTP server greets there: \(ending)")
    }
    guard greeting.reply.code < 400 else {
      return (.refused, "the server turns the session away: `\(shortened(greeting.reply.whole))`")
    }
    return nil
  }

  private var encryption: (SessionOutcome, String)? {
    guard trial.kind.encryption != .plain else { return nil }
    if trial.kind.encryption == .explicit, !isSecured {
      let refusals = said.filter { $0.command?.verb == "AUTH" }
      if let last = refusals.last, refusals.allSatisfy({ $0.reply.code >= 400 }) {
        return (.refused, "TLS is refused: `\(shortened(last.reply.whole))`")
      }
    }
    if let problem = report.certificateProblem, !manner.acceptsCertificate, trial.usesAccount {
      return (
        .undecided,
        "nobody vouches for the certificate (\(shortened(problem))), so no password was sent; --ca, --name and "
          + "--accept-certificate tell what to trust"
      )
    }
    guard !isSecured else { return nil }
    let isClear = events.contains { $0.kind == "note" && CurlNote($0.text ?? "") == .clearText }
    return isClear
      ? (.refused, "what answers at \(target) does not begin with TLS")
      : (.broken, "TLS does not come up: \(ending)")
  }

  private var login: (SessionOutcome, String)? {
    guard !isLoggedIn else { return nil }
    for step in said where ["USER", "PASS", "ACCT"].contains(step.command?.verb ?? "") && step.reply.code >= 400 {
      let words = "`\(shortened(step.reply.whole))`"
      if trial.kind.encryption == .plain, wantsTLS(step.reply) { return (.refused, "the server wants TLS: \(words)") }
      if !trial.usesAccount {
        return step.command?.verb == "USER"
          ? (.refused, "the server refuses the login: \(words)")
          : (
            .undecided,
            trial.kind.encryption == .plain
              ? "the server asks for a password in clear"
              : "the server takes sessions with \(trial.kind.encryption.title)"
          )
      }
      return (.undecided, "the login fails: \(words)")
    }
    if trial.kind.encryption == .plain, let last = said.last, last.reply.code >= 400 {
      return (.refused, "the server ends the session: `\(shortened(last.reply.whole))`")
    }
    return (.broken, "the login does not come to its end: \(ending)")
  }

  private var data: (SessionOutcome, String)? {
    let verb = trial.kind.mode.command
    guard let asked = said.last(where: { $0.command?.verb == verb }) else {
      return (.broken, "the server does not answer \(verb): \(ending)")
    }
    guard asked.reply.code < 400 else {
      return (.broken, "the server refuses \(verb): `\(shortened(asked.reply.whole))`")
    }
    if let failed = failedDial {
      let place = Endpoint(failed.address.flatMap { IPAddress($0) }, failed.port).text
      return (.broken, "the data connection to \(place) \(fate(failed))")
    }
    guard let failed = report.transfers.first(where: { !["done", "enough"].contains($0.ending) }) else {
      return report.transfers.isEmpty ? (.undecided, "nothing was transferred") : nil
    }
    return transfer(failed)
  }

  private func transfer(_ failed: ProbeReport.Transfer) -> (SessionOutcome, String) {
    let what = failed.name == "again" ? "the second transfer" : failed.name == "upload" ? "the upload" : "the listing"
    switch failed.ending {
    case "exists": return (.undecided, "nothing was uploaded: there is a file of that name")
    case "reconnect" where failed.name == "again" && manner.idle > 0:
      return (.broken, "after \(manner.idle) seconds without a word the control connection is gone")
    case "reconnect": return (.broken, "the server ends the control connection before \(what)")
    case "stalled": return (.broken, "\(what) stalls after \(failed.bytes) bytes")
    case "chatter": return (.broken, "the server talks without an end")
    case "hung", "handshake":
      return (
        .undecided,
        "the data connection comes about, and this version of the library (\(report.library)) does not get through with TLS on it"
      )
    default: break
    }
    if let last = said.last, last.reply.code >= 400 {
      return (.broken, "\(what) fails: `\(shortened(last.reply.whole))`")
    }
    if trial.kind.mode.isActive, !events.contains(where: { $0.kind == "accepted" }) {
      return (.broken, "the server's data connection does not come within \(manner.patience) seconds")
    }
    return (.broken, "\(what) fails: \(failed.error.isEmpty ? "it does not end" : shortened(failed.error))")
  }

  /// The data connection that did not come about.
  private var failedDial: ProbeReport.Event? {
    events.last { $0.kind == "dialled" && $0.connection == "data" && $0.result != "connected" }
  }

  private func fate(_ dialled: ProbeReport.Event) -> String {
    switch dialled.result {
    case "timed-out": "gets no answer within \(manner.patience) seconds"
    case "refused": "is refused"
    default: "gets nowhere" + (dialled.text.map { " (\($0))" } ?? "")
    }
  }

  // MARK: What was said

  /// Replies with the command before each; `nil` for the greeting.
  private var said: [(command: FTPCommand?, reply: FTPReply)] {
    var result: [(FTPCommand?, FTPReply)] = []
    var command: FTPCommand?
    var open: Int?
    for event in events {
      if event.kind == "sent", let next = FTPCommand(event.text ?? "") { (command, open) = (next, nil) }
      guard event.kind == "received", let head = replyHead(event.text ?? "") else { continue }
      if let code = open, code != head.code || !head.isLast { continue }
      open = head.isLast ? nil : head.code
      if head.isLast { result.append((command, FTPReply(code: head.code, lines: [head.text]))) }
    }
    return result
  }

  private var isSecured: Bool { events.contains { $0.kind == "note" && CurlNote($0.text ?? "") == .secured } }

  private var isLoggedIn: Bool {
    said.contains {
      [230, 232].contains($0.reply.code) && ["USER", "PASS", "ACCT"].contains($0.command?.verb ?? "")
    }
  }

  private var wasAskedForPassword: Bool {
    said.contains { $0.command?.verb == "USER" && $0.reply.code < 400 }
  }

  private func wantsTLS(_ reply: FTPReply) -> Bool {
    replies.contains { $0.meaning == .controlMustBeEncrypted && $0.matches(reply) }
  }

  /// How the last transfer ended, in words.
  private var ending: String {
    guard let last = report.transfers.last else { return "nothing came" }
    switch last.ending {
    case "chatter": return "it talks without an end"
    case "time": return "nothing comes within \(manner.patience) seconds"
    default: return last.error.isEmpty ? "the connection ends" : shortened(last.error)
    }
  }

  private func shortened(_ text: String) -> String {
    let words = redacted(trimmed(text))
    return words.unicodeScalars.count > 160
      ? String(String.UnicodeScalarView(words.unicodeScalars.prefix(159))) + "…" : words
  }
}
