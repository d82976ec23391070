import ArgumentParser
import Compilation
import Diagnostics
import Netfilter
import Nftables
import Platforms

/// `sallyport diff`.
struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Tell how the running rules differ from a policy.",
    discussion: """
      Compares by meaning what the policy compiles to with the table inet sallyport in the kernel of this machine, in \
      this network namespace, or with a saved listing of it: handles, counters, what packets have added and the order of \
      elements do not count. Says in the words of the policy what differs, names what nobody asked for as foreign, and \
      shows the change of the ruleset as a unified diff. Nothing is changed.

      Says as well when a change waits for its confirmation, and whether its watchdog is alive.

      --policy compares with another policy instead, and needs no machine: what happens to publications, who gets in or is \
      shut out, which sessions begin or cease to work, which gateways and servers must be touched, and in which order, so \
      that no session breaks in between that works before and after; where there is no such order it says so. FILES are the \
      new policy, OLD the one before. --format markdown is for a merge request.

      Exit status 0 when both are the same, 1 when they differ. Without --against or --policy it needs root or CAP_NET_ADMIN, and \
      ends with 77 without; it ends with 70 when libnftables or the program sallyport-netfilter is missing or fails. A \
      listing that is missing or not understood ends with 66.

      EXAMPLES:
        sallyport diff office.sally
        sallyport diff sites.sally --gateway edge --output json
        nft -j list table inet sallyport > saved.json
        sallyport diff office.sally --against saved.json --quiet
        sallyport diff --policy before/office.sally office.sally
        sallyport diff --policy before/office.sally office.sally --format markdown
        ssh gateway nft -j list table inet sallyport | sallyport diff office.sally --against -
      """)

  @Argument(help: "Policy files, together one policy. - is standard input.", completion: .policies)
  var files: [String]

  @Option(
    help: ArgumentHelp("The gateway to compare, where the policy has several.", valueName: "name"),
    completion: .gateways)
  var gateway: String?

  @Option(
    help: ArgumentHelp(
      "Instead of the kernel: what `nft -j list table inet sallyport` printed. - is standard input.",
      valueName: "file"), completion: .file())
  var against: String?

  @Option(
    help: ArgumentHelp(
      "Compare with another policy: the one before. May be given again for several files.", valueName: "old"),
    completion: .policies)
  var policy: [String] = []

  @Option(help: ArgumentHelp("With --policy: text or markdown.", valueName: "format"))
  var format: ComparisonFormat = .text

  @Flag(help: "Print nothing but errors; the exit status says whether there is a difference.")
  var quiet = false

  @Option(help: ArgumentHelp("text or json.", valueName: "form"))
  var output: OutputForm = .text

  @OptionGroup var includes: IncludeOptions

  @OptionGroup var state: StateOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard against != "-" || !files.contains("-") else {
      throw ValidationError("standard input can be the policy or the listing, not both")
    }
    guard policy.isEmpty || against == nil && gateway == nil else {
      throw ValidationError("--policy compares two policies; --against and --gateway are for the rules of a gateway")
    }
    guard format == .text || !policy.isEmpty && output == .text else {
      throw ValidationError("--format markdown is for --policy, and not for --output json")
    }
    guard !policy.contains("-") || !files.contains("-") else {
      throw ValidationError("standard input can be one of the policies, not both")
    }
  }

  @MainActor
  func run() async throws {
    let console = common.console
    if !policy.isEmpty { return try comparePolicies(console) }
    // The kernel takes its time, in which the policy is compiled; a policy with errors ends the question, and its
    // answer is not told.
    async let asked = kernelTable(Platforms.nftables.tableName)
    let compilation = try PolicyFiles(files: files, includes: includes, console: console).compile()
    if !quiet || !compilation.isAccepted { try compilation.reportOnError(console, as: output) }
    let (platform, plan) = try compilation.tableGateway(named: gateway, for: "diff", console)
    let wanted = platform.table(of: plan)
    let running: Table?
    switch await asked {
    case .success(let table): running = table
    case .failure(let failure): throw console.failure(failure)
    case nil: running = try listedTable(wanted.name, console)
    }
    let difference = platform.difference(running: running, wanted: wanted)
    let pending = against == nil ? PendingChange.find(running?.generation, in: state.folder) : .none
    if !quiet { try show(difference, pending, console) }
    if !difference.isSame { throw ExitStatus.findings.code }
  }

  /// `--policy`.
  private func comparePolicies(_ console: Console) throws {
    func compiled(_ files: [String]) throws -> Compilation {
      let compilation = try PolicyFiles(files: files, includes: includes, console: console).compile()
      if !compilation.isAccepted { try compilation.reportOnError(console, as: output) }
      return compilation
    }
    let (old, new) = (try compiled(policy), try compiled(files))
    let comparison: PolicyComparison
    do {
      comparison = try PolicyComparison(from: old, to: new, version: sallyportVersion)
    } catch {
      throw console.failure("\(error)", .internalFault)
    }
    if !quiet {
      let view = ComparisonView(comparison)
      if output == .json {
        try console.write(encodeJSON(view.json))
      } else if comparison.isSame {
        console.say("both policies come to the same\n")
      } else {
        try console.write(format == .markdown ? view.markdown : view.text(console.outputStyle))
      }
    }
    if !comparison.isSame { throw ExitStatus.findings.code }
  }

  /// The table in the listing; `nil` when there is none.
  ///
  /// - Throws: `ExitStatus.inputMissing` when there is no listing to read, or none that is understood.
  private func listedTable(_ name: String, _ console: Console) throws -> Table? {
    guard let against else { return nil }
    let listing = try PolicyFiles(files: [], console: console).read(against)
    do throws(ListingError) {
      return try Table.read(listing: listing, name: name)
    } catch {
      throw console.failure("\(against == "-" ? standardInputName : against): \(error)", .inputMissing)
    }
  }

  /// The table in the kernel, `nil` inside when there is none; `nil` when a listing is read instead.
  private func kernelTable(_ name: String) async -> Result<Table?, NetfilterFailure>? {
    guard against == nil else { return nil }
    do throws(NetfilterFailure) {
      return .success(try await NetfilterWorker(path: try WorkerLocation.find()).table(named: name))
    } catch {
      return .failure(error)
    }
  }

  private func show(_ difference: PolicyDifference, _ pending: PendingChange.Answer, _ console: Console) throws {
    console.say(pending)
    guard output == .text else { return try console.write(encodeJSON(DiffOutput(difference, pending))) }
    guard !difference.isSame else { return console.say("the running rules are what the policy wants\n") }
    let style = console.outputStyle
    let sentences = difference.changes.map { $0.sentence(style) }.joined()
    let lines = unifiedDiff(
      old: printableLines(difference.runningScript), new: printableLines(difference.wantedScript),
      names: ("running", "wanted"), style: style)
    try console.write(sentences + "\n" + lines)
  }

  /// What was listed may hold control characters.
  private func printableLines(_ text: String) -> String {
    splitLines(text).map { printable(String($0)) }.joined(separator: "\n")
  }
}

private struct DiffOutput: Encodable {
  var formatVersion = 1
  var same: Bool
  var changes: [ChangeEntry]
  /// A change that is in force and waits for its confirmation; left out when none is known.
  var pending: PendingEntry?

  init(_ difference: PolicyDifference, _ pending: PendingChange.Answer) {
    same = difference.isSame
    if case .waits(let change) = pending { self.pending = PendingEntry(change) }
    changes = difference.changes.map { ChangeEntry($0) }
  }
}
