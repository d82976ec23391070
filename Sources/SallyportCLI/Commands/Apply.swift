import ArgumentParser
import Compilation
import Diagnostics
import Files
import FoundationEssentials
import Glibc
import Netfilter
import Nftables
import Platforms

/// `sallyport apply`.
struct Apply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Make the running rules those of a policy, in one transaction.",
    discussion: """
      Compares the policy with the table inet sallyport in the kernel of this machine, in this network namespace, and \
      sends the smallest transaction that reaches the goal: elements and rules that differ, by their handles; the whole \
      table where that cannot do. The kernel takes all of it or nothing, and only while no other program has changed \
      rules in between. Other tables stay as they are. Connections in progress go on.

      --confirm-within arms a watchdog before the change is made. It puts back what ran before unless `sallyport confirm` \
      comes in time, also when this shell, this program and its parents are gone. --verify runs a command and confirms \
      when it succeeds; when it fails the change is taken back at once. `sallyport rollback` takes the last change back \
      later, too.

      --persist writes the ruleset into a file that `nft -f` loads at boot, only once the change is confirmed. Without a \
      name it is \(BootFile.defaultPath), which sallyport.service loads. Whether it can be written is looked at before \
      anything is changed; a file that sallyport did not write is replaced with --force alone.

      Where systemd runs, and for root, the watchdog is a scope of its own, which the end of a login session leaves alone.

      Nothing is changed where the policy names interfaces, or external addresses of a local server, that this machine does \
      not have.

      The state folder, and the folder of the file for boot, belong to root or to the user who runs this, and so do the folders \
      above them; nobody else may write there.

      Exit status 0 when the rules are as the policy wants, 1 when the policy or the kernel refuses or an earlier change \
      waits for its confirmation, 70 when the record of the change is lost and its watchdog takes it back, 74 when the state \
      folder, the file for boot or standard output cannot be written or other programs keep changing rules (the change stands \
      then if it was told, with its watchdog), 75 when the change was made and taken back, 77 without root or CAP_NET_ADMIN.

      EXAMPLES:
        sallyport apply office.sally --dry-run
        sallyport apply office.sally --confirm-within 60s
        sallyport apply office.sally --verify "curl -sS --ssl-reqd ftp://ftp.example.org/"
        sallyport apply office.sally --persist
      """)

  @OptionGroup var input: PolicyInput

  @Option(
    help: ArgumentHelp("The gateway that this machine is, where the policy has several.", valueName: "name"),
    completion: .gateways)
  var gateway: String?

  @Flag(help: "Show the transaction and have the kernel check it; change nothing.")
  var dryRun = false

  @Flag(help: "Replace the whole table, which loses counters and what packets have added to sets.")
  var replace = false

  @Option(
    help: ArgumentHelp("Take the change back unless it is confirmed in time: 60s, 5m, 1h.", valueName: "time"),
    completion: .timeSpans, transform: TimeSpan.read)
  var confirmWithin: TimeSpan?

  @Option(
    help: ArgumentHelp(
      """
      Confirm when this command of the shell succeeds, take the change back when it fails. Its time is that of \
      --confirm-within, 60s without it.
      """, valueName: "command"))
  var verify: String?

  @Option(
    defaultAsFlag: BootFile.defaultPath,
    help: ArgumentHelp("Write the ruleset for boot into a file, once confirmed.", valueName: "file"),
    completion: .file())
  var persist: String? = nil

  @Flag(help: "With --persist: replace a file that sallyport did not write.")
  var force = false

  @OptionGroup var state: StateOptions

  func validate() throws {
    guard verify?.allSatisfy(\.isWhitespace) != true else { throw ValidationError("--verify needs a command") }
    guard persist?.isEmpty != true else { throw ValidationError("--persist needs a file") }
    guard persist != nil || !force else { throw ValidationError("--force is about the file of --persist") }
  }

  private var console: Console { input.console }

  /// Seconds until the change is taken back; `nil` for a change that needs no confirmation.
  private var patience: Int? { confirmWithin?.seconds ?? (verify == nil ? nil : 60) }

  @MainActor
  func run() async throws {
    // A reader that has gone is an error of writing like any other: what was begun is brought to its end.
    signal(SIGPIPE, SIG_IGN)
    // The kernel takes its time, in which the policy is compiled; a policy with errors ends the question, and its
    // answer is not told.
    async let asked = runningTable()
    let compilation = try input.accepted()
    let changer = try state.changer(console)
    let position = try compilation.gatewayPosition(named: gateway, console)
    guard let wanted = WantedRules(compilation, gateway: position, version: sallyportVersion) else {
      throw compilation.hasNoTable(gateway: position, for: "apply", console)
    }
    guard let machine = Machine.current() else { throw console.noInterfaces }
    try compilation.report(wanted.findings(on: machine), console, as: input.output)
    let options = options(state.folder.path)
    if dryRun { return try await tryOut(wanted, options, changer, running: await asked) }
    let applied = try await apply(wanted, options, changer, running: await asked)
    // What cannot be shown does not keep a change from being verified: it is made.
    let shown = Result { try show(applied) }
    if case .changed(let plan) = applied { try await verifyChange(plan.generation, changer) }
    try shown.get()
  }

  /// What the kernel says while the policy is compiled; `nil` when there is no worker to ask it.
  private func runningTable() async -> RunningAnswer? {
    guard let path = try? WorkerLocation.find() else { return nil }
    return await RuleChanger(backend: NetfilterWorker(path: path), state: state.folder).ask()
  }

  private func apply(
    _ wanted: WantedRules, _ options: ApplyOptions, _ changer: RuleChanger<NetfilterWorker>, running: RunningAnswer?
  ) async throws -> Applied {
    do throws(ApplyFailure) {
      return try await changer.apply(wanted, options, running: running)
    } catch {
      if case .refused(let diagnostics) = error { show(diagnostics, of: wanted) }
      throw console.failure(error)
    }
  }

  private func options(_ folder: String) -> ApplyOptions {
    ApplyOptions(
      replacing: replace, confirmWithin: patience, bootFile: persist.map(absolute), replacesAnyBootFile: force
    ) { generation throws(ApplyFailure) in
      try armWatchdog(of: generation, folder: folder)
    }
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
  }

  /// `--dry-run`: the transaction on standard output, and then what the kernel says about it.
  private func tryOut(
    _ wanted: WantedRules, _ options: ApplyOptions, _ changer: RuleChanger<NetfilterWorker>, running: RunningAnswer?
  ) async throws {
    let trial: Trial
    do throws(ApplyFailure) {
      try options.checkBootFile()
      trial = try await changer.tryOut(wanted, replacing: replace, running: running)
    } catch {
      throw console.failure(error)
    }
    console.say(trial.pending)
    if input.output == .json {
      try console.write(encodeJSON(ApplyOutput(trial.plan, applied: false, confirmWithin: nil)))
    } else if trial.plan.difference.isSame {
      console.say("the running rules are what the policy wants\n")
    } else {
      try console.write(data: trial.plan.transaction.script.bytes)
    }
    guard trial.refusals.isEmpty else {
      show(trial.refusals, of: wanted)
      throw ExitStatus.findings.code
    }
    if !trial.plan.difference.isSame { console.say("the kernel takes this transaction\n") }
  }

  private func show(_ diagnostics: [Diagnostic], of wanted: WantedRules) {
    console.say(
      render(
        diagnostics, in: wanted.sources, as: input.output == .json ? .json : .full, style: console.errorStyle,
        version: sallyportVersion))
  }

  private func show(_ applied: Applied) throws {
    let plan = applied.plan
    var isChanged = false
    if case .changed = applied { isChanged = true }
    if input.output == .json {
      return try console.write(
        encodeJSON(ApplyOutput(plan, applied: isChanged, confirmWithin: isChanged ? patience : nil)))
    }
    guard isChanged else { return console.say("the running rules are what the policy wants\n") }
    let shown = Result {
      try console.write(plan.difference.changes.map { $0.sentence(console.outputStyle) }.joined())
    }
    console.say("\napplied as change \(plan.generation.name): \(plan.summary)\n")
    if let patience, verify == nil {
      console.say(
        "`sallyport confirm \(plan.generation.name)` keeps it; without that it is taken back in \(patience) seconds\n"
      )
    }
    try shown.get()
  }

  /// `--verify`: keeps the change or takes it back.
  private func verifyChange(_ generation: Generation, _ changer: RuleChanger<NetfilterWorker>) async throws {
    guard let verify, let patience else { return }
    let success = runShell(verify, seconds: patience)
    do throws(ApplyFailure) {
      if success {
        _ = try await changer.confirm(generation)
        console.say("the command of --verify succeeded: confirmed\n")
      } else {
        try await takeBack(generation, changer)
        throw ApplyFailure.takenBack(.unverified)
      }
    } catch {
      throw console.failure(error)
    }
  }
}

