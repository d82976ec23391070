import Addressing
import Compilation
import Diagnosis
import Evidence
import FTPSession
import Trials

/// The fields of JSON are fixed: scripts rely on them.
struct DiagnoseOutput: Encodable {
  struct Session: Encodable {
    var file: String
    var started: Int?
    var tls: String
    var mode: String?
    var family: String?
    var outcome: String
    var lastStep: String
  }

  struct Place: Encodable {
    var file: String
    var line: Int?
    var packet: Int?
    var text: String
  }

  struct Cause: Encodable {
    var failure: String
    var certainty: String
    var box: String
    var message: String
    var evidence: [Place]
    var remedy: String
    var statement: String?
  }

  struct Piece: Encodable {
    var file: String
    var kind: String?
    var viewpoint: String?
    var sessions: Int
    var understood: Int
  }

  var formatVersion = 1
  var sessions: [Session]
  var causes: [Cause]
  var evidence: [Piece]
  var next: [String]

  init(_ diagnosis: Diagnosis, _ statement: (Found) -> String?) {
    func name(_ source: Int) -> String {
      diagnosis.files.indices.contains(source) ? diagnosis.files[source].name : ""
    }
    sessions = diagnosis.sessions.map { session in
      Session(
        file: name(session.source), started: session.started?.line ?? session.started?.packet,
        tls: session.tls.rawValue,
        mode: session.mode?.rawValue, family: session.family.map { $0 == .ipv4 ? "ipv4" : "ipv6" },
        outcome: session.outcome, lastStep: session.lastStep)
    }
    causes = Self.causes(diagnosis, statement)
    evidence = diagnosis.files.map {
      Piece(
        file: $0.name, kind: $0.kind, viewpoint: $0.viewpoint?.rawValue, sessions: $0.dialogues.count,
        understood: $0.understood)
    }
    next = diagnosis.next
  }

  static func causes(_ diagnosis: Diagnosis, _ statement: (Found) -> String?) -> [Cause] {
    diagnosis.causes.map { found in
      let evidence = found.evidence.map { mark in
        Place(
          file: diagnosis.files.indices.contains(mark.source) ? diagnosis.files[mark.source].name : "",
          line: mark.line, packet: mark.packet, text: mark.text)
      }
      return Cause(
        failure: found.failure, certainty: found.certainty.rawValue, box: found.box.rawValue, message: found.message,
        evidence: evidence, remedy: found.remedy, statement: statement(found))
    }
  }
}

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

  init(
    _ results: [TrialResult], _ diagnosis: Diagnosis, _ plan: ProbePlan, from: String?,
    statement: (Found) -> String?
  ) {
    probed = plan.title
    self.from = from
    sessions = results.map { Session($0) }
    let isWrong = results.contains { !$0.isAsPromised }
    causes = isWrong ? DiagnoseOutput.causes(diagnosis, statement) : []
    next = isWrong ? diagnosis.next : []
    policy = plan.published == nil ? fittingPolicy(results) : nil
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
    standsForAllModes = trial.standsForAllModes
    transcript = result.report?.transcript ?? []
    certificate = result.report?.certificate.map {
      ProbeOutput.Certificate(
        subject: $0.subject, issuer: $0.issuer, expires: $0.expires, names: $0.names,
        problem: result.report?.certificateProblem)
    }
  }
}
