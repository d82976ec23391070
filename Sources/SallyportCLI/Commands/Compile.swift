import ArgumentParser
import Compilation
import Diagnostics
import Flows
import Platforms

/// `sallyport compile`.
struct Compile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Write the configuration of a gateway to standard output.",
    discussion: """
      It is in the form of the gateway's platform, nftables where the policy does not say, and the same for the same \
      policy, byte for byte. Several files are told apart by lines such as "# file: NAME". `sallyport build` writes them \
      into a folder, with the way back and a README beside them.

      The script of nftables replaces the table inet sallyport as a whole, in one transaction, and touches no other \
      table. --format json is the form in which nft -j lists a table: for reading and comparing, not for loading.

      Exit status 0 when there is a ruleset, 1 when the policy has errors, 64 for a gateway that it does not have, 66 when a \
      file is missing.

      EXAMPLES:
        sallyport compile office.sally > sallyport.nft
        sallyport compile office.sally | nft -c -f -
        sallyport compile sites.sally --gateway edge
      """)

  @OptionGroup var input: PolicyInput

  @Option(
    help: ArgumentHelp("The gateway to compile for, where the policy has several.", valueName: "name"),
    completion: .gateways)
  var gateway: String?

  @Option(
    help: ArgumentHelp(
      "A form of the gateway's platform: nft or json of nftables. Its first one when left out.", valueName: "format"),
    completion: .gatewayForms)
  var format: String?

  func run() throws {
    let console = input.console
    let (platform, plan) = try read(console)
    keepUntilExit(plan)
    let form = format ?? platform.defaultForm
    guard platform.forms.contains(form) else {
      throw console.failure(
        "\(platform.name) has no form `\(form)`; it has \(listed(platform.forms))", .usage)
    }
    let files = try platform.configuration(of: plan, as: form, version: sallyportVersion)
    let pieces =
      files.count == 1
      ? files.flatMap(\.pieces)
      : files.flatMap { [Array("\(platform.commentMark) file: \($0.name)\n".utf8)] + $0.pieces }
    guard input.output == .json, form != "json" else { return try console.write(data: pieces) }
    let script = String(decoding: pieces.joined(), as: UTF8.self)
    try console.write(
      encodeJSON(
        CompileOutput(
          formatVersion: 1, gateway: gateway, platform: platform.name, script: script,
          files: files.map { .init(name: $0.name, text: String(decoding: $0.pieces.joined(), as: UTF8.self)) })))
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
  struct File: Encodable {
    var name: String
    var text: String
  }

  var formatVersion: Int
  var gateway: String?
  var platform: String
  /// The whole configuration.
  var script: String
  /// The same, file by file.
  var files: [File]
}
