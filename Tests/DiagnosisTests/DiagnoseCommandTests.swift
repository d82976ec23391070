import Foundation
import LiveSupport
import Testing

/// What the command `diagnose` says of files that it cannot read, or nobody could.
@Suite struct DiagnoseCommandTests {
  private let program = Sallyport.besideThisProgram

  private func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sallyport-diagnose-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  @Test("files that are missing, empty, a folder or a pipe: 66, and which one it is")
  func unreadable() async throws {
    try await inFolder { folder in
      _ = FileManager.default.createFile(atPath: "\(folder)/empty", contents: Data())
      mkfifo("\(folder)/pipe", 0o600)
      for path in ["\(folder)/missing", "\(folder)/empty", "\(folder)/pipe", folder] {
        let result = try await program.run(["diagnose", path])
        #expect(
          result.status == 66 && result.errorText.contains(path), "\(path): \(result.status) \(result.errorText)")
        #expect(result.text.isEmpty)
      }
    }
  }

  @Test("what is no evidence is said to be none, and nothing is guessed")
  func nothing() async throws {
    try await inFolder { folder in
      try "Dear all,\nlunch is at noon.\n".write(toFile: "\(folder)/letter", atomically: true, encoding: .utf8)
      let result = try await program.run(["diagnose", "\(folder)/letter"])
      #expect(result.status == 1 && result.text.contains("nothing of this is evidence"), "\(result.text)")
      #expect(result.errorText.contains("nothing recognises it"))
      let json = try await program.run(["diagnose", "\(folder)/letter", "--output", "json"])
      #expect(json.status == 1 && json.text.contains("\"causes\" : ["))
    }
  }

  @Test("captures that were cut or changed: what is readable, or 66, and never another end", .enabled(if: hasTshark))
  func captures() async throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: recordings).filter { $0.hasSuffix(".pcap") }
      .sorted()
    let first = try #require(names.first)
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: "\(recordings)/\(first)")))
    let whole = try await program.run(["diagnose", "\(recordings)/\(first)"])
    #expect([0, 1].contains(whole.status))
    try await inFolder { folder in
      var state: UInt64 = 11
      func roll(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(max(1, limit)))
      }
      for number in 0..<12 {
        var broken = bytes
        if number % 2 == 0 {
          broken = Array(bytes.prefix(4 + roll(bytes.count)))
        } else {
          for _ in 0..<8 { broken[4 + roll(bytes.count - 4)] = UInt8(roll(256)) }
        }
        let path = "\(folder)/\(number).pcap"
        try Data(broken).write(to: URL(filePath: path))
        let result = try await program.run(["diagnose", path])
        #expect([0, 1, 66].contains(result.status), "\(number): \(result.status) \(result.errorText)")
        #expect(result.status != 66 || result.errorText.contains(path))
        #expect(!result.text.contains("proven") || whole.text.contains("proven") || number % 2 == 1, "\(result.text)")
      }
    }
  }

  @Test(
    "without tshark a capture is told so, and how to get it; logs need nothing", .enabled(if: LiveRequirements.met))
  func noTshark() async throws {
    try await withLab { lab in
      let capture = "\(recordings)/J/client.pcap"
      let hide = "[ ! -e /usr/bin/tshark ] || mount --bind /dev/null /usr/bin/tshark; exec \"$@\""
      func run(_ path: String) async throws -> CommandResult {
        try await lab.run(
          ["unshare", "-m", "sh", "-c", hide, "sh", program.path, "diagnose", path], on: .client, seconds: 60)
      }
      let result = try await run(capture)
      #expect(result.status == 66 && result.errorText.contains("apt-get install tshark"), "\(result.errorText)")
      #expect(try await run("\(recordings)/A/curl.log").status == 0)
    }
  }
}
