import Foundation
import LiveSupport
import Testing

@Suite("apply beside sessions in progress", .live)
struct ApplyTests {
  private func policy(_ lab: Lab, otherRange: String) -> String {
    """
    \(lab.server(.pureFTPD))
    server archive {
      address   10.10.20.201
      software  other
    }
    publish files {
      server         files
      external ip    203.0.113.10
      passive range  50000-50399
      tls            explicit required
    }
    publish archive {
      server         archive
      external ip    203.0.113.11
      passive range  \(otherRange)
      tls            explicit required
    }
    """
  }

  private static let ranges = ["40000-40399", "41000-41399"]
  private static let applies = 50

  @Test("a download over FTPS goes on across 50 applies that do not concern it")
  func download() async throws {
    try await withLab { lab in
      let policies = Self.ranges.map { policy(lab, otherRange: $0) }
      let daemon = try await lab.serve(.pureFTPD, policies[0])
      try await lab.change("apply", policies[0])
      let file = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
      try daemon.serve(file, as: "large.bin")
      var session = CurlSession(Address.external, .explicit, .pasv)
      session.path = "large.bin"
      session.patience = Patience.arrival * 5
      session.extra = ["--limit-rate", "256k"]
      let progress = Progress()
      async let download = {
        let outcome = try await lab.curl(session)
        await progress.end()
        return outcome
      }()
      try await lab.waitForData()
      for number in 1...Self.applies {
        // Every fifth replaces the whole table.
        try await lab.change("apply", policies[number % 2], number % 5 == 0 ? ["--replace"] : [])
      }
      #expect(await !progress.hasEnded, "the download was over before the last apply")
      let outcome = try await download
      let isWhole = outcome.works && outcome.body == file
      #expect(isWhole, "\(outcome.dialogue)")
    }
  }

  @Test("remove names the sessions that it ends; a way back to no table warns of it")
  func remove() async throws {
    try await withLab { lab in
      let policy = policy(lab, otherRange: Self.ranges[0])
      _ = try await lab.serve(.pureFTPD, policy)
      try await lab.change("apply", policy)
      let control = try await lab.control(to: Address.external)
      let dry = try await lab.change("remove", "", ["--dry-run", "--output", "json"])
      let report = try JSONDecoder().decode(Removal.self, from: Data(dry.output))
      #expect(!report.removed)
      #expect(report.sessions.map(\.publication) == ["files"])
      #expect(report.sessions.allSatisfy { $0.dialled == "203.0.113.10:21" && $0.ends })
      #expect(report.sessions.first?.client.hasPrefix("\(Address.client):") == true, "\(report)")
      #expect(try await control.send("FEAT").code == 211)
      let removed = try await lab.change("remove", "")
      #expect(removed.text.hasPrefix("ends: `files`, \(Address.client):"), "\(removed)")
      // Nothing is left in the namespace that would keep translation at work.
      await #expect(throws: (any Error).self) { try await control.send("NOOP", within: Patience.absence) }
      await control.close()
    }
  }

  private struct Removal: Decodable {
    var removed: Bool
    var sessions: [Session]

    struct Session: Decodable {
      var publication: String
      var client: String
      var dialled: String
      var ends: Bool
    }
  }
}

/// Whether something has ended.
private actor Progress {
  private(set) var hasEnded = false
  func end() { hasEnded = true }
}

extension Lab {
  /// Runs a command that changes the rules of the gateway.
  @discardableResult
  fileprivate func change(_ command: String, _ policy: String, _ words: [String] = []) async throws -> CommandResult {
    let input = command == "apply" ? ["-"] : []
    let result = try await run(
      [sallyport.path, command] + input + ["--state-dir", "\(folder)/state"] + words, on: .gateway, input: policy)
    guard result.succeeded else { throw LabError("\(command): status \(result.status)\n\(result.errorText)") }
    return result
  }

  /// Waits until a data connection is open.
  fileprivate func waitForData() async throws {
    let isOpen = try await Patience.wait {
      try await sockets(on: .server).contains { $0.isEstablished && (50_000...50_399).contains($0.localPort) }
    }
    guard isOpen else { throw LabError("no data connection") }
  }
}