extension Apply {
  /// After a command of `--verify` that failed.
  private func takeBack(
    _ generation: Generation, _ changer: RuleChanger<NetfilterWorker>
  ) async throws(ApplyFailure) {
    do throws(ApplyFailure) {
      _ = try await changer.rollback(.unverified, of: generation)
    } catch .nothingKnown {
      // The watchdog was faster, or is about to.
      if try await changer.isInForce(generation) {
        throw .unrecorded(PendingChange(generation, .lost, .alive))
      }
    }
  }
}

extension ApplyPlan {
  /// What is sent to the kernel, in a few words.
  fileprivate var summary: String {
    let bytes = transaction.script.bytes.count
    return switch transaction.kind {
    case .create: "the table is new, \(bytes) bytes"
    case .change: "only what differs, \(bytes) bytes"
    case .replace: "the whole table, \(bytes) bytes"
    }
  }
}

/// What `apply` did, for programs.
private struct ApplyOutput: Encodable {
  private var formatVersion = 1
  private var applied: Bool
  private var same: Bool
  private var generation: String?
  private var transaction: String?
  private var bytes: Int
  private var confirmWithin: Int?
  private var changes: [ChangeEntry]

  init(_ plan: ApplyPlan, applied: Bool, confirmWithin: Int?) {
    self.applied = applied
    same = plan.difference.isSame
    generation = applied ? plan.generation.name : nil
    transaction = same ? nil : plan.transaction.kind.rawValue
    bytes = same ? 0 : plan.transaction.script.bytes.count
    self.confirmWithin = confirmWithin
    changes = plan.difference.changes.map { ChangeEntry($0) }
  }
}
