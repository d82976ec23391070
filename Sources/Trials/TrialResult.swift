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

extension ProbeReport.Event {
  fileprivate var isDataConnection: Bool {
    kind == "dialled" && connection == "data" && result == "connected"
  }
  fileprivate var isAnnouncement: Bool { (text ?? "").hasPrefix("227") || (text ?? "").hasPrefix("229") }
}
