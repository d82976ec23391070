import ArgumentParser
import Diagnostics
import Glibc

/// Runs the command line of the process and exits with its status.
@MainActor
package func runSallyport() async {
  let arguments = Array(CommandLine.arguments.dropFirst())
  fillStandardStreams()
  do {
    // Asked for alone, it takes no look at every option of every command.
    if arguments == ["--version"] {
      return try Console(color: .never).write(SallyportCommand.configuration.version + "\n")
    }
    try refuseUnknownCommand(arguments)
    var command = try SallyportCommand.parseAsRoot(arguments)
    if var waiting = command as? any AsyncParsableCommand {
      try Console(color: .auto).checkDescriptors()
      try await waiting.run()
    } else {
      try Console(color: .auto).checkDescriptors(few: true)
      try command.run()
    }
  } catch {
    end(with: error, isAskedByShell: arguments.first == "---completion")
  }
}

/// Says what is wrong with a command line, or what was asked about it, and ends. Words of the command line may be names
/// of files. To a shell that asks what it may offer, nothing is said but that.
private func end(with error: any Error, isAskedByShell: Bool) -> Never {
  let status = SallyportCommand.exitCode(for: error)
  let text = SallyportCommand.fullMessage(for: error)
  guard !text.isEmpty, status.isSuccess || !isAskedByShell else { SallyportCommand.exit(withError: status) }
  let console = Console(color: .never)
  guard status.isSuccess else {
    console.say(text + "\n")
    SallyportCommand.exit(withError: status)
  }
  do { try console.write(text + "\n") } catch { SallyportCommand.exit(withError: error) }
  SallyportCommand.exit(withError: status)
}

/// A standard stream that is closed must not become the next file that is opened. What is opened in its place can be
/// read and not written, so that writing still fails.
private func fillStandardStreams() {
  for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
    _ = open("/dev/null", O_RDONLY)
  }
}

/// A word in the place of a command that names none.
///
/// - Throws: `ExitStatus.usage`.
private func refuseUnknownCommand(_ arguments: [String]) throws {
  let isHelp = arguments.first == "help"
  let words = Array(isHelp ? arguments.dropFirst() : arguments[...])
  guard let name = words.first, !name.hasPrefix("-"), name != "help" else { return }
  let console = Console(color: .auto)
  var shown: [String] = []
  for command in SallyportCommand.configuration.subcommands {
    let configuration = command.configuration
    guard let known = configuration.commandName else { continue }
    if known == name {
      guard isHelp, words.count > 1, !words[1].hasPrefix("-") else { return }
      throw console.failure("help takes one command, as in `sallyport help \(name)`", .usage)
    }
    if configuration.shouldDisplay { shown.append(known) }
  }
  throw console.failure("\(unknown("command", name, among: shown)); `sallyport --help` says more", .usage)
}

/// `sallyport`. Every command states its name: finding it out from the type takes longer at each start than all the
/// rest.
struct SallyportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sallyport",
    abstract: "Publish FTP and FTPS servers through a firewall, from one policy that makes the parts agree.",
    discussion: """
      Reads a policy and writes an nftables ruleset, the configuration of the conntrack helper and the matching \
      settings of the FTP server.

      EXAMPLES:
        sallyport check office.sally
        sallyport compile office.sally | nft -c -f -
        sallyport build office.sally -o out
        sallyport diff office.sally
        sallyport apply office.sally --confirm-within 60s
        sallyport status
        sallyport emit office.sally --server files
        sallyport audit office.sally --server files \(exampleFolder)
        sallyport diagnose client.log server.pcap
        sallyport probe office.sally files

      Data goes to standard output, everything else to standard error. A file named - is standard input. Several \
      files form one policy.

      \(ExitStatus.help)
      """,
    version: "sallyport \(sallyportVersion)",
    subcommands: [
      Check.self, Fmt.self, Compile.self, Build.self, Diff.self, Apply.self, Confirm.self, Rollback.self, Remove.self,
      Status.self,
      Emit.self, Audit.self, Import.self, Explain.self, Report.self, Test.self, Diagnose.self, Probe.self, Rules.self,
      Lsp.self,
      Watch.self,
    ])
}
