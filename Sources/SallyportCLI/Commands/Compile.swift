import ArgumentParser
import Compilation
import Diagnostics
import Nftables

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
    let (header, makeTable) = try read(console)
    let table = makeTable { keepUntilExit($0) }
    keepUntilExit(table)
    guard format == .nft else { return try console.write(data: try table.json()) }
    let script = table.script(header: header, isTraced: false)
    guard input.output == .json else { return try console.write(data: script.pieces) }
    try console.write(encodeJSON(CompileOutput(formatVersion: 1, gateway: gateway, script: script.text)))
  }

  /// What the script says at its head, and what makes the table. The text of the policy is needed no more then.
  private func read(_ console: Console) throws -> (header: [String], makeTable: ((any Sendable) -> Void) -> Table) {
    let compilation = try input.accepted()
    do {
      let lowering = compilation.lowering(gateway: try compilation.gateway(named: gateway))
      return (compilation.scriptHeader(version: sallyportVersion), lowering)
    } catch {
      throw console.failure("\(error)", .usage)
    }
  }
}

private struct CompileOutput: Encodable {
  var formatVersion: Int
  var gateway: String?
  var script: String
}
