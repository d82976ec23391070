import Foundation

/// The program `sallyport`, run as a user runs it, with a policy on its standard input.
package struct Sallyport: Sendable {
  /// Path of the program.
  package let path: String

  package init(path: String) {
    self.path = path
  }

  /// The program that was built together with the running one, and so lies beside it.
  package static let besideThisProgram = Sallyport(
    path: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("sallyport").path)

  /// Runs a command of it.
  package func run(_ arguments: [String], policy: String = "") async throws -> CommandResult {
    try await Command(words: [path] + arguments, input: Array(policy.utf8)).run()
  }

  /// The nft script of a policy. Throws the diagnostics of a policy that is refused.
  package func ruleset(of policy: String, gateway: String? = nil) async throws -> String {
    let choice = gateway.map { ["--gateway", $0] } ?? []
    return try await output(["compile", "-"] + choice, policy)
  }

  /// The settings of one server, a file each: one file for each process that the server consists of.
  package func settings(
    of policy: String, server: String, form: String? = nil
  ) async throws -> [ServerSettings] {
    let choice = form.map { ["--form", $0] } ?? []
    let text = try await output(["emit", "-", "--server", server, "--output", "json"] + choice, policy)
    return try JSONDecoder().decode(Emission.self, from: Data(text.utf8)).documents
  }

  private func output(_ arguments: [String], _ policy: String) async throws -> String {
    let result = try await run(arguments, policy: policy)
    guard result.succeeded else {
      throw LabError(
        "sallyport \(arguments.joined(separator: " ")): status \(result.status)\n\(result.errorText)")
    }
    return result.text
  }

  private struct Emission: Decodable {
    var documents: [ServerSettings]
  }
}

/// One file that configures a server.
package struct ServerSettings: Sendable, Decodable {
  package var name: String
  package var text: String

  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}
