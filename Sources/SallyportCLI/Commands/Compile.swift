import ArgumentParser
import Compilation
import Diagnostics
import Flows
import Platforms

/// The forms of a ruleset.
enum RulesetFormat: String, ExpressibleByArgument, CaseIterable {
  case nft, json
}

/// `sallyport compile`.
struct Compile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Write the nftables ruleset of a policy to standard output.",
    discussion: """
      The script replaces the table inet sallyport as a whole, in one transaction, and touches no other table. It is \
      the same for the same policy, byte for byte. --format json is the form in which nft -j lists a table: for reading \
      and comparing, not for loading.

      Exit status 0 when there is a ruleset, 1 when the policy has errors, 64 for a gateway that it does not have, 66 when a \
      file is missing.

      EXAMPLES:
        sallyport compile office.sally > sallyport.nft
        sallyport compile office.sally | nft -c -f -
        sallyport compile sites.sally --gateway edge
      """)

  @OptionGroup var input: PolicyInput

  @Option(help: ArgumentHelp("The gateway to compile for, where the policy has several.", valueName: "name"))
  var gateway: String?

  @Option(help: ArgumentHelp("nft or json.", valueName: "format"))
  var format: RulesetFormat = .nft

  func run() throws {
    let console = input.console
    let (platform, plan) = try read(console)
    keepUntilExit(plan)
    let configuration = try platform.configuration(of: plan, as: format.rawValue, version: sallyportVersion)
    guard input.output == .json, format == .nft else { return try console.write(data: configuration.pieces) }
    let script = String(decoding: configuration.pieces.joined(), as: UTF8.self)
    try console.write(encodeJSON(CompileOutput(formatVersion: 1, gateway: gateway, script: script)))
  }

  /// What the gateway is, and what it has to do. The text of the policy is needed no more then, and its room is used
  /// again.
  private func read(_ console: Console) throws -> (any Platform, FlowPlan) {
    let compilation = try input.accepted()
    let gateway = try compilation.gatewayPosition(named: gateway, console)
    return (compilation.platform(of: gateway), compilation.flows(gateway: gateway))
  }
}

private struct CompileOutput: Encodable {
  var formatVersion: Int
  var gateway: String?
  var script: String
}
