import Diagnosis
import Evidence
import Servers

/// Logs of clients, servers and firewalls, up to four with a byte of zero between. Promises: what is said can be shown
/// on a terminal, has no password in it, and has a line of the evidence for each cause; where nothing is understood
/// nothing is named.
enum FuzzEvidence: FuzzTarget {
  static let name = "evidence"

  private static let readers: [any LogReader] = clientReaders + ServerPrograms.logReaders + firewallReaders

  static func run(_ input: [UInt8]) -> Bool {
    let files = input.split(separator: 0, maxSplits: 3).enumerated().map { place, bytes in
      readLog(Array(bytes), name: "log\(place + 1)", source: place, readers: readers)
    }
    let diagnosis = Diagnosis(files, replies: ServerPrograms.knownReplies)
    let view = DiagnosisText(diagnosis, style: .plain)
    if obeysTerminal(view.text) { broken("what is shown moves the terminal") }
    if !diagnosis.isUnderstood, !diagnosis.causes.isEmpty { broken("a cause of what nobody understands") }
    for cause in diagnosis.causes where cause.evidence.isEmpty { broken("\(cause.failure) has no evidence") }
    // The seeds' password, where a client or a server writes it as one.
    for line in view.text.split(separator: "\n") where line.contains("PASS ") && line.contains("secretpw") {
      broken("a password is shown")
    }
    return diagnosis.causes.contains { $0.failure == "F69" && $0.certainty == .proven }
  }
}
