import Addressing
import ArgumentParser
import Compilation
import Diagnostics
import FTPSession
import Netfilter
import Nftables
import Policy

/// How `test` reports.
enum TestFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, tap, junit
}

/// `sallyport test`.
struct Test: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Judge the expect blocks of a policy: what its sessions must do.",
    discussion: """
      Plays every session that a statement of an expect block speaks of, against the rules that the policy compiles to: \
      for clients in every network that it names, and for those just inside of every network of allow and deny. Nothing is loaded. A \
      statement holds when all of its sessions do what it says; what nobody can tell does not hold. What does not hold is \
      shown with the session, the packet that dies, and the line of the policy that decides.

      --running judges the rules that run on this machine, in this network namespace, as explain --running does; what \
      does not pass this gateway is left out and named. It needs root or CAP_NET_ADMIN, and ends with 77 \
      without; it ends with 70 when libnftables or the program sallyport-netfilter is missing or fails.

      --coverage lists the publications, clients and sessions of which no statement speaks.

      tap is version 14 of the Test Anything Protocol, junit the XML that CI servers read; each statement is one test.

      Exit status 0 when everything holds, 1 when something does not, and when the policy has errors.

      EXAMPLES:
        sallyport test office.sally
        sallyport test office.sally --coverage
        sallyport test office.sally --running
        sallyport test office.sally --format junit > sallyport.xml
      """)

  @Argument(
    help: "Policy files, together one policy; without any, every *.sally of this folder. - is standard input.",
    completion: .policies)
  var files: [String] = []

  @Option(help: ArgumentHelp("text, json, tap or junit.", valueName: "format"))
  var format: TestFormat = .text

  @Option(help: ArgumentHelp("text or json.", valueName: "form"))
  var output: OutputForm = .text

  @Flag(help: "Judge the rules that run on this machine, all tables, instead of what the policy compiles to.")
  var running = false

  @Option(
    help: ArgumentHelp(
      "With --running: the gateway that this machine is, where the policy has several.", valueName: "name"),
    completion: .gateways)
  var gateway: String?

  @Flag(help: "List what no expectation speaks of.")
  var coverage = false

  @OptionGroup var includes: IncludeOptions

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard gateway == nil || running else { throw ValidationError("--gateway is for --running") }
    guard output == .text || format == .text || format == .json else {
      throw ValidationError("--output json and --format \(format.rawValue) contradict each other")
    }
  }

  @MainActor
  func run() async throws {
    let console = common.console
    let compilation = try PolicyFiles(files: files, includes: includes, console: console).compile()
    let form: TestFormat = output == .json ? .json : format
    try compilation.reportOnError(console, as: form == .json ? .json : .text)
    let gaps = coverage ? ExpectationCoverage(compilation.policy).gaps : []
    let rules = running ? try await console.runningRules(at: try ownGateway(compilation, console)) : nil
    var judge = ExpectationJudge(compilation, running: rules)
    let left = compilation.policy.expectations.filter { !judge.isJudged($0) }
    for expectation in left {
      console.say("note: `\(expectation.name.value)` is left out: it does not pass this gateway\n")
    }
    let judged = compilation.policy.expectations.filter { judge.isJudged($0) }.flatMap { judge.judge($0) }
    try report(judged, gaps, form, ExpectationReport.Places(compilation), isAnythingLeftOut: !left.isEmpty, console)
  }

  private func report(
    _ judged: [JudgedExpectation], _ gaps: [ExpectationCoverage.Gap], _ form: TestFormat,
    _ places: ExpectationReport.Places, isAnythingLeftOut: Bool = false, _ console: Console
  ) throws {
    let report = ExpectationReport(judged, gaps: coverage ? gaps : nil, places)
    switch form {
    case .text: try console.write(report.text(console.outputStyle))
    case .json: try console.write(encodeJSON(TestOutput(report)))
    case .tap: try console.write(report.tap)
    case .junit: try console.write(report.junit)
    }
    if judged.isEmpty, !isAnythingLeftOut {
      console.say("warning: the policy expects nothing: there is no statement in an `expect` block\n")
    }
    // Where everything that is expected was left out, nothing is known.
    if judged.contains(where: { !$0.holds }) || judged.isEmpty && isAnythingLeftOut { throw ExitStatus.findings.code }
  }

  /// The gateway that this machine is.
  private func ownGateway(_ compilation: Compilation, _ console: Console) throws -> Int? {
    if gateway == nil, compilation.policy.gateways.count > 1 {
      if let own = Machine.current().flatMap({ compilation.ownGateway(on: $0) }) { return own }
    }
    return try compilation.gatewayPosition(named: gateway, console)
  }
}

/// `--format json`.
private struct TestOutput: Encodable {
  struct Entry: Encodable {
    var name: String
    var statement: String
    var file: String
    var line: Int
    var passed: Bool
    var sessions: [Session]
    /// Empty for one that holds.
    var message: String
    /// The line of the policy that decides, where there is one.
    var decidedBy: String?
  }

  struct Session: Encodable {
    var client: String
    var address: String?
    var tls: String
    var mode: String
    var family: String
    var outcome: String
    var reason: String
    var intrusion: Bool?
  }

  struct Gap: Encodable {
    var name: String
    var file: String
    var line: Int
    var message: String
  }

  var formatVersion = 1
  var expectations: [Entry]
  /// What no expectation speaks of; left out where nobody asked.
  var uncovered: [Gap]?

  init(_ report: ExpectationReport) {
    let places = report.places
    expectations = report.judged.map { test in
      Entry(
        name: test.name, statement: places.text(test.statement.span), file: places.file(test.statement.span),
        line: places.line(test.statement.span), passed: test.holds,
        sessions: test.sessions.map { session in
          Session(
            client: session.cell.place.rawValue, address: session.client?.description,
            tls: session.cell.encryption.rawValue, mode: session.cell.mode.rawValue,
            family: session.cell.familyName, outcome: session.cell.outcome.rawValue, reason: session.cell.reason,
            intrusion: session.cell.isIntrusion ? true : nil)
        }, message: test.message, decidedBy: report.decision(test))
    }
    uncovered = report.gaps?.map {
      Gap(name: $0.name, file: places.file($0.span), line: places.line($0.span), message: $0.message)
    }
  }
}
