extension Lab {
  /// Loads an nft script on a gateway, in one transaction. Throws with nft's own text when it is refused.
  package func load(ruleset: String, on host: LabHost = .gateway) async throws {
    let result = try await run(["nft", "-f", "-"], on: host, input: ruleset)
    guard result.succeeded else { throw LabError("nft refused the ruleset:\n\(result.errorText)") }
  }

  /// Runs nft on the gateway.
  package func nft(_ arguments: [String], input: String = "") async throws -> CommandResult {
    try await run(["nft"] + arguments, on: .gateway, input: input)
  }

  /// All rules of the gateway, as nft lists them.
  package func listRules() async throws -> String {
    try await nft(["list", "ruleset"]).text
  }

  /// The gateway's connection tracking entries, one a line; nil where the `conntrack` tool is missing.
  package func conntrackEntries(ipv6: Bool = false) async throws -> [String]? {
    try await conntrack(["-L", "-f", ipv6 ? "ipv6" : "ipv4"])
  }

  /// The gateway's expectations, one a line; nil where the `conntrack` tool is missing.
  package func expectations() async throws -> [String]? {
    try await conntrack(["-L", "expect"])
  }

  /// Forgets every tracked connection of a gateway. Returns whether that was possible.
  @discardableResult
  package func flushConntrack(on host: LabHost = .gateway) async throws -> Bool {
    try await conntrack(["-F"], on: host) != nil
  }

  private func conntrack(_ arguments: [String], on host: LabHost = .gateway) async throws -> [String]? {
    guard LiveRequirements.hasProgram("conntrack") else { return nil }
    let result = try await run(["conntrack"] + arguments, on: host)
    guard result.succeeded else {
      throw LabError("conntrack \(arguments.joined(separator: " ")): \(result.errorText)")
    }
    return result.text.split(separator: "\n").map(String.init)
  }
}
