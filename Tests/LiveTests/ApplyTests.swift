import Foundation
import LiveSupport
import Synchronization
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
      let file = (0..<(32 << 20)).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
      try daemon.serve(file, as: "large.bin")
      var session = CurlSession(Address.external, .explicit, .pasv)
      session.path = "large.bin"
      session.patience = Patience.arrival * 10
      // What curl has fetched goes through a pipe that the test reads piece by piece, so the download lasts as long as
      // the test wants, and no buffer of the kernel holds the rest of the file.
      let pipe = "\(lab.folder)/pipe"
      guard mkfifo(pipe, 0o600) == 0 else { throw LabError("mkfifo fails") }
      session.extra = ["--output", pipe]
      async let outcome = lab.curl(session)
      let reader = PipeReader(pipe)
      var received = await reader.read(1 << 16)
      for number in 1...Self.applies {
        // Every fifth replaces the whole table.
        try await lab.change("apply", policies[number % 2], number % 5 == 0 ? ["--replace"] : [])
        received += await reader.read(1 << 16)
      }
      #expect(try await lab.hasDataConnection, "the server had sent everything before the last apply")
      received += await reader.read(.max)
      let ended = try await outcome
      let isWhole = ended.works && received == file
      #expect(isWhole, "\(received.count) bytes\n\(ended.dialogue)")
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

/// Reads a pipe, on threads that may wait.
private final class PipeReader: Sendable {
  private let path: String
  private let handle = Mutex<FileHandle?>(nil)

  init(_ path: String) { self.path = path }

  /// The next bytes, so many or as many as come before the end.
  func read(_ count: Int) async -> [UInt8] {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let bytes = self.handle.withLock { handle in
          handle = handle ?? FileHandle(forReadingAtPath: self.path)
          var all: [UInt8] = []
          while all.count < count, let more = try? handle?.read(upToCount: min(1 << 20, count - all.count)),
            !more.isEmpty
          {
            all += more
          }
          return all
        }
        continuation.resume(returning: bytes)
      }
    }
  }
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

  /// Whether a data connection of the server is open.
  fileprivate var hasDataConnection: Bool {
    get async throws {
      try await sockets(on: .server).contains { $0.isEstablished && (50_000...50_399).contains($0.localPort) }
    }
  }
}
