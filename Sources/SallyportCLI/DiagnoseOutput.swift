import Addressing
import Compilation
import Diagnosis
import Evidence
import FTPSession

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
