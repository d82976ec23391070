import ArgumentParser
import Compilation
import Diagnostics
import Platforms
import Policy
import Servers

extension SoftwareKind: ExpressibleByArgument {
  /// The program of that name.
  public init?(argument: String) {
    guard let kind = ServerPrograms.program(named: argument) else { return nil }
    self = kind
  }

  /// Every name.
  public static var allValueStrings: [String] { ServerPrograms.named.map(\.name) }
}

/// `sallyport import`.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Write a policy from the configuration of an FTP server, or of a firewall.",
    discussion: """
      Reads the files as audit does, and writes to standard output a policy that says what the server does today. Comments \
      with DECIDE ask for what the files do not tell: the address that clients dial, who they are, and the like; check names \
      the same gaps. Files that the program would refuse are reported, and no policy is written. \
      Exit status 0 when there is a policy, 1 when there is none, 66 when the path is missing.

      PATH is the configuration file, or a folder: such as \(exampleFolder), or one with the files of several daemons. A file \
      with a command line is read as well: a script, a unit of systemd, a file of xinetd, `docker run`, \
      a Compose file, a Dockerfile.

      With --gateway it reads what a firewall publishes today, as `audit --gateway` does, and leaves the server open.

      EXAMPLES:
        sallyport import --server-config \(exampleFile) > office.sally
        sallyport import --server-config ./copy --server \(exampleName)
        sallyport import --root ./copy --server-config \(exampleFile)
        sallyport import --gateway running-config.txt --platform asa
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The configuration of the server; several files in the order in which its program reads them.",
      valueName: "path"), completion: .file())
  var serverConfig: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The configuration of a firewall, as one or more files.", valueName: "path"),
    completion: .file())
  var gateway: [String] = []

  @Option(
    help: ArgumentHelp(
      "What the firewall is: iptables, nftables, openwrt, routeros, asa, srx or fortigate; nftables without it.",
      valueName: "name"), completion: .list(Platforms.all.map(\.name)))
  var platform: String?

  @Option(
    help: ArgumentHelp(
      "\(ServerReaders.all.map(\.software.name).joined(separator: ", ")); without it, names and lines tell.",
      valueName: "software"), completion: .serverPrograms)
  var server: SoftwareKind?

  @Option(
    help: ArgumentHelp("The version of the program, for example 1.3.9; without it, any.", valueName: "version"))
  var softwareVersion: String?

  @OptionGroup var place: ServerFileOptions

  @OptionGroup var findings: FindingOptions

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard softwareVersion == nil || server != nil else {
      throw ValidationError("`--software-version` belongs to `--server SOFTWARE`")
    }
    guard serverConfig.isEmpty != gateway.isEmpty else {
      throw ValidationError("name what to read: --server-config PATH, or --gateway PATH")
    }
    guard platform == nil || !gateway.isEmpty else {
      throw ValidationError("`--platform` belongs to `--gateway`")
    }
    guard platform.map({ Platforms.named($0) != nil }) ?? true else {
      throw ValidationError(
        "`\(platform ?? "")` is no platform; there are \(Platforms.all.map(\.name).joined(separator: ", "))")
    }
  }

  func run() throws {
    let console = common.console
    guard gateway.isEmpty else { return try importGateway(console) }
    let (files, paths) = try place.open(serverConfig, console)
    var sources = SourceSet()
    let software = server.map { Software($0, version: softwareVersion) }
    let read = ServerReaders.read(paths, as: software, environment: place.variables, from: files, into: &sources)
    guard let settings = read else {
      throw console.failure("the configuration of `\(server?.name ?? "")` cannot be read", .usage)
    }
    let found = settings.diagnostics.inSourceOrder()
    if settings.isRefused || settings.isUnreadable || settings.services.isEmpty {
      try findings.show(found, in: sources, console, closing: summary(of: found))
      throw ExitStatus.findings.code
    }
    say(found, in: sources, console)
    let draft = PolicyDraft(settings, from: serverConfig.joined(separator: " "), version: softwareVersion).text
    guard findings.output == .json else { return try console.write(data: Array(draft.utf8)) }
    try console.write(encodeJSON(ImportOutput(software: settings.software.name, policy: draft)))
  }

  /// Standard output is the policy's.
  private func say(_ found: [Diagnostic], in sources: SourceSet, _ console: Console) {
    guard !found.isEmpty else { return }
    let format = findings.output == .json ? .json : findings.format ?? .full
    console.say(render(found, in: sources, as: format, style: console.errorStyle, version: sallyportVersion))
  }

  /// `--gateway`.
  private func importGateway(_ console: Console) throws {
    let kind = platform.flatMap(Platforms.named) ?? Platforms.standard
    let files = try GatewayFiles(gateway, after: SourceSet(), of: kind, GatewayContext(), console)
    let found = files.diagnostics.inSourceOrder()
    guard !found.hasErrors else {
      try findings.show(found, in: files.sources, console, closing: summary(of: found))
      throw ExitStatus.findings.code
    }
    let locate = files.locator
    let draft = GatewayDraft(files.saved, of: kind, from: gateway.joined(separator: " "), locate: locate)
    guard !draft.isEmpty else {
      throw console.failure(
        "no rule in \(listed(gateway)) leads to port 21 or 990 of a server; write the policy by hand, and hold it against "
          + "the file with `audit --gateway`", .findings)
    }
    say(found, in: files.sources, console)
    guard findings.output == .json else { return try console.write(data: Array(draft.text.utf8)) }
    try console.write(encodeJSON(ImportOutput(platform: kind.name, policy: draft.text)))
  }
}

private struct ImportOutput: Encodable {
  var formatVersion = 1
  /// What the server is.
  var software: String?
  /// What the firewall is.
  var platform: String?
  var policy: String
}
