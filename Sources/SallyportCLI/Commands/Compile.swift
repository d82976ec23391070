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
    let compilation = try input.accepted()
    let table: Table
    do {
      table = compilation.table(gateway: try compilation.gateway(named: gateway)) { keepUntilExit($0) }
      keepUntilExit(table)
    } catch {
      throw console.failure("\(error)", .usage)
    }
    guard format == .nft else { return try console.write(try table.json()) }
    let script = table.script(header: compilation.scriptHeader(version: sallyportVersion), isTraced: false)
    guard input.output == .json else { return try console.write(script.pieces) }
    try console.write(encodeJSON(CompileOutput(formatVersion: 1, gateway: gateway, script: script.text)))
  }
}

private struct CompileOutput: Encodable {
  var formatVersion: Int
  var gateway: String?
  var script: String
}
