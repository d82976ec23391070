import Addressing
import ArgumentParser
import Compilation
import Diagnosis
import Diagnostics
import Evidence
import FTPSession
import Policy
import PolicySyntax
import Probing
import Servers

/// `sallyport diagnose`.
struct Diagnose: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "Name the cause of a failing session from logs and captures.",
    discussion: """
      Reads \(evidenceKinds), and captures (pcap, pcapng) of either end or of both. What a file is, is told by its content; \
      of a capture, from which side it was made. FILE may be written client:FILE, server:FILE or firewall:FILE where that is \
      known better.

      Each cause is a failure of the catalogue (docs/failures.md), proven or likely. Proven is only what excludes all that \
      looks alike. Where nothing is certain, the next piece of evidence to fetch is named, with the command. With a policy \
      and the name of a publication before the evidence, the statement to change is named as well. Passwords in the evidence \
      are not shown.

      Captures are read through tshark, a program of its own; logs need nothing.

      Exit status 0 when the evidence shows sessions that work, or no cause; 1 when a cause is named, or nothing was \
      understood; 66 when a file is missing or broken.

      EXAMPLES:
        sallyport diagnose curl.log
        sallyport diagnose client.pcap server.pcap
        sallyport diagnose office.sally files client.log server:transfer.pcap --output json
        sallyport diagnose client.log server.log --format html > ticket.html
      """)

  @Argument(
    help: "Policy files and the name of a publication, or neither, and then logs and captures.", completion: .evidence
  )
  var words: [String]

  @Option(help: ArgumentHelp("text, svg or html.", valueName: "format"))
  var format: ExplainFormat = .text

  @Option(help: ArgumentHelp("text or json.", valueName: "form"))
  var output: OutputForm = .text

  @OptionGroup var includes: IncludeOptions

  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console
    let (policy, evidence) = try parts(console)
    let published = try policy.map { try self.published($0, console) }
    guard !evidence.isEmpty else { throw console.failure("name at least one log or capture", .usage) }
    let files = try evidence.enumerated().map { index, word in try EvidenceReading(word, index, console).file() }
    let diagnosis = Diagnosis(files, replies: ServerPrograms.knownReplies, publication: published?.facts)
    let statement = { (found: Found) in published.flatMap { $0.statement(found) } }
    try show(diagnosis, statement, console)
    for file in diagnosis.files where file.kind == nil {
      console.say(
        "\(console.errorStyle.yellow("warning:")) \(printable(file.name)): nothing recognises it as evidence of FTP, of any language or program that is known\n"
      )
    }
    if !diagnosis.causes.isEmpty || !diagnosis.isUnderstood || diagnosis.files.contains(where: { $0.kind == nil })
      || diagnosis.sessions.contains(where: { $0.outcome == "broken" })
    {
      throw ExitStatus.findings.code
    }
  }

  private func show(_ diagnosis: Diagnosis, _ statement: @escaping (Found) -> String?, _ console: Console) throws {
    if output == .json { return try console.write(encodeJSON(DiagnoseOutput(diagnosis, statement))) }
    let view = DiagnosisText(diagnosis, style: console.outputStyle, statement: statement)
    switch format {
    case .text: try console.write(view.text)
    case .html: try console.write(view.html)
    case .svg:
      guard let ladder = diagnosis.ladder else {
        throw console.failure("there is no session that could be drawn", .findings)
      }
      try console.write(ladder.svg())
    }
  }

  /// Policy files and a publication, where the first words are files of policies; and the rest.
  private func parts(_ console: Console) throws -> (policy: (files: [String], name: String)?, evidence: [String]) {
    let files = words.prefix { $0.hasSuffix(".sally") }
    guard !files.isEmpty else { return (nil, words) }
    guard let name = words.dropFirst(files.count).first else {
      throw console.failure("name a publication after the policy files, and then the evidence", .usage)
    }
    return ((Array(files), name), Array(words.dropFirst(files.count + 1)))
  }

  private func published(_ policy: (files: [String], name: String), _ console: Console) throws -> Published {
    let compilation = try PolicyFiles(files: policy.files, includes: includes, console: console).compile()
    let all = compilation.policy.publications
    guard let publication = all.first(where: { $0.name.value == policy.name }) else {
      try compilation.reportOnError(console, as: output)
      throw console.failure(unknown("publication", policy.name, among: all.map(\.name.value)), .usage)
    }
    return Published(publication: publication, compilation: compilation)
  }
}

/// The kinds of logs that have a reader.
private let evidenceKinds = (clientReaders + ServerPrograms.logReaders + firewallReaders).map(\.title).joined(
  separator: ", ")
