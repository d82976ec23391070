import Foundation
import LiveSupport

/// Runs scripts for ISA Server and TMG in node on a model of their object model.
struct FirewallModel {
  /// Scripts that run one after the other on one firewall.
  struct Job: Encodable {
    var networks = ["External", "Internal"]
    var scripts: [Script]
  }

  struct Script: Encodable {
    var text: String
    /// The number of the change that fails; `nil` for none.
    var failAt: Int?
  }

  /// What came of one script.
  struct Result: Decodable {
    var exit: Int
    var echo: [String]
    /// What the script did not catch.
    var error: String
    /// What is not ECMAScript 3.
    var faults: [String]
    /// How many changes there were.
    var changes: Int
    /// How many objects are ours.
    var count: Int
    var others: String
    var rules: [Rule]
    /// Access rules of ours, in the order in which they are asked.
    var accesses: [Access]

    /// Whether it ended well, in the language of the firewall.
    var isFine: Bool { exit == 0 && error.isEmpty && faults.isEmpty }
  }

  /// A publishing rule of ours, with the ports and clients that its names stand for.
  struct Rule: Decodable, Equatable {
    var name: String
    var tag: String
    var isOn: Bool
    var server: String
    var network: String
    var listener: String
    var listeners: Int
    var low: Int
    var high: Int
    var serverLow: Int
    var filters: Int
    var networks: [String]
    var sets: Int
    var clients: [String]
  }

  /// An access rule of ours, with the ports and users that its names stand for.
  struct Access: Decodable, Equatable {
    var name: String
    var tag: String
    var isOn: Bool
    var permits: Bool
    var servers: [String]
    /// Of each protocol the first port and the last, and how many filters it has.
    var ranges: [[Int]]
    var filters: [Int]
    /// The networks of the users.
    var networks: [String]
    /// Whatever else it names as sources or destinations.
    var others: [String]
    var users: [String]
  }

  /// Why node is not there.
  static let missing: String? = {
    guard let run = try? ExternalTool(["node", "--version"]), run.status == 0 else { return "node is missing" }
    return nil
  }()

  static func run(_ jobs: [Job]) throws -> [[Result]] {
    let model = repository.appending(path: "Tests/PlatformTests/fpc-model.js").path
    let text = String(decoding: try JSONEncoder().encode(jobs), as: UTF8.self)
    return try withFiles([text]) { paths in
      let run = try ExternalTool(["node", model] + paths)
      guard run.status == 0 else { throw MissingTool(reason: run.errors) }
      return try JSONDecoder().decode([[Result]].self, from: Data(run.output.utf8))
    }
  }

  static func run(_ scripts: String...) throws -> [Result] {
    try run([Job(scripts: scripts.map { Script(text: $0) })]).first ?? []
  }
}
