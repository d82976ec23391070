import Addressing
import ArgumentParser
import Compilation
import Diagnosis
import Diagnostics
import Evidence
import FTPSession
import Glibc
import Policy
import Probing
import Servers
import Trials

/// `sallyport probe`.
struct Probe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Open real FTP sessions from here, and say what they meet.",
    discussion: """
      With policy files and the name of a publication or a reach it tries what the policy promises: every kind of session \
      that it permits, and of what it refuses whether that is refused. What is not as `explain` has it is a finding, and the \
      cause is named as `diagnose` names it. With HOST[:PORT] it tries what the options ask for: by default plain and \
      explicit TLS with PASV and EPSV, over the families that the name has; and it prints a policy that fits what was seen. \
      With an account sessions in clear have to be asked for.

      A session logs in, lists the folder twice and leaves. The address in a 227 is dialled as it stands there. --upload \
      writes a small file and deletes it again; --idle waits between the two listings.

      The account comes from the variables SALLYPORT_USER and SALLYPORT_PASSWORD, from --netrc or ~/.netrc, or, with --user, \
      from a prompt on the terminal; else the login is anonymous. No password is taken from the command line or shown, and \
      none is sent in clear where the policy wants no session in clear, nor under a certificate that nobody vouches for, \
      unless --accept-certificate says so.

      Sessions are few at a time and spread over time; a policy's own limits are kept. They go through the program \
      sallyport-probe, which belongs to the installation and is alone in using libcurl.

      Exit status 0 when everything is as promised, and without a policy when some session works and those that do not are \
      refused; 1 otherwise; 66 when a file is missing or the name has no address; 70 when sallyport-probe is missing.

      EXAMPLES:
        sallyport probe office.sally files
        sallyport probe office.sally files --tls explicit --name ftp.example.com --from "the office"
        sallyport probe ftp.example.com
        sallyport probe 203.0.113.10:2121 --tls explicit --mode pasv,port --accept-certificate --format json
        sallyport probe office.sally files --idle 10m --mode epsv
      """)

  @Argument(
    help: "Policy files and the name of a publication or a reach; or HOST[:PORT].",
    completion: .policiesAndPublications)
  var words: [String]

  @OptionGroup var choice: ProbeChoiceOptions

  @OptionGroup var account: ProbeAccountOptions

  @OptionGroup var manner: ProbeMannerOptions

  @Option(help: ArgumentHelp("What the place from which this runs is called in the report.", valueName: "place"))
  var from: String?

  @Option(help: ArgumentHelp("text or json.", valueName: "form"))
  var format: OutputForm?

  @Option(help: ArgumentHelp("The same as --format.", valueName: "form"))
  var output: OutputForm = .text

  @OptionGroup var includes: IncludeOptions

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !words.isEmpty else { throw ValidationError("name policy files and a publication, or HOST[:PORT]") }
    if let from, from.isEmpty || from.utf8.count > 200 { throw ValidationError("--from wants a short name") }
  }

  func run() throws {
    let console = common.console
    let form = format ?? output
    let target = try target(console)
    let runner: ProbeRunner
    var plan: ProbePlan
    do throws(ProbeFailure) {
      runner = try ProbeRunner()
    } catch {
      throw console.failure("\(error)", .internalFault)
    }
    if let target {
      plan = try ProbePlan(target, choice, runner, console)
    } else {
      plan = try ProbePlan(words, choice, includes, form, console)
    }
    guard !plan.trials.isEmpty else {
      throw console.failure("no session is left to try; look at --tls, --mode and --family", .usage)
    }
    let login = try account.account(for: plan.names(choice.name), console)
    if target != nil, choice.tls == nil, !login.isAnonymous, plan.leaveOutPlain() {
      console.say(
        "note: sessions in clear would show the password to anybody on the way; --tls plain asks for them\n")
    }
    let results = play(plan, login, runner, console)
    let findings = ProbeFindings(results, replies: ServerPrograms.knownReplies, publication: plan.published?.facts)
    let statement = { (found: Found) in plan.published.flatMap { $0.statement(found) } }
    if form == .json {
      try console.write(encodeJSON(ProbeOutput(findings, plan, from: from, statement: statement)))
    } else {
      let place = from.map { ", from \($0)" } ?? ""
      try console.write(findings.text(title: plan.title + place, style: console.outputStyle, statement: statement))
    }
    if let first = results.first, results.allSatisfy({ $0.report == nil }) {
      throw console.failure(first.reason, .internalFault)
    }
    if !findings.isFine { throw ExitStatus.findings.code }
  }

  /// The server that one word names; `nil` where the words are files of a policy.
  private func target(_ console: Console) throws -> ProbeTarget? {
    guard words.count == 1, let word = words.first, !word.hasSuffix(".sally"), word != "-" else { return nil }
    do throws(ProbeTarget.Failure) {
      return try ProbeTarget(word)
    } catch {
      switch error {
      case .hasAccount:
        throw console.failure(
          "an account does not belong into the command line; see `sallyport probe --help`", .usage)
      case .malformed:
        throw console.failure(
          "`\(word)` is neither HOST[:PORT] nor a policy file with the name of a publication", .usage)
      }
    }
  }

  private func play(_ plan: ProbePlan, _ login: Account, _ runner: ProbeRunner, _ console: Console) -> [TrialResult] {
    let manner = self.manner.manner
    let requests = plan.trials.map {
      ProbeRequest($0, name: choice.name ?? plan.name, account: login, manner)
    }
    let progress = ProgressLine(count: requests.count)
    // A certificate that nobody vouches for costs a second control connection.
    let limit = plan.mostPerMinute.map { manner.acceptsCertificate ? max(1, $0 / 2) : $0 }
    let rate = min(self.manner.rate, limit ?? .max)
    if requests.count > 2 * rate {
      console.say(
        "note: \(requests.count) sessions at \(rate) a minute take \(requests.count / rate) minutes and more\n")
    }
    let answers = runner.run(
      requests, atOnce: min(self.manner.parallel, plan.mostAtOnce ?? .max), perMinute: rate
    ) { done in
      progress.show("probing: \(done) of \(requests.count) sessions")
    }
    progress.clear()
    return zip(plan.trials, answers).map { trial, answer in
      switch answer {
      case .success(let report): TrialResult(trial, report, manner, replies: ServerPrograms.knownReplies)
      case .failure(let failure): TrialResult(trial, failure: "\(failure)")
      }
    }
  }
}
