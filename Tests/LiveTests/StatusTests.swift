import Foundation
import LiveSupport
import Testing

@Suite("status counts what became of connections", .live)
struct StatusTests {
  private struct Report: Decodable {
    var running: Bool
    var publications: [Counts]?

    struct Counts: Decodable {
      var kind: String
      var names: [String]
      var admitted: Int?
      var refused: Int?
      var limited: Int?
      var dataConnections: Int?
    }
  }

  private func counts(_ lab: Lab) async throws -> [Report.Counts] {
    let words = ["status", "--output", "json", "--state-dir", "\(lab.folder)/state"]
    let result = try await lab.run([sallyport.path] + words, on: .gateway)
    guard result.succeeded else { throw LabError("status: \(result.status)\n\(result.errorText)") }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let report = try decoder.decode(Report.self, from: Data(result.output))
    #expect(report.running)
    return report.publications ?? []
  }

  @Test("admitted, refused and limited ones, and data connections")
  func published() async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(.pureFTPD))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit optional
          allow          \(Address.client)
          limit          2 sessions per client
        }
        """
      _ = try await lab.enact(policy, .pureFTPD)
      let before = try await counts(lab)
      #expect(before.map(\.names) == [["files"]])
      #expect(before.first.map { [$0.admitted, $0.refused, $0.limited, $0.dataConnections] } == [0, 0, 0, 0])
      let first = try await lab.logIn()
      let second = try await lab.logIn()
      try await second.expectListing(to: Address.external, second.passive().port, lab)
      let open = try await counts(lab).first
      #expect(
        open?.admitted == 2 && open?.refused == 0 && open?.limited == 0 && open?.dataConnections == 1, "\(open)")
      try await lab.expectRefused(Dial())
      try await lab.expectRefused(Dial(host: .stranger))
      // A client sends its first packet again when nothing answers, and each counts.
      let after = try await counts(lab).first
      #expect(after?.admitted == 2 && after?.dataConnections == 1, "\(after)")
      #expect(after?.refused ?? 0 > 0 && after?.limited ?? 0 > 0, "\(after)")
      await first.close()
      await second.close()
    }
  }

  @Test("connections that nothing translates, and data connections of the helper")
  func untranslated() async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        server files { address local; software pure-ftpd; }
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            off     # allow: tls-off (a test)
          limit          5 sessions per client
        }
        """
      _ = try await lab.enact(policy, .pureFTPD, on: .gateway)
      let control = try await lab.logIn()
      try await control.expectListing(to: Address.external, control.passive().port, lab)
      let found = try await counts(lab).first
      #expect(found?.admitted == 1 && found?.limited == 0, "\(found)")
      #expect(found?.refused == nil && found?.dataConnections == nil, "\(found)")
      await control.close()
    }
  }
}
