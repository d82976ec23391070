import ArgumentParser
import Compilation
import Diagnostics
import Netfilter
import Nftables
import Platforms
import Policy

/// `sallyport check`.
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Parse and validate a policy.",
    discussion: """
      Reports every mistake that can be known in one run. Exit status 0 without errors (warnings allowed, unless \
      --deny-warnings is given), 1 with errors, 66 when a file is missing, 74 when --fix cannot write. full and concise go to standard error; json, github and sarif go to standard output.

      --kernel asks the kernel of this machine as well, in this network namespace: it hands over the ruleset of each \
      gateway, which is checked and thrown away, plays the published sessions, and those of users of a reach, through all tables \
      that run there, and warns \
      where those of others stop them; interfaces and addresses that the policy names and the machine does not have are \
      errors. It says when a change waits for its confirmation, and whether its watchdog is alive. --gateway tells which gateway of the policy this machine is. Nothing is changed. It needs root or CAP_NET_ADMIN, and ends with 77 without; it ends with 70 when \
      libnftables or the program sallyport-netfilter is missing or fails.

      EXAMPLES:
        sallyport check office.sally
        sallyport check --format github office.sally
        sallyport check --diff office.sally
        sallyport check --fix office.sally
        sallyport check --deny-warnings office.sally
        sallyport check --kernel office.sally
        cat office.sally | sallyport check --output json -
      """)

  @Argument(
    help: "Policy files, together one policy; without any, every *.sally of this folder. - is standard input.",
    completion: .policies)
  var files: [String] = []

  @OptionGroup var findings: FindingOptions

  @Flag(help: "Apply the fixes that are safe, until none is left, and report what is left.")
  var fix = false

  @Flag(help: "With --fix or --diff: also the fixes that are most likely what was meant.")
  var unsafeFixes = false

  @Flag(help: "Write nothing; show what --fix would change, and end with 1 when it would change anything.")
  var diff = false

  @Flag(help: "End with 1 when there are warnings.")
  var denyWarnings = false

  @Flag(help: "Also try the ruleset in the kernel of this machine, and change nothing.")
  var kernel = false

  @Option(
    help: ArgumentHelp(
      "With --kernel: the gateway that this machine is, where the policy has several.", valueName: "name"),
    completion: .gateways)
  var gateway: String?

  @OptionGroup var includes: IncludeOptions

  @OptionGroup var state: StateOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !unsafeFixes || fix || diff else { throw ValidationError("--unsafe-fixes needs --fix or --diff") }
    guard !diff || !findings.isForPrograms else {
      throw ValidationError("--diff is for people; the fixes are in --format json and sarif")
    }
    guard !diff || !kernel else { throw ValidationError("--diff does not ask the kernel; leave --kernel out") }
    guard gateway == nil || kernel else { throw ValidationError("--gateway is for --kernel") }
  }

  @MainActor
  func run() async throws {
    let console = common.console
    let input = PolicyFiles(files: files, includes: includes, console: console)
    var compilation = try input.compile()
    if fix || diff {
      let fixing = try Fixing(compilation, from: input, includesUnsafe: unsafeFixes)
      if diff { return try show(fixing, console) }
      try fixing.write(console)
      compilation = fixing.compilation
    }
    let report = kernel && compilation.isAccepted ? try await kernelReport(compilation, console) : nil
    let diagnostics = (compilation.diagnostics + (report?.diagnostics ?? [])).inSourceOrder()
    try findings.show(
      diagnostics, in: compilation.sources, console, closing: verdict(diagnostics, compilation, report))
    if let failure = report?.failure {
      throw console.failure(failure)
    }
    if diagnostics.hasErrors || denyWarnings && diagnostics.contains(where: { $0.severity == .warning }) {
      throw ExitStatus.findings.code
    }
  }

  /// `--diff`: what would change on standard output, and what that leaves.
  private func show(_ fixing: Fixing, _ console: Console) throws {
    try console.write(fixing.difference(console.outputStyle))
    fixing.say("would be applied", console)
    let left = fixing.compilation.diagnostics
    let rest = summary(of: left)
    console.say(rest.isEmpty ? "nothing is left to report then\n" : "\(rest) left; check without --diff says more\n")
    let isDenied = denyWarnings && left.contains { $0.severity == .warning }
    if fixing.changesAnything || left.hasErrors || isDenied { throw ExitStatus.findings.code }
  }

  private func kernelReport(_ compilation: Compilation, _ console: Console) async throws -> KernelReport {
    var chosen: Int?
    do throws(GatewayChoice) {
      chosen = try gateway.flatMap { name throws(GatewayChoice) in try compilation.gateway(named: name) }
    } catch {
      throw console.failure("\(error)", .usage)
    }
    guard let surroundings = HostSurroundings.current() else { throw console.noInterfaces }
    do throws(NetfilterFailure) {
      let worker = NetfilterWorker(path: try WorkerLocation.find())
      if PendingChange.isPossible(in: state.folder),
        let table = try? await worker.table(named: Platforms.nftables.tableName)
      {
        console.say(PendingChange.find(table.generation, in: state.folder))
      }
      return await compilation.kernelReport(
        from: worker, forwarding: .current(), surroundings: surroundings, gateway: chosen, version: sallyportVersion)
    } catch {
      return KernelReport(failure: error)
    }
  }

  private func verdict(_ diagnostics: [Diagnostic], _ compilation: Compilation, _ report: KernelReport?) -> String {
    let found = summary(of: diagnostics)
    guard !diagnostics.hasErrors else { return found }
    let publications = counted(compilation.policy.publications.count, "publication") ?? "no publication"
    let count = compilation.policy.reaches.count
    let reaches = count == 0 ? "" : count == 1 ? ", 1 reach" : ", \(count) reaches"
    let kernel = report.map { $0.failure == nil ? "; the kernel takes the ruleset" : "" } ?? ""
    return "\(publications)\(reaches), \(found.isEmpty ? "no errors" : "no errors, " + found)\(kernel)"
  }
}

extension Console {
  /// What to throw when the kernel does not list interfaces and addresses.
  var noInterfaces: ExitCode {
    failure("the kernel does not list the interfaces and addresses of this machine", .internalFault)
  }

  /// Shows diagnostics on standard error, without a summary.
  func show(_ diagnostics: [Diagnostic], in sources: SourceSet, as form: OutputForm) {
    guard !diagnostics.isEmpty else { return }
    let format: DiagnosticFormat = form == .json ? .json : .full
    say(render(diagnostics, in: sources, as: format, style: errorStyle, version: sallyportVersion))
    if form == .text { say("\n") }
  }

  /// Says why the kernel could not be asked, and returns what to throw.
  func failure(_ failure: NetfilterFailure) -> ExitCode {
    let code = self.failure("\(failure)", failure.status)
    for line in failure.details { say("  \(printable(line))\n") }
    return code
  }
}

extension NetfilterFailure {
  /// The exit status of a command that could not ask the kernel.
  var status: ExitStatus {
    switch self {
    case .notPermitted: .privilegeMissing
    case .noRequestFile: .inputOutput
    case .workerMissing, .notStarted, .unbound, .killed, .timedOut, .answerTooLong, .brokenAnswer, .library:
      .internalFault
    }
  }
}
