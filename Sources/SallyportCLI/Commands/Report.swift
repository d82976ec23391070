import ArgumentParser
import Compilation
import Diagnostics
import Files

/// `sallyport report`.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write one page about a whole policy, to look at in a browser.",
    discussion: """
      A picture of clients, boxes, gateways and servers; a table of all publications and of every `reach`, with what works for \
      whom; the findings of `check`; and what each gateway and server needs. The page is one file that fetches nothing, says \
      everything without scripts, and can be searched with them. Publications that fare alike are played once. Of a policy with \
      errors the page shows what could be read, and no sessions.

      Exit status 0 when all that the policy permits works, 1 when it has errors or a session does not work or nobody can tell; \
      the page is written all the same. 66 when a file is missing, 74 when the page cannot be written.

      EXAMPLES:
        sallyport report office.sally > office.html
        sallyport report sites.sally -o sites.html
      """)

  @Argument(help: "Policy files, together one policy. - is standard input.", completion: .policies)
  var files: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the page into a file.", valueName: "file"), completion: .file())
  var out: String?

  @OptionGroup var includes: IncludeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard out?.isEmpty != true else { throw ValidationError("--out needs a file") }
  }

  func run() throws {
    let console = common.console
    let compilation = try PolicyFiles(files: files, includes: includes, console: console).compile()
    let report = PolicyReport(compilation)
    let names = files.map { $0 == "-" ? standardInputName : $0 }
    let page = report.html(title: names.joined(separator: ", "))
    if let out {
      if let reason = replaceFile(out, with: Array(page.utf8)) {
        throw console.failure("\(out): \(reason)", .inputOutput)
      }
    } else {
      try console.write(page)
    }
    if report.fails { throw ExitStatus.findings.code }
  }
}
