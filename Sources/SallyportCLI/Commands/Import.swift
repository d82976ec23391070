import ArgumentParser
import Diagnostics
import Policy
import ServerConfig

extension SoftwareKind: ExpressibleByArgument {}

/// `sallyport import`.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Write a policy from the configuration of an FTP server.",
    discussion: """
      Reads the files as audit does, and writes to standard output a policy that says what the server does today. Comments \
      with DECIDE ask for what the files do not tell: the address that clients dial, who they are, and the like; check names \
      the same gaps. Files that the program would refuse are reported, and no policy is written. \
      Exit status 0 when there is a policy, 1 when there is none, 66 when the path is missing.

      PATH is the configuration file, or a folder: Debian's /etc/pure-ftpd, or one with the files of several daemons.

      EXAMPLES:
        sallyport import --server-config /etc/proftpd/proftpd.conf > office.sally
        sallyport import --server-config ./copy --server pure-ftpd
      """)

  @Option(help: ArgumentHelp("The configuration of the server.", valueName: "path"))
  var serverConfig: String

  @Option(
    help: ArgumentHelp(
      "\(ServerReaders.all.map(\.software.rawValue).joined(separator: ", ")); without it, names and lines tell.",
      valueName: "software"))
  var server: SoftwareKind?

  @OptionGroup var findings: FindingOptions

  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console
    let files = ServerFiles.ofThisMachine(root: serverConfig)
    guard files.kind(serverConfig) != nil else {
      throw console.failure("\(serverConfig): no such file or folder", .inputMissing)
    }
    guard let software = server ?? (serverConfig == "-" ? nil : ServerReaders.guess(serverConfig, in: files)) else {
      throw console.failure("\(serverConfig): cannot tell which program this is for; add --server SOFTWARE", .usage)
    }
    guard let reader = ServerReaders.reader(for: software) else {
      throw console.failure("the configuration of `\(software.rawValue)` cannot be read", .usage)
    }
    var sources = SourceSet()
    let settings = reader.read(serverConfig, from: files, into: &sources)
    let found = settings.diagnostics.inSourceOrder()
    let mustStop = settings.isRefused || settings.isUnreadable || settings.services.isEmpty
    if mustStop || !found.isEmpty {
      let text = render(
        found, in: sources, as: findings.output == .json ? .json : findings.format ?? .full,
        style: console.errorStyle,
        version: sallyportVersion)
      console.say(text)
    }
    if settings.services.isEmpty, !found.hasErrors {
      console.say("\(serverConfig): \(software.title) listens on no port for FTP\n")
    }
    if mustStop { throw ExitStatus.findings.code }
    let draft = PolicyDraft(settings, from: serverConfig).text
    guard findings.output == .json else { return try console.write(draft) }
    try console.write(encodeJSON(ImportOutput(software: software.rawValue, policy: draft)))
  }
}

private struct ImportOutput: Encodable {
  var formatVersion = 1
  var software: String
  var policy: String
}
