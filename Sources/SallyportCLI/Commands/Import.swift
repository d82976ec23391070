import ArgumentParser
import Diagnostics
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
    abstract: "Write a policy from the configuration of an FTP server.",
    discussion: """
      Reads the files as audit does, and writes to standard output a policy that says what the server does today. Comments \
      with DECIDE ask for what the files do not tell: the address that clients dial, who they are, and the like; check names \
      the same gaps. Files that the program would refuse are reported, and no policy is written. \
      Exit status 0 when there is a policy, 1 when there is none, 66 when the path is missing.

      PATH is the configuration file, or a folder: such as \(exampleFolder), or one with the files of several daemons. A file \
      with a command line is read as well: a script, a unit of systemd, a file of xinetd, `docker run`, \
      a Compose file, a Dockerfile.

      EXAMPLES:
        sallyport import --server-config \(exampleFile) > office.sally
        sallyport import --server-config ./copy --server \(exampleName)
        sallyport import --root ./copy --server-config \(exampleFile)
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The configuration of the server; several files in the order in which its program reads them.",
      valueName: "path"))
  var serverConfig: [String]

  @Option(
    help: ArgumentHelp(
      "\(ServerReaders.all.map(\.software.name).joined(separator: ", ")); without it, names and lines tell.",
      valueName: "software"))
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
  }

  func run() throws {
    let console = common.console
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
    // Standard output is the policy's.
    if !found.isEmpty {
      let format = findings.output == .json ? .json : findings.format ?? .full
      console.say(
        render(found, in: sources, as: format, style: console.errorStyle, version: sallyportVersion))
    }
    let draft = PolicyDraft(settings, from: serverConfig.joined(separator: " "), version: softwareVersion).text
    guard findings.output == .json else { return try console.write(data: Array(draft.utf8)) }
    try console.write(encodeJSON(ImportOutput(software: settings.software.name, policy: draft)))
  }
}

private struct ImportOutput: Encodable {
  var formatVersion = 1
  var software: String
  var policy: String
}
