import Addressing
import Diagnostics
import Foundation
import LiveSupport
import Policy
import Servers
import Testing

/// What the readers say a server does, compared with what the running server does. `SALLYPORT_PROVE` sets how many
/// configurations of each server, 60 otherwise.
@Suite("readers agree with the servers", .live)
struct AgreementTests {
  static let count =
    ProcessInfo.processInfo.environment["SALLYPORT_PROVE"].flatMap { Int($0) }.map { min($0, 300) } ?? 60

  @Test("on generated configurations", arguments: DaemonKind.allCases)
  func generated(_ kind: DaemonKind) async throws {
    let tally = try await Self.agree(kind, count: Self.count)
    print("\(kind.rawValue): \(Self.count) configurations, \(tally)")
    // A generator whose configurations are all refused, or all the same, would show nothing.
    #expect(
      tally.undefined < Self.count / 10 && tally.refused < Self.count * 2 / 3 && tally.announcing > Self.count / 10
        && tally.demanding > 3)
  }

  /// Fails for each of so many configurations on which reader and server differ.
  static func agree(_ kind: DaemonKind, count: Int) async throws -> Tally {
    try await withLab { lab in
      let trial = try await lab.trial(kind)
      var tally = Tally()
      for seed in 1...count {
        var generator = ConfigurationGenerator(seed: UInt64(seed), trial: trial, certificate: lab.certificate)
        let files = generator.files()
        do {
          guard let (predicted, observed) = try await compare(files, trial, lab) else {
            tally.undefined += 1
            continue
          }
          tally.count(observed)
          #expect(
            predicted.agrees(with: observed),
            "seed \(seed)\npredicted \(predicted)\nobserved  \(observed)\n\(listing(files, trial))")
        } catch {
          Issue.record("seed \(seed): \(error)\n\(listing(files, trial))")
        }
      }
      return tally
    }
  }

  private static func listing(_ files: [(name: String, text: [UInt8])], _ trial: DaemonTrial) -> String {
    files.map {
      "--- \($0.name)\n" + String(decoding: $0.text, as: UTF8.self).replacing(trial.base, with: "[base]\n")
    }
    .joined(separator: "\n") + "\n--- output\n\(trial.output.suffix(1500))"
  }

  struct Tally: Sendable, CustomStringConvertible {
    var (refused, announcing, demanding, implicit, undefined) = (0, 0, 0, 0, 0)

    mutating func count(_ session: Behaviour) {
      if session.isRefused { refused += 1 }
      if session.address.map({ $0 != Address.server }) ?? false { announcing += 1 }
      if session.demandsTLS { demanding += 1 }
      if session.isImplicit { implicit += 1 }
    }

    var description: String {
      "\(refused) refused, \(announcing) announce another address, \(demanding) demand TLS, \(implicit) implicit, "
        + "\(undefined) undefined"
    }
  }
}

/// Reads the files, starts the server with them, and talks to it; `nil` when the reader says that nobody can know.
func compare(
  _ files: [(name: String, text: [UInt8])], _ trial: DaemonTrial, _ lab: Lab
) async throws -> (predicted: Behaviour, observed: Behaviour)? {
  let contents = Dictionary(files.map { ("\(trial.folder)/\($0.name)", $0.text) }) { $1 }
  let software = ServerPrograms.program(named: trial.kind.rawValue)
  let reader = try #require(software.flatMap { ServerReaders.reader(for: $0) })
  var sources = SourceSet()
  let settings = reader.read(
    "\(trial.folder)/\(files.first?.name ?? "")", version: Release.current.version(of: trial.kind),
    from: ServerFiles(contents), into: &sources)
  guard !settings.isUndefined else { return nil }
  let service = settings.services.first { $0.port.value == 21 }
  let predicted = Behaviour(settings: settings, service: service)
  let observed = try await trial.run(files, port: 21) {
    // A server with implicit TLS says nothing: where it is expected there is no need to wait long for a greeting.
    try await Behaviour.observe(lab, patience: predicted.isImplicit ? Patience.absence : Patience.arrival)
  }
  return (predicted, observed ?? .refused)
}
