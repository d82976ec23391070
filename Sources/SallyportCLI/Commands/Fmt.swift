import ArgumentParser
import Compilation
import Diagnostics
import Policy
import PolicySyntax

/// `sallyport fmt`.
struct Fmt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Bring policy files into the one canonical layout.",
    discussion: """
      Rewrites the files in place; standard input (-) goes to standard output. Comments and blank lines between groups are \
      kept. A file with syntax errors is not touched. The result is parsed again and compared before it is written. \
      Links are followed; owner and mode stay.

      Exit status 0 when all is well, 1 for files with syntax errors and, with --check or --diff, for those that are not in \
      canonical layout, 66 when a file is missing, 74 when one cannot be written; nothing is written then.

      EXAMPLES:
        sallyport fmt
        sallyport fmt --check policies/*.sally
        sallyport fmt --diff office.sally
        sallyport fmt - < office.sally
      """)

  @Argument(
    help: "Policy files; without any, every *.sally of this folder. - is standard input.", completion: .policies)
  var files: [String] = []

  @Flag(help: "Write nothing; name the files that are not in canonical layout, and end with 1 when there are any.")
  var check = false

  @Flag(help: "Write nothing; show what would change, and end with 1 when anything would.")
  var diff = false

  @Option(help: ArgumentHelp("text or json.", valueName: "form"))
  var output: OutputForm = .text

  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console
    let input = PolicyFiles(files: files, console: console)
    var changed: [String] = []
    var refused = 0
    for path in try input.paths() {
      let bytes = try input.read(path)
      guard let text = try format(path, bytes, console) else {
        refused += 1
        continue
      }
      let isStandardInput = path == "-"
      let isChanged = !text.utf8.elementsEqual(bytes)
      if isChanged { changed.append(isStandardInput ? standardInputName : path) }
      if check || diff {
        if diff, output == .text { try showDifference(path, bytes, text, console) }
      } else if isStandardInput {
        try console.write(data: Array(text.utf8))
      } else if isChanged {
        try replaceFiles([(path, Array(text.utf8))], console)
      }
    }
    try report(changed, console)
    if refused > 0 || (check || diff) && !changed.isEmpty { throw ExitStatus.findings.code }
  }

  /// The canonical text; `nil` for a file with syntax errors, which are shown.
  private func format(_ path: String, _ bytes: [UInt8], _ console: Console) throws -> String? {
    let name = path == "-" ? standardInputName : path
    var sources = SourceSet()
    let source = SourceFile(name: name, bytes: bytes)
    let tree = PolicySyntax.parse(source, as: sources.add(source))
    guard let text = PolicySyntax.format(tree) else {
      console.say(
        render(
          CappedFindings(syntaxFindings(of: tree), most: CappedFindings.usual), in: sources, as: .full,
          style: console.errorStyle, version: sallyportVersion))
      return nil
    }
    if text.utf8.elementsEqual(bytes) { return text }
    let again = PolicySyntax.parse(SourceFile(name: name, text: text), as: SourceID(0))
    guard again.diagnostics.isEmpty, haveSameMeaning(tree, again) else {
      throw console.failure(
        "\(name): formatting would change the meaning; nothing was written. Please report this file.", .internalFault)
    }
    return text
  }

  private func showDifference(_ path: String, _ bytes: [UInt8], _ text: String, _ console: Console) throws {
    let old = String(decoding: bytes, as: UTF8.self)
    try console.write(
      unifiedDiff(old: old, new: text, names: (path, "\(path) (canonical)"), style: console.outputStyle))
  }

  private func report(_ changed: [String], _ console: Console) throws {
    if output == .json, check || diff {
      return try console.write(encodeJSON(FmtOutput(formatVersion: 1, same: changed.isEmpty, changed: changed)))
    }
    for path in changed where !files.contains("-") || check {
      console.say(check || diff ? "\(path): not in canonical layout\n" : "\(path): rewritten\n")
    }
  }
}

private struct FmtOutput: Encodable {
  var formatVersion: Int
  var same: Bool
  var changed: [String]
}
