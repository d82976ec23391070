import ArgumentParser
import Compilation
import Diagnostics
import FoundationEssentials
import ServerConfig

/// `sallyport build`.
struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Write everything that a policy becomes into a folder.",
    discussion: """
      For each gateway the ruleset and the modules-load, modprobe and sysctl fragments, for each server its settings in \
      every form (the default one directly in servers/NAME, others in a folder that bears the name of the form), and \
      manifest.json, which says what each file is. The folder is written aside and renamed: it is there whole or not \
      at all. A folder that holds anything that build did not write is not replaced.

      EXAMPLES:
        sallyport build office.sally -o out
        sallyport build sites.sally -o out --templates /etc/sallyport/templates
      """)

  @OptionGroup var input: PolicyInput

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "directory"))
  var out: String

  @Option(help: ArgumentHelp("Folder whose *.mustache files replace built-in templates.", valueName: "directory"))
  var templates: String?

  func run() throws {
    let console = input.console
    let compilation = try input.accepted()
    let bundle: Bundle
    do {
      bundle = try compilation.bundle(
        templates: try readTemplates(templates, console: console), version: sallyportVersion)
    } catch let error as EmitError {
      throw console.failure("\(error)", .usage)
    }
    let errors = bundle.diagnostics.filter { $0.severity == .error }
    try compilation.report(errors.isEmpty ? bundle.remarks : errors, console, as: input.output)
    do {
      try writeFolder(out, bundle.files.map { ($0.path, $0.bytes) }, replaceIf: isOwnBundle)
    } catch .occupied {
      throw console.failure(
        "\(out): holds files that build did not write; name an empty or a new folder", .inputOutput)
    } catch .system(let path, let reason) {
      throw console.failure("\(path): \(reason)", .inputOutput)
    }
    try report(bundle, console)
  }

  /// Whether every file of a folder is named by the manifest of an earlier build.
  private func isOwnBundle(_ present: [String]) -> Bool {
    if present.isEmpty { return true }
    guard case .success(let bytes) = readInput("\(out)/manifest.json"),
      let manifest = try? JSONDecoder().decode(WrittenManifest.self, from: Data(bytes))
    else { return false }
    var known: Set<String> = ["manifest.json"]
    for file in manifest.files {
      let parts = file.path.split(separator: "/")
      for count in parts.indices { known.insert(parts[...count].joined(separator: "/")) }
    }
    return known.isSuperset(of: present)
  }

  private func report(_ bundle: Bundle, _ console: Console) throws {
    if input.output == .json {
      let files = bundle.files.map {
        BuildOutput.File(path: $0.path, purpose: $0.purpose, destination: $0.destination)
      }
      return try console.write(encodeJSON(BuildOutput(formatVersion: 1, directory: out, files: files)))
    }
    let width = bundle.files.map(\.path.count).max() ?? 0
    for file in bundle.files {
      let padding = String(repeating: " ", count: width - file.path.count)
      try console.write("\(file.path)\(padding)  \(file.purpose)\n")
    }
  }
}

private struct WrittenManifest: Decodable {
  struct Entry: Decodable { var path: String }

  var sallyport: String
  var files: [Entry]
}

private struct BuildOutput: Encodable {
  struct File: Encodable {
    var path: String
    var purpose: String
    var destination: String?
  }

  var formatVersion: Int
  var directory: String
  var files: [File]
}
