import ArgumentParser
import Compilation
import Diagnostics
import Policy
import Servers

/// `sallyport emit`.
struct Emit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emit",
    abstract: "Write the settings of one FTP server to standard output.",
    discussion: """
      Forms, the default first: \(formTable).

      Where a form has several files, a line `# file: NAME` stands before each. A server given in place by a publication \
      bears the publication's name.

      Exit status 0 when there are settings, 1 when the policy has errors or the form cannot hold it, 64 for a server, form or \
      template that is none, 66 when a file is missing.

      EXAMPLES:
        sallyport emit office.sally --server files
        sallyport emit office.sally --server files > 50-sallyport.conf
      """)

  @OptionGroup var input: PolicyInput

  @Option(help: ArgumentHelp("The server whose settings are wanted.", valueName: "name"), completion: .servers)
  var server: String

  @Option(
    help: ArgumentHelp("The form in which the server is configured.", valueName: "form"), completion: .serverForms)
  var form: String?

  @Option(
    help: ArgumentHelp("Folder whose *.mustache files replace built-in templates.", valueName: "directory"),
    completion: .directory)
  var templates: String?

  func run() throws {
    let console = input.console
    let compilation = try input.accepted()
    let index = try compilation.server(named: server, console)
    let emission: Emission
    do {
      emission = try Emitters.emit(
        compilation.policy, server: index, form: form,
        templates: try readTemplates(templates, console: console), hostGateways: compilation.hostGateways,
        locate: compilation.locator())
    } catch let error as EmitError {
      throw console.failure("\(error)", .usage)
    }
    let shown =
      emission.diagnostics.hasErrors
      ? emission.diagnostics.filter { $0.severity == .error } : emission.remarks
    try compilation.report(shown, console, as: input.output)
    try write(emission.documents, console)
  }

  private func write(_ documents: [ServerDocument], _ console: Console) throws {
    if input.output == .json {
      let files = documents.map { EmitOutput.Document(name: $0.name, text: $0.text) }
      return try console.write(encodeJSON(EmitOutput(formatVersion: 1, server: server, documents: files)))
    }
    guard documents.count > 1 else { return try console.write(data: Array(documents.map(\.text).joined().utf8)) }
    for document in documents { try console.write(data: Array("# file: \(document.name)\n\(document.text)".utf8)) }
  }
}

/// `PROGRAM FORM|FORM; PROGRAM FORM; ...`.
private let formTable = ServerPrograms.named.map { software in
  "\(software.name) \(Emitters.forms(of: software).joined(separator: "|"))"
}.joined(separator: "; ")

private struct EmitOutput: Encodable {
  struct Document: Encodable {
    var name: String
    var text: String
  }

  var formatVersion: Int
  var server: String
  var documents: [Document]
}
