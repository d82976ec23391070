import Diagnosis
import Evidence
import Foundation
import LiveSupport
import Servers
import Testing

/// Real daemons, clients and captures with one fault each: `diagnose` names that fault first from all evidence, and
/// with a piece missing it calls nothing proven that is not so.
///
/// `make test` plays one recording of each fault; `SALLYPORT_PROVE_TICKETS` twelve. With `SALLYPORT_TICKET_REPORT`, a
/// path, each recording adds a line: named first, wrong as proven, evidence sets. With `SALLYPORT_TICKET_FOLDER` the
/// recordings are kept there, and those that are there already are judged again instead of being played.
@Suite(
  .enabled(
    if: LiveRequirements.met && hasTshark && LiveRequirements.hasProgram("tcpdump"),
    "the bench, tshark or tcpdump is missing"))
struct TicketBenchTests {
  struct Play: Sendable, CustomStringConvertible {
    var fault: Injection
    var daemon: DaemonKind
    var client: Injection.Client
    var encryption: Encryption
    var description: String { "\(fault.name), \(daemon.rawValue), \(client.rawValue), \(encryption.rawValue)" }
  }

  /// One more with FileZilla, which takes long, of faults that any client meets. Under TLS: in clear it asks first
  /// whether that is meant, and so it does where a server resumes no session, as Pure-FTPd.
  private static func onScreen(_ fault: Injection, _ index: Int) -> [Play] {
    let daemons = fault.daemons.filter { $0 != .pureFTPD }
    // Two it hides: it dials the server's address where another cannot be reached.
    guard fault.clients == Injection.Client.ofShell, fault.causes.isDisjoint(with: ["F01", "F03"]),
      fault.encryption.contains(.explicit), !daemons.isEmpty,
      ["filezilla", "xvfb-run"].allSatisfy(LiveRequirements.hasProgram)
    else { return [] }
    return [
      Play(fault: fault, daemon: daemons[index % daemons.count], client: .fileZilla, encryption: .explicit)
    ]
  }

  /// Of one fault.
  private static let mostOfOne = 12

  static let plays: [Play] = {
    let isWhole = ProcessInfo.processInfo.environment["SALLYPORT_PROVE_TICKETS"] != nil
    return Injection.all.enumerated().flatMap { index, fault in
      let all = fault.daemons.flatMap { daemon in
        fault.clients.flatMap { client in
          fault.encryption.filter { $0 == .plain || client.knowsTLS }.map {
            Play(fault: fault, daemon: daemon, client: client, encryption: $0)
          }
        }
      }
      // A stride that shares nothing with the numbers of clients, servers and kinds.
      let order = all.indices.map { all[($0 * 7 + index * 5) % all.count] }
      return isWhole ? order.prefix(mostOfOne) + onScreen(fault, index) : Array(order.prefix(1))
    }
  }()

  @Test(arguments: plays)
  func named(_ play: Play) async throws {
    if let kept = kept(play) { return try judge(kept, play) }
    var fault = play.fault
    while true {
      let isDone = try await withLab { lab in
        let recording = try await lab.record(fault, play.daemon, play.client, play.encryption)
        // On a machine that is busy with other things a client may give up before it meets the fault.
        guard try recording.meets(fault) || fault.patience > 4 * play.fault.patience else { return false }
        try judge(recording, play)
        keep(recording, play)
        return true
      }
      if isDone { return }
      fault.patience *= 2
    }
  }

  private func judge(_ recording: Recording, _ play: Play) throws {
    // Read once: to be read takes longer than to be judged.
    let pieces = try recording.all.enumerated().map { try piece($0.element, source: $0.offset, of: recording) }
    func diagnosis(of paths: [String]) -> Diagnosis {
      let files = zip(recording.all, pieces).filter { paths.contains($0.0) }.map(\.1)
      return Diagnosis(files, replies: ServerPrograms.knownReplies, publication: play.fault.facts)
    }
    let whole = diagnosis(of: recording.all)
    let isNamed = whole.causes.first.map { play.fault.causes.contains($0.failure) } ?? play.fault.causes.isEmpty
    #expect(isNamed, "\(play): \(whole.marks)\n\(DiagnosisText(whole, style: .plain).text)")
    let allowed = play.fault.causes.union(play.fault.alsoTrue)
    var wrong: [String] = []
    for part in [recording.all] + recording.parts {
      let found = diagnosis(of: part)
      let names = part.map { URL(filePath: $0).lastPathComponent }.joined(separator: " ")
      for failure in found.proven.subtracting(allowed) { wrong.append("\(failure) from \(names)") }
      #expect(!DiagnosisText(found, style: .plain).text.contains(Lab.password))
    }
    #expect(wrong.isEmpty, "\(play): \(wrong)")
    report(
      "\(isNamed ? 1 : 0) \(wrong.count) \(1 + recording.parts.count) \(play): \(whole.marks.joined(separator: " "))"
    )
  }

  /// As the command reads it where somebody has written `client:FILE`, if it does not tell its side itself.
  private func piece(_ path: String, source: Int, of recording: Recording) throws -> EvidenceFile {
    var file = try DiagnosisTests.piece(path, source: source)
    let sides: [String: Viewpoint] = [recording.clientCapture: .client, recording.serverCapture: .server]
    if file.viewpoint == nil, let side = sides[path] {
      file.viewpoint = side
      for index in file.dialogues.indices { file.dialogues[index].viewpoint = side }
    }
    return file
  }

  private func place(_ play: Play) -> String? {
    ProcessInfo.processInfo.environment["SALLYPORT_TICKET_FOLDER"].map {
      "\($0)/\(play.description.replacing(", ", with: "-").replacing(" ", with: "_"))"
    }
  }

  private func kept(_ play: Play) -> Recording? {
    guard let place = place(play), let names = try? FileManager.default.contentsOfDirectory(atPath: place) else {
      return nil
    }
    let own = ["client.log", "client.pcap", "server.pcap"]
    guard own.allSatisfy(names.contains) else { return nil }
    return Recording(
      clientLog: "\(place)/client.log",
      serverLogs: names.filter { !own.contains($0) }.sorted().map { "\(place)/\($0)" },
      clientCapture: "\(place)/client.pcap", serverCapture: "\(place)/server.pcap")
  }

  /// Keeps the recordings, where somebody wants to look at them.
  private func keep(_ recording: Recording, _ play: Play) {
    guard let place = place(play) else { return }
    try? FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    for path in recording.all {
      try? FileManager.default.copyItem(atPath: path, toPath: "\(place)/\(URL(filePath: path).lastPathComponent)")
    }
  }

  private func report(_ line: String) {
    guard let path = ProcessInfo.processInfo.environment["SALLYPORT_TICKET_REPORT"],
      let file = fopen(path, "a")
    else { return }
    fputs(line + "\n", file)
    fclose(file)
  }
}
