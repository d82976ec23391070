import Addressing
import ArgumentParser
import Compilation
import Diagnostics
import FTPSession
import Netfilter
import Nftables
import Policy

/// How `explain` draws.
enum ExplainFormat: String, ExpressibleByArgument, CaseIterable {
  case text, svg, html
}

/// `sallyport explain`.
struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tell which FTP sessions of a publication or a reach work, and why the others stop.",
    discussion: """
      Plays every kind of session against the ruleset that the policy compiles to: plain, explicit and implicit TLS, with \
      PASV, EPSV, PORT and EPRT, over IPv4 and IPv6, for an allowed client, a stranger and a client inside. Nothing is \
      loaded. A cell says works, refused (the policy does not want it) or broken (the policy permits it, and it does not \
      work); for what is broken the session is drawn, with the packet that dies, the rule, and the line of the policy.

      Of a reach the clients are users behind its gateway, one who may use the server and one who may not. Their packets are \
      played through every gateway on the way: those further out of their own, and of a publication of the policy those at the \
      other end.

      --mode draws the sessions of one kind, for example tls-pasv, plain-port, implicit-epsv or tls-epsv-ipv6. --what-if \
      tells what a changed statement of the publication or reach would do: it takes the place of the one with its keyword, or is \
      added; with no before it, it is taken away. Several statements hold together; two that contradict each other are refused. \
      html holds all that the text holds; svg draws one session: the first of --mode, of those that --what-if changes, of those \
      that are broken, or of those that work. Limits count as not reached. Addresses that the policy does not name are \
      examples.

      --running judges every table that runs on this machine, in this network namespace, whoever wrote it, with the machine's \
      interfaces and routes; tables of iptables, of iptables-legacy too, and sets of ipset are among them. What the model does \
      not know makes a session undecided, and the rule is quoted. Nothing is changed. It needs root or CAP_NET_ADMIN, and ends with 77 without; it ends with 70 when libnftables or the program \
      sallyport-netfilter is missing or fails. With --what-if the changed table is put in the place of ours.

      Passive ranges are tried at every port at which a rule, a set or a map begins or ends, and clients in every network of \
      allow and deny and just beside it.

      Exit status 0 when every session that the policy permits works and nobody gets in whom it keeps out, 1 otherwise and \
      when the policy has errors; sessions are explained nevertheless where its statements can be read.

      EXAMPLES:
        sallyport explain office.sally files
        sallyport explain office.sally files --client 198.51.100.7 --mode tls-pasv
        sallyport explain office.sally files --what-if "helper on"
        sallyport explain office.sally files --what-if "tls explicit required; passive range 50000-50399" --what-if "no helper"
        sallyport explain office.sally files --running
        sallyport explain branch.sally bank --gateway-config rules.v4
        sallyport explain office.sally files --output json
        sallyport explain office.sally files --format html > files.html
      """)

  @Argument(
    help: "Policy files, together one policy, and then the name of a publication or a reach.",
    completion: .policiesAndPublications)
  var words: [String]

  @Option(help: ArgumentHelp("The client to look at, instead of one of each kind.", valueName: "address"))
  var client: String?

  @Option(
    help: ArgumentHelp("The sessions to draw, for example tls-pasv.", valueName: "kind"), completion: .sessionKinds)
  var mode: String?

  @Option(
    help: ArgumentHelp(
      "A statement to try, for example \"helper on\"; may be given again, and hold several with ; between them.",
      valueName: "statement"))
  var whatIf: [String] = []

  @Flag(help: "Judge the rules that run on this machine, all tables, instead of what the policy compiles to.")
  var running = false

  @Option(
    help: ArgumentHelp(
      "Judge the configuration in a file instead of what the policy compiles to: all that `audit --gateway` reads. May be given again.",
      valueName: "path"), completion: .file())
  var gatewayConfig: [String] = []

  @Option(
    help: ArgumentHelp(
      "With --running or --gateway-config, of a path of several gateways: the one that is judged. Without it the one whose interfaces this machine has, or the innermost; of a reach the users' own.",
      valueName: "name"), completion: .gateways)
  var gateway: String?

  @Option(help: ArgumentHelp("text, svg or html.", valueName: "format"))
  var format: ExplainFormat = .text

  @Option(help: ArgumentHelp("text or json.", valueName: "form"))
  var output: OutputForm = .text

  @OptionGroup var includes: IncludeOptions

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !words.isEmpty else { throw ValidationError("name policy files, and then a publication") }
    guard gatewayConfig.isEmpty || !running else {
      throw ValidationError("--running judges this machine, --gateway-config a file")
    }
    guard gateway == nil || running || !gatewayConfig.isEmpty else {
      throw ValidationError("--gateway is for --running and --gateway-config")
    }
    guard client == nil || client.flatMap({ IPAddress($0) }) != nil else {
      throw ValidationError("--client wants an IPv4 or IPv6 address")
    }
    guard mode == nil || mode.flatMap(SessionChoice.init) != nil else {
      throw ValidationError(
        "--mode wants words such as plain, tls, implicit, pasv, epsv, port, eprt, ipv4, ipv6 joined by -")
    }
  }

  @MainActor
  func run() async throws {
    let console = common.console
    // Whoever names no publication is told which there are.
    let files = words.count == 1 ? words : Array(words.dropLast())
    let trial: WhatIf?
    do {
      trial = whatIf.isEmpty ? nil : try WhatIf(whatIf)
    } catch {
      throw console.failure("--what-if: \(error)", .usage)
    }
    var compilation = try PolicyFiles(files: files, includes: includes, console: console)
      .compile(writes: gatewayConfig.isEmpty)
    let named = try subject(in: compilation, console)
    let gateway = try judgedGateway(of: named, in: compilation, console)
    let (view, remark) = compilation.judging(named, at: gateway)
    compilation = view
    remark.map { console.say("note: \($0)\n") }
    let subject = compilation.subject(named: named.name) ?? named
    let judged =
      running ? try await console.runningRules(at: gateway) : try savedRules(gateway, &compilation, console)
    if let trial { return try compare(compilation, subject, trial, judged, console) }
    let table = try table(of: subject, in: compilation, judged, console)
    let isAtHome = try fitsMachine(compilation, gateway, console)
    if output == .json {
      try console.write(encodeJSON(ExplainOutput(table)))
    } else {
      try draw(
        SessionView(
          table: table, compilation: compilation, choice: mode.flatMap(SessionChoice.init), style: console.outputStyle
        ),
        console)
    }
    if table.fails || !compilation.isAccepted || !isAtHome { throw ExitStatus.findings.code }
  }

  /// The gateway whose rules run here, or stand in the files, among those that sessions pass; else the usual one.
  private func judgedGateway(
    of subject: SessionSubject, in compilation: Compilation, _ console: Console
  ) throws -> Int? {
    guard let gateway else {
      guard running, let own = Machine.current().flatMap({ compilation.ownGateway(on: $0) }),
        compilation.passes(subject, own)
      else { return subject.gateway }
      return own
    }
    let chosen = try compilation.gatewayPosition(named: gateway, console)
    guard chosen != nil, compilation.passes(subject, chosen) else {
      throw console.failure("`\(subject.name)` does not pass the gateway `\(gateway)`", .usage)
    }
    return chosen
  }

  /// Shows what of the gateway's interfaces and addresses is not on this machine; whether nothing is wrong there.
  private func fitsMachine(_ compilation: Compilation, _ gateway: Int?, _ console: Console) throws -> Bool {
    guard running else { return true }
    guard let machine = Machine.current() else { throw console.noInterfaces }
    let wanted = WantedRules(compilation, gateway: gateway, version: sallyportVersion)
    let found = wanted?.findings(on: machine) ?? []
    console.show(found, in: compilation.sources, as: output)
    return !found.hasErrors
  }

  private func draw(_ view: SessionView, _ console: Console) throws {
    let lacking = "no session of the kind `\(mode ?? "")` can be played here; leave --mode out to see which there are"
    switch format {
    case .text: try console.write(view.text)
    case .html: try console.write(view.html)
    case .svg:
      guard let picture = view.svg else {
        throw console.failure(mode == nil ? "there is no session that could be drawn" : lacking, .usage)
      }
      return try console.write(picture)
    }
    if !view.hasWhatWasChosen { console.say("note: \(lacking)\n") }
  }

  /// The sessions that are told; of a policy with errors too, as long as what they are of could be read.
  private func table(
    of subject: SessionSubject, in compilation: Compilation, _ judged: JudgedRules?, _ console: Console
  ) throws -> SessionTable {
    do {
      try compilation.reportOnError(console, as: output)
    } catch {
      guard compilation.canExplain(subject) else { throw error }
      console.say("\n")
    }
    return compilation.sessions(of: subject, judging: judged, client: client.flatMap { IPAddress($0) })
  }

  /// The rules in files; `nil` when none is named.
  private func savedRules(
    _ gateway: Int?, _ compilation: inout Compilation, _ console: Console
  ) throws -> JudgedRules? {
    guard !gatewayConfig.isEmpty else { return nil }
    let files = try GatewayFiles(gatewayConfig, of: compilation, gateway: gateway, console)
    try files.requireInterfaces(of: compilation.policy, gateway: gateway, console)
    // Where rules are missing, what the others let through is no verdict.
    let open = files.diagnostics + files.untold(compilation.policy, gateway: gateway)
    guard open.isEmpty else {
      console.show(open, in: files.sources, as: output)
      throw ExitStatus.findings.code
    }
    compilation = compilation.beside(files.sources)
    return JudgedRules(gateway: gateway, ruleset: files.ruleset)
  }

  /// `--what-if`: both tables, and what is different.
  private func compare(
    _ compilation: Compilation, _ subject: SessionSubject, _ trial: WhatIf, _ judged: JudgedRules?,
    _ console: Console
  ) throws {
    let before = try table(of: subject, in: compilation, judged, console)
    var changed: Compilation
    do throws(WhatIfFailure) {
      changed = try compilation.changing(subject, trial)
    } catch {
      throw console.failure("--what-if: \(error)", .usage)
    }
    let gateway = judged?.gateway ?? subject.gateway
    if let whole = changed.subject(named: subject.name), whole.gateway != gateway {
      changed = changed.judging(whole, at: gateway).compilation
    }
    guard let other = changed.subject(named: subject.name) else {
      throw console.failure("--what-if: `\(trial.text)` leaves nothing of `\(subject.name)`", .usage)
    }
    var applied = judged
    applied?.ruleset = judged?.ruleset.replacing(changed.table(gateway: gateway)) ?? Ruleset()
    let admitted = (compilation.admittedClients(of: subject), changed.admittedClients(of: other))
    let change = SessionChange(
      before: before, after: try table(of: other, in: changed, applied, console), admitted: admitted
    ) { client in
      (
        compilation.sessions(of: subject, judging: judged, client: client),
        changed.sessions(of: other, judging: applied, client: client)
      )
    }
    if output == .json {
      try console.write(encodeJSON(ExplainOutput(change, statement: trial.text, isAccepted: changed.isAccepted)))
    } else {
      let shown = SessionView.Trial(change, statement: trial.text, isAccepted: changed.isAccepted)
      try draw(
        SessionView(
          table: change.after, trial: shown, compilation: changed, choice: mode.flatMap(SessionChoice.init),
          style: console.outputStyle), console)
    }
    if change.after.fails || !changed.isAccepted { throw ExitStatus.findings.code }
  }

  /// What the last word names.
  private func subject(in compilation: Compilation, _ console: Console) throws -> SessionSubject {
    let name = words.last ?? ""
    let names = compilation.policy.publications.map(\.name.value) + compilation.policy.reaches.map(\.name.value)
    if words.count > 1, let found = compilation.subject(named: name) { return found }
    // A mistake may be why there is none of that name.
    try compilation.reportOnError(console, as: output)
    guard words.count > 1 else {
      let list = names.isEmpty ? "there is none" : "there is \(listed(names))"
      throw console.failure("name a publication after the policy files; \(list)", .usage)
    }
    throw console.failure(unknown("publication", name, among: names), .usage)
  }
}
