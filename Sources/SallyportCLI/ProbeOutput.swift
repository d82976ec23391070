import Addressing
import Compilation
import Diagnosis
import FTPSession
import Trials

/// What `probe` prints for programs: sessions and causes as those of `diagnose`, with more of each session.
struct ProbeOutput: Encodable {
  struct Session: Encodable {
    var file: String
    var started: Int
    var tls: String
    var mode: String
    var family: String
    var outcome: String
    var lastStep: String
    var address: String
    var port: Int
    var reason: String
    var promised: String?
    var asPromised: Bool
    /// Whether TLS of data connections offered the session of the control connection; left out without such a one.
    var resumesTls: Bool?
    /// Whether it stands for every mode of its kind of TLS.
    var standsForAllModes: Bool
    var transcript: [String]
    var certificate: Certificate?
  }

  struct Certificate: Encodable {
    var subject: String
    var issuer: String
    var expires: String
    var names: String
    /// Why nobody vouches for it; left out where somebody does.
    var problem: String?
  }

  var formatVersion = 1
  var probed: String
  var from: String?
  var sessions: [Session]
  var causes: [DiagnoseOutput.Cause]
  var next: [String]
  /// Without a policy, one that fits what was seen.
  var policy: String?

  init(_ findings: ProbeFindings, _ plan: ProbePlan, from: String?, statement: (Found) -> String?) {
    probed = plan.title
    self.from = from
    sessions = findings.results.map { Session($0) }
    causes = findings.causes.isEmpty ? [] : DiagnoseOutput.causes(findings.diagnosis, statement)
    next = findings.next
    policy = findings.policy
  }
}

extension ProbeOutput.Session {
  init(_ result: TrialResult) {
    let trial = result.trial
    (file, started) = (trial.title, 1)
    (tls, mode) = (trial.kind.encryption.rawValue, trial.kind.mode.rawValue)
    family = trial.kind.family == .ipv4 ? "ipv4" : "ipv6"
    (outcome, lastStep) = (result.outcome.rawValue, result.lastStep)
    (address, port) = ("\(trial.address)", Int(trial.port))
    (reason, promised, asPromised) = (result.reason, trial.promise?.outcome.rawValue, result.isAsPromised)
    resumesTls = result.resumesTLS
    standsForAllModes = trial.standsForAllModes
    transcript = result.report?.transcript ?? []
    certificate = result.report?.certificate.map {
      ProbeOutput.Certificate(
        subject: $0.subject, issuer: $0.issuer, expires: $0.expires, names: $0.names,
        problem: result.report?.certificateProblem)
    }
  }
}
