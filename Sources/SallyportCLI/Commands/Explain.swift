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

      Of a reach the clients are users behind its gateway, one who may use the server and one who may not; that gateway alone       is played, under the rules that the policy compiles to.

      --mode draws the sessions of one kind, for example tls-pasv, plain-port, implicit-epsv or tls-epsv-ipv6. --what-if \
      tells what a changed statement of the publication would do: it takes the place of the one with its keyword, or is \
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
        sallyport explain office.sally files --output json
        sallyport explain office.sally files --format html > files.html
      """)

  @Argument(help: "Policy files, together one policy, and then the name of a publication or a reach.")
  var words: [String]

  @Option(help: ArgumentHelp("The client to look at, instead of one of each kind.", valueName: "address"))
  var client: String?

  @Option(help: ArgumentHelp("The sessions to draw, for example tls-pasv.", valueName: "kind"))
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
      valueName: "path"))
  var gatewayConfig: [String] = []

  @Option(
    help: ArgumentHelp(
      "With --running or --gateway-config, of a path of several gateways: the one that is judged. Without it the one whose interfaces this machine has, or the innermost.",
      valueName: "name"))
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
    if let reach = compilation.policy.reaches.first(where: { $0.name.value == words.last }), words.count > 1 {
      return try explain(reach, in: compilation, console)
    }
    var publication = try publication(in: compilation, console)
    if let judged = try judgedGateway(of: publication, in: compilation, console), judged != publication.gateway {
      compilation = compilation.seen(from: judged)
      publication = try self.publication(in: compilation, console)
      let name = compilation.policy.gateway(at: judged)?.name.value ?? ""
      console.say("note: played through `\(name)` alone; the gateways after it do what the policy says\n")
    }
    let host =
      running
      ? try await runningHost(publication, compilation.policy, console)
      : try savedHost(publication, &compilation, console)
    if let trial { return try compare(compilation, publication, trial, host, console) }
    let table = try table(of: publication, in: compilation, host, console)
    let isAtHome = try fitsMachine(compilation, publication, console)
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

  /// The gateway on the path of a publication whose rules run here, or stand in the files; `nil` for the usual one.
  private func judgedGateway(
    of publication: Publication, in compilation: Compilation, _ console: Console
  ) throws -> Int? {
    let path = publication.hops.map(\.gateway)
    guard running || !gatewayConfig.isEmpty else { return nil }
    guard let gateway else {
      guard running, !path.isEmpty, let own = Machine.current().flatMap({ compilation.ownGateway(on: $0) }) else {
        return nil
      }
      return path.contains(own) ? own : nil
    }
    let chosen = try compilation.gatewayPosition(named: gateway, console)
    guard let chosen, path.contains(chosen) || chosen == publication.gateway else {
      throw console.failure("`\(publication.name.value)` does not pass the gateway `\(gateway)`", .usage)
    }
    return chosen
  }

  /// The sessions of users behind a gateway.
  private func explain(_ reach: Outreach, in compilation: Compilation, _ console: Console) throws {
    guard !running, gatewayConfig.isEmpty, whatIf.isEmpty else {
      throw console.failure(
        "`\(reach.name.value)` is a reach: --running, --gateway-config and --what-if are for publications", .usage)
    }
    do {
      try compilation.reportOnError(console, as: output)
    } catch {
      guard compilation.canExplain(reach) else { throw error }
      console.say("\n")
    }
    let table = compilation.sessions(of: reach, client: client.flatMap { IPAddress($0) })
    if output == .json {
      try console.write(encodeJSON(ExplainOutput(table)))
    } else {
      let choice = mode.flatMap(SessionChoice.init)
      try draw(
        SessionView(table: table, compilation: compilation, choice: choice, style: console.outputStyle), console)
    }
    if table.fails || !compilation.isAccepted { throw ExitStatus.findings.code }
  }

  /// Shows what of the gateway's interfaces and addresses is not on this machine; whether nothing is wrong there.
  private func fitsMachine(
    _ compilation: Compilation, _ publication: Publication, _ console: Console
  ) throws -> Bool {
    guard running else { return true }
    guard let machine = Machine.current() else { throw console.noInterfaces }
    let wanted = WantedRules(compilation, gateway: publication.gateway, version: sallyportVersion)
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

  /// The sessions of a publication; of a policy with errors too, as long as the publication itself could be read.
  private func table(
    of publication: Publication, in compilation: Compilation, _ host: Host?, _ console: Console
  ) throws -> SessionTable {
    do {
      try compilation.reportOnError(console, as: output)
    } catch {
      guard compilation.canExplain(publication) else { throw error }
      console.say("\n")
    }
    return compilation.sessions(of: publication, running: host, client: client.flatMap { IPAddress($0) })
  }

  private typealias Host = (ruleset: Ruleset, site: SessionSite?)

  /// The rules in files; `nil` when none is named.
  private func savedHost(
    _ publication: Publication, _ compilation: inout Compilation, _ console: Console
  ) throws -> Host? {
    guard !gatewayConfig.isEmpty else { return nil }
    let files = try GatewayFiles(gatewayConfig, of: compilation, gateway: publication.gateway, console)
    try files.requireInterfaces(of: compilation.policy, gateway: publication.gateway, console)
    // Where rules are missing, what the others let through is no verdict.
    let open = files.diagnostics + files.untold(compilation.policy, gateway: publication.gateway)
    guard open.isEmpty else {
      console.show(open, in: files.sources, as: output)
      throw ExitStatus.findings.code
    }
    compilation = compilation.beside(files.sources)
    return (files.ruleset, nil)
  }

  /// The rules of this machine, and what is around it.
  private func runningHost(_ publication: Publication, _ policy: Policy, _ console: Console) async throws -> Host {
    let ruleset: Ruleset
    do throws(NetfilterFailure) {
      ruleset = try await NetfilterWorker(path: try WorkerLocation.find()).ruleset()
    } catch {
      throw console.failure(error)
    }
    guard let surroundings = HostSurroundings.current() else { throw console.noInterfaces }
    let site = SessionSite(
      gateway: surroundings.network, kernel: HostNetwork.kernelTraits(), for: publication, of: policy)
    return (ruleset, site)
  }

  /// `--what-if`: both tables, and what is different.
  private func compare(
    _ compilation: Compilation, _ publication: Publication, _ trial: WhatIf, _ host: Host?, _ console: Console
  ) throws {
    let before = try table(of: publication, in: compilation, host, console)
    let changed: Compilation
    do throws(WhatIfFailure) {
      changed = try compilation.changing(publication, trial)
    } catch {
      throw console.failure("--what-if: \(error)", .usage)
    }
    guard let other = changed.policy.publications.first(where: { $0.name.value == publication.name.value }) else {
      throw console.failure("--what-if: `\(trial.text)` leaves no publication", .usage)
    }
    let applied = host.map { ($0.ruleset.replacing(changed.table(gateway: other.gateway)), $0.site) }
    let admitted = (
      compilation.policy.admittedClients(of: publication), changed.policy.admittedClients(of: other)
    )
    let change = SessionChange(
      before: before, after: try table(of: other, in: changed, applied, console), admitted: admitted
    ) { client in
      (
        compilation.sessions(of: publication, running: host, client: client),
        changed.sessions(of: other, running: applied, client: client)
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

  private func publication(in compilation: Compilation, _ console: Console) throws -> Publication {
    let name = words.last ?? ""
    let names = compilation.policy.publications.map(\.name.value) + compilation.policy.reaches.map(\.name.value)
    if words.count > 1, let found = compilation.policy.publications.first(where: { $0.name.value == name }) {
      return found
    }
    // A mistake may be why there is none of that name.
    try compilation.reportOnError(console, as: output)
    guard words.count > 1 else {
      let list = names.isEmpty ? "there is none" : "there is \(listed(names))"
      throw console.failure("name a publication after the policy files; \(list)", .usage)
    }
    throw console.failure(unknown("publication", name, among: names), .usage)
  }
}

private struct ExplainOutput: Encodable {
  struct Entry: Encodable {
    var client: String
    var tls: String
    var mode: String
    var family: String
    var outcome: String
    /// `proven`, `documented` or `unverified`.
    var certainty: String
    var reason: String
    /// Whether the client gets in although the policy keeps it out; left out where it does not.
    var intrusion: Bool?
    /// What becomes of the parts of the passive range; left out where all ports fare alike.
    var passivePorts: [Part]?

    struct Part: Encodable {
      var from: Int
      var to: Int
      var outcome: String
    }

    init(_ cell: SessionCell) {
      client = cell.place.rawValue
      tls = cell.encryption.rawValue
      mode = cell.mode.rawValue
      family = cell.familyName
      outcome = cell.outcome.rawValue
      certainty = cell.certainty.rawValue
      reason = cell.reason
      intrusion = cell.isIntrusion ? true : nil
      let parts = cell.passiveParts.map {
        Part(from: Int($0.ports.lowerBound), to: Int($0.ports.upperBound), outcome: $0.outcome.rawValue)
      }
      passivePorts = parts.isEmpty ? nil : parts
    }
  }

  struct WhatIf: Encodable {
    var statement: String
    /// Whether `check` takes the changed policy.
    var accepted: Bool
    var sessions: [Entry]
  }

  var formatVersion = 1
  var publication: String
  var sessions: [Entry]
  /// What was not tried; left out where that is nothing.
  var notes: [String]?
  var whatIf: WhatIf?

  init(_ table: SessionTable) {
    publication = table.publication
    sessions = table.cells.map(Entry.init)
    notes = table.notes.isEmpty ? nil : table.notes
  }

  init(_ change: SessionChange, statement: String, isAccepted: Bool) {
    self.init(change.before)
    whatIf = WhatIf(statement: statement, accepted: isAccepted, sessions: change.after.cells.map(Entry.init))
  }
}
