import Addressing
package import Compilation
package import Evidence
import FTPSession

/// A session that was tried, with what became of it.
package struct TrialResult: Sendable {
  package var trial: Trial
  /// `nil` where `sallyport-probe` gave none.
  package var report: ProbeReport?
  package var outcome: SessionOutcome
  /// One sentence without a final period; empty for what simply works.
  package var reason: String
  /// Whether a server that is to refuse sessions in clear asks for a password in one.
  package var asksForPassword = false

  /// - Parameters:
  ///   - report: What `sallyport-probe` tells.
  ///   - replies: What replies of known servers tell.
  package init(_ trial: Trial, _ report: ProbeReport, _ manner: TrialManner, replies: [KnownReply] = []) {
    self.trial = trial
    self.report = report
    (outcome, reason) = (.undecided, "")
    let verdict = TrialJudge(trial: trial, report: report, manner: manner, replies: replies).verdict
    (outcome, reason) = (verdict.outcome, verdict.reason)
    asksForPassword = verdict.asksForPassword
  }

  /// A session of which nothing is known.
  package init(_ trial: Trial, failure: String) {
    self.trial = trial
    (outcome, reason) = (.undecided, failure)
  }

  /// The last thing that was reached, as `diagnose` names it.
  package var lastStep: String {
    if outcome == .works { return "done" }
    let events = report?.events ?? []
    if events.contains(where: { $0.kind == "data" || $0.kind == "accepted" || $0.isDataConnection }) { return "data" }
    if events.contains(where: { $0.kind == "dialling" && $0.connection == "data" }) { return "dial" }
    if events.contains(where: { $0.kind == "received" && $0.isAnnouncement }) { return "announcement" }
    if events.contains(where: { $0.kind == "received" && ($0.text ?? "").hasPrefix("230") }) { return "login" }
    return events.contains { $0.kind == "received" } ? "greeting" : "control"
  }

  /// Whether it is as the policy promises; without a policy, whether it works, or the server does not want it.
  package var isAsPromised: Bool {
    guard let promise = trial.promise else { return outcome == .works || outcome == .refused }
    switch promise.outcome {
    case .works where promise.isPermitted: return outcome == .works
    // Nobody could tell beforehand.
    case .undecided where promise.isPermitted: return outcome == .works
    case .broken: return false
    // The rules do not keep such sessions from working, though nobody asked for them.
    case .works, .undecided: return outcome != .undecided
    // What the policy does not want may end anywhere, but for a login.
    case .refused: return !asksForPassword && (outcome == .refused || outcome == .broken)
    }
  }

  /// Whether TLS of data connections offered the session of the control connection; `nil` without such a connection.
  package var resumesTLS: Bool? {
    let notes = (report?.events ?? []).compactMap { $0.kind == "note" ? CurlNote($0.text ?? "") : nil }
    guard notes.count(where: { $0 == .secured }) > 1 else { return nil }
    return notes.contains(.resumes)
  }

  /// What is to be said of a session that is not as promised.
  package var complaint: String {
    let what = reason.isEmpty ? outcome.rawValue : "\(outcome.rawValue): \(reason)"
    guard let promise = trial.promise else { return what }
    let why = promise.reason.isEmpty ? "" : " (\(promise.reason))"
    return "\(what); the policy's rules say \(promise.outcome.rawValue)\(why)"
  }
}

/// Finds out what became of a session, step by step as a session meets them.
private struct TrialJudge {
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
      return (.undecided, "nobody vouches for the certificate (\(shortened(problem))), so no password was sent")
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

extension ProbeReport.Event {
  fileprivate var isDataConnection: Bool {
    kind == "dialled" && connection == "data" && result == "connected"
  }
  fileprivate var isAnnouncement: Bool { (text ?? "").hasPrefix("227") || (text ?? "").hasPrefix("229") }
}
