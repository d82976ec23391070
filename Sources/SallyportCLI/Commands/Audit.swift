import ArgumentParser
import Compilation
import Diagnostics
import Policy
import Servers

/// `sallyport audit`.
struct Audit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Compare the configuration of an FTP server, or of a gateway, with a policy.",
    discussion: """
      Reads the files of a server with the grammar and the precedence of its program, which the policy names, and reports \
      what does not agree: passive range, announced address, TLS, control port, limits, active mode. Findings name the \
      place in the server's file, the line of the policy, and the text that mends them. Files that the program would \
      refuse are reported as such. Nothing is changed.

      With --gateway PATH is the configuration of the gateway as it was saved: what iptables-save and ip6tables-save, \
      with `ipset save`, or `nft list ruleset` printed, `/etc/config/firewall` of OpenWrt, `/export` of RouterOS, `show \
      running-config` of an ASA, `show configuration` of an SRX (also `| display set`), a backup of a FortiGate; several \
      together. The sessions of the policy are played through it, of clients outside and of users of a reach: those that it permits \
      and that do not work, clients who get in although it keeps them out, and what is not known, each at the line that decides. Interfaces are \
      those that the policy names.

      PATH is the configuration file, or a folder: such as \(exampleFolder), or one with the files of several daemons. A file \
      with a command line is read as well: a script, a unit of systemd, a file of xinetd, `docker run`, \
      a Compose file, a Dockerfile. Several are those of \
      one program, in the order in which it reads them. \
      What its files name, and where links lead, is read in the folder of PATH alone; with --root DIR inside of DIR, which stands \
      for / of the server: a copy of another machine's files, or / itself.
      Reads \(readable). Exit status 0 without findings, 1 with errors or warnings, 66 when PATH is missing. full and \
      concise go to standard error; json, github and sarif go to standard output.

      EXAMPLES:
        sallyport audit office.sally --server files \(exampleFolder)
        sallyport audit office.sally --server files \(exampleFile)
        sallyport audit office.sally --server files --root ./copy \(exampleFile)
        sallyport audit office.sally --server files \(exampleLastFile) ./policy.conf
        sallyport audit office.sally --server files docker-compose.yml
        sallyport audit --format github sites.sally --server web applicationHost.config
        sallyport audit office.sally --gateway edge rules.v4 rules.v6
      """)

  @Argument(
    help: ArgumentHelp(
      "Policy files (*.sally), together one policy, then the server's configuration. Without such a name all but the last are policy."
    ), completion: .file())
  var paths: [String]

  @Option(
    help: ArgumentHelp("The server of the policy that is configured there.", valueName: "name"), completion: .servers)
  var server: String?

  @Option(
    help: ArgumentHelp("The gateway of the policy whose rules are there.", valueName: "name"), completion: .gateways)
  var gateway: String?

  @OptionGroup var place: ServerFileOptions

  @OptionGroup var findings: FindingOptions

  @OptionGroup var includes: IncludeOptions

  @OptionGroup var common: CommonOptions

  /// The policy files: those that end in `.sally`, or standard input, or else all but the last.
  private var policies: [String] {
    let named = paths.filter { $0.hasSuffix(".sally") }
    if !named.isEmpty { return named }
    return paths.count > 2 && paths.first == "-" ? ["-"] : Array(paths.dropLast())
  }

  private var configurations: [String] {
    let count = policies.count
    return paths.contains { $0.hasSuffix(".sally") }
      ? paths.filter { !$0.hasSuffix(".sally") } : Array(paths.dropFirst(count))
  }

  func validate() throws {
    guard !policies.isEmpty, !configurations.isEmpty else {
      throw ValidationError("name the policy first, and the configuration of the server or gateway after it")
    }
    guard (server == nil) != (gateway == nil) else {
      throw ValidationError("say what is configured there: --server NAME, or --gateway NAME")
    }
    guard paths.count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("standard input can be the policy or the configuration, not both")
    }
  }

  func run() throws {
    let console = common.console
    let compilation = try PolicyFiles(files: policies, includes: includes, console: console).compile(
      writes: gateway == nil)
    guard compilation.isAccepted else { return try compilation.reportOnError(console, as: findings.output) }
    guard let server else { return try auditGateway(compilation, console) }
    let index = try compilation.server(named: server, console)
    let software = compilation.policy.servers[index].software?.value
    let (files, paths) = try place.open(configurations, console)
    var sources = compilation.sources
    let read = ServerReaders.read(paths, as: software, environment: place.variables, from: files, into: &sources)
    guard let settings = read else {
      throw console.failure(
        "the configuration of `\(software?.kind.name ?? "")` cannot be read; audit knows \(readable)", .usage)
    }
    let found = compilation.withoutAllowed(
      ServerAudit.findings(compilation.policy, server: index, against: settings))
    try findings.show(found, in: sources, console, closing: verdict(found, settings))
    if found.contains(where: { $0.severity > .note }) { throw ExitStatus.findings.code }
  }

  /// `--gateway`.
  private func auditGateway(_ whole: Compilation, _ console: Console) throws {
    let position = try whole.gatewayPosition(named: gateway, console)
    let compilation = whole.seen(from: position)
    let files = try GatewayFiles(configurations, of: compilation, gateway: position, console)
    try files.requireInterfaces(of: compilation.policy, gateway: position, console)
    var found = files.diagnostics
    if !found.hasErrors {
      found += files.untold(compilation.policy, gateway: position)
      found += compilation.withoutAllowed(
        compilation.audit(of: files.saved, gateway: position, file: files.first))
    }
    try findings.show(
      found, in: files.sources, console,
      closing: found.isEmpty ? "the gateway does what the policy says" : summary(of: found))
    if found.contains(where: { $0.severity > .note }) { throw ExitStatus.findings.code }
  }

  private func verdict(_ found: [Diagnostic], _ settings: EffectiveSettings) -> String {
    guard found.isEmpty else { return summary(of: found) }
    return "\(settings.software.title) is configured as the policy says"
  }
}

/// The programs whose configuration can be read.
private let readable = ServerReaders.all.map(\.software.name).joined(separator: ", ")
