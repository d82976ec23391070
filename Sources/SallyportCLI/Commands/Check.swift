import ArgumentParser
import Compilation
import Diagnostics
import Policy

extension DiagnosticFormat: ExpressibleByArgument {}

/// `sallyport check`.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Parse and validate a policy.",
    discussion: """
      Reports every mistake that can be known in one run. Exit status 0 without errors (warnings allowed), 1 with \
      errors. full and concise go to standard error; json, github and sarif go to standard output.

      EXAMPLES:
        sallyport check office.sally
        sallyport check --format github policies/*.sally
        sallyport check --fix office.sally
        cat office.sally | sallyport check --output json -
      """)

  @Argument(
    help: "Policy files, together one policy; without any, every *.sally of this folder. - is standard input.")
  var files: [String] = []

  @Option(help: ArgumentHelp("full, concise, json, github or sarif.", valueName: "format"))
  var format: DiagnosticFormat?

  @Option(help: ArgumentHelp("text or json; json is short for --format json.", valueName: "form"))
  var output: OutputForm = .text

  @Flag(help: "Apply the fixes that are safe, and report what is left.")
  var fix = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console
    let input = PolicyFiles(files: files, console: console)
    var compilation = try input.compile()
    if fix {
      let fixed = try applySafeFixes(compilation, console: console)
      if fixed > 0 { compilation = try input.compile() }
    }
    let format = format ?? (output == .json ? .json : .full)
    let style = format.isMachineReadable ? Style.plain : console.errorStyle
    let text = render(
      compilation.diagnostics, in: compilation.sources, as: format, style: style, version: sallyportVersion)
    if format.isMachineReadable { try console.write(text) } else { console.say(text) }
    if format == .full { console.say((text.isEmpty ? "" : "\n") + verdict(compilation) + "\n") }
    if !compilation.isAccepted { throw ExitStatus.findings.code }
  }

  private func verdict(_ compilation: Compilation) -> String {
    let found = summary(of: compilation.diagnostics)
    guard compilation.isAccepted else { return found }
    let publications = counted(compilation.policy.publications.count, "publication") ?? "no publication"
    return "\(publications), \(found.isEmpty ? "no errors" : "no errors, " + found)"
  }
}
