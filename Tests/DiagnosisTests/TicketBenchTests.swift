import Diagnosis
import Foundation
import LiveSupport
import Servers
import Testing

/// Real daemons, clients and captures with one fault each: `diagnose` names that fault first from all evidence, and
/// with a piece missing it calls nothing proven that is not so.
///
/// `make test` plays one recording of each fault; `SALLYPORT_PROVE_TICKETS` all of them. With
/// `SALLYPORT_TICKET_REPORT`, a path, each recording adds a line: named first, wrong as proven, evidence sets.
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

  static let plays: [Play] = {
    let isWhole = ProcessInfo.processInfo.environment["SALLYPORT_PROVE_TICKETS"] != nil
    return Injection.all.enumerated().flatMap { index, fault in
      let all = fault.daemons.flatMap { daemon in
        fault.clients.flatMap { client in
          fault.encryption.map { Play(fault: fault, daemon: daemon, client: client, encryption: $0) }
        }
      }
      return isWhole || all.isEmpty ? all : [all[(index * 5) % all.count]]
    }
  }()

  @Test(arguments: plays)
  func named(_ play: Play) async throws {
    try await withLab { lab in
      let recording = try await lab.record(play.fault, play.daemon, play.client, play.encryption)
      // Read once: to be read takes longer than to be judged.
      let pieces = try recording.all.enumerated().map { try piece($0.element, source: $0.offset) }
      func diagnosis(of paths: [String]) -> Diagnosis {
        let files = zip(recording.all, pieces).filter { paths.contains($0.0) }.map(\.1)
        return Diagnosis(files, replies: ServerPrograms.knownReplies)
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
      keep(recording, play)
    }
  }

  /// Keeps the recordings, where somebody wants to look at them.
  private func keep(_ recording: Recording, _ play: Play) {
    guard let folder = ProcessInfo.processInfo.environment["SALLYPORT_TICKET_FOLDER"] else { return }
    let place = "\(folder)/\(play.description.replacing(", ", with: "-").replacing(" ", with: "_"))"
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
