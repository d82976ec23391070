import Foundation
import LiveSupport

/// What `explain --output json` says of each session.
struct ExplainedSessions: Decodable {
  struct Entry: Decodable {
    /// Ports of the passive range that fare alike.
    struct Part: Decodable {
      var from: Int
      var to: Int
      var outcome: String
    }

    var client: String
    var tls: String
    var mode: String
    var family: String
    var outcome: String
    var reason: String
    /// Whether the client gets in although the policy keeps it out.
    var intrusion: Bool?
    var passivePorts: [Part]?
  }

  var sessions: [Entry]
}

extension Lab {
  /// What `explain --running` says on a gateway, and its status.
  func explainRunning(
    _ publication: String = "files", of policy: String, _ more: [String] = [], on host: LabHost = .gateway
  ) async throws -> (status: Int32, cells: [ExplainedSessions.Entry]) {
    let result = try await run(
      [Sallyport.besideThisProgram.path, "explain", "-", publication, "--running", "--output", "json"] + more,
      on: host, input: policy)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let output = try? decoder.decode(ExplainedSessions.self, from: Data(result.output)) else {
      throw LabError("explain: \(result.status) \(result.errorText)\(result.text)")
    }
    return (result.status, output.sessions)
  }
}
