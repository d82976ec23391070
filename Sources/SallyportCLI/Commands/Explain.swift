import Addressing
import ArgumentParser
import Compilation
import Diagnostics
import FTPSession
import Policy

/// How `explain` draws.
enum ExplainFormat: String, ExpressibleByArgument, CaseIterable {
  case text, svg, html
}

/// `sallyport explain`.
struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell which FTP sessions of a publication work, and why the others stop.",
    discussion: """
      Plays every kind of session against the ruleset that the policy compiles to: plain, explicit and implicit TLS, with \
      PASV, EPSV, PORT and EPRT, over IPv4 and IPv6, for an allowed client, a stranger and a client inside. Nothing is \
      loaded. A cell says works, refused (the policy does not want it) or broken (the policy permits it, and it does not \
      work); for what is broken the session is drawn, with the packet that dies, the rule, and the line of the policy.

      --mode draws the sessions of one kind, for example tls-pasv, plain-port, implicit-epsv or tls-epsv-ipv6. Limits count \
      as not reached.

      Exit status 0 when every session that the policy permits works, 1 otherwise.

      EXAMPLES:
        sallyport explain office.sally files
        sallyport explain office.sally files --client 198.51.100.7 --mode tls-pasv
        sallyport explain office.sally files --output json
        sallyport explain office.sally files --format html > files.html
      """)

  @Argument(help: "Policy files, together one policy, and then the name of a publication.")
  var words: [String]

  @Option(help: ArgumentHelp("The client to look at, instead of one of each kind.", valueName: "address"))
  var client: String?

  @Option(help: ArgumentHelp("The sessions to draw, for example tls-pasv.", valueName: "kind"))
  var mode: String?

  @Option(help: ArgumentHelp("text, svg or html.", valueName: "format"))
  var format: ExplainFormat = .text

  @Option(help: ArgumentHelp("text or json.", valueName: "form"))
  var output: OutputForm = .text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard words.count >= 2 else { throw ValidationError("name policy files, and then a publication") }
    guard client == nil || client.flatMap({ IPAddress($0) }) != nil else {
      throw ValidationError("--client wants an IPv4 or IPv6 address")
    }
    guard mode == nil || mode.flatMap(SessionChoice.init) != nil else {
      throw ValidationError("--mode wants words such as plain, tls, implicit, pasv, epsv, port, eprt, ipv4, ipv6 joined by -")
    }
  }

  func run() async throws {
    let console = common.console
    let compilation = try PolicyFiles(files: Array(words.dropLast()), console: console).compile()
    try compilation.reportOnError(console, as: output)
    let publication = try publication(in: compilation, console)
    let table = compilation.sessions(of: publication, client: client.flatMap { IPAddress($0) })
    let view = SessionView(
      table: table, compilation: compilation, choice: mode.flatMap(SessionChoice.init), style: console.outputStyle)
    switch (output, format) {
    case (.json, _): try console.write(encodeJSON(ExplainOutput(table)))
    case (.text, .text): try console.write(view.text)
    case (.text, .svg): try console.write(view.svg)
    case (.text, .html): try console.write(view.html)
    }
    if table.fails { throw ExitStatus.findings.code }
  }

  private func publication(in compilation: Compilation, _ console: Console) throws -> Publication {
    let name = words.last ?? ""
    if let found = compilation.policy.publications.first(where: { $0.name.value == name }) { return found }
    let names = compilation.policy.publications.map(\.name.value)
    let hint = nearest(to: name, among: names).map { "; did you mean `\($0)`?" } ?? ""
    throw console.failure("there is no publication `\(name)`\(hint)", .usage)
  }
}

private struct ExplainOutput: Encodable {
  struct Entry: Encodable {
    var client: String
    var tls: String
    var mode: String
    var family: String
    var outcome: String
    var reason: String
  }

  var formatVersion = 1
  var publication: String
  var sessions: [Entry]

  init(_ table: SessionTable) {
    publication = table.publication
    sessions = table.cells.map {
      Entry(
        client: $0.place.rawValue, tls: $0.encryption.rawValue, mode: $0.mode.rawValue, family: $0.familyName,
        outcome: $0.outcome.rawValue, reason: $0.reason)
    }
  }
}
