import ArgumentParser
import Compilation
import Diagnostics
import Files
import Servers

/// `sallyport build`.
struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Write everything that a policy becomes into a folder.",
    discussion: """
      For each gateway its configuration in the form of its platform, with what it needs besides (for nftables the \
      modules-load, modprobe and sysctl fragments; for others the way back and a README), for each server its settings in \
      every form (the default one directly in servers/NAME, others in a folder that bears the name of the form), and \
      manifest.json, which says what each file is. A new folder is there whole or not at all. In one that an earlier build \
      wrote, each file is replaced in one step, once all of them are ready, and what is not needed any more is removed. \
      Owners and modes stay, links that lead to the folder are followed.

      Where the folder holds what build did not write, or what was changed since, nothing is written. --force replaces \
      files of the same names; all others stay.

      Exit status 0 when all is written, 1 when the policy has errors, 64 when a template cannot be used, 66 when a file is \
      missing, 74 when the folder cannot be written or is none of ours; nothing is written then.

      EXAMPLES:
        sallyport build office.sally -o out
        sallyport build sites.sally -o out --templates /etc/sallyport/templates
      """)

  @OptionGroup var input: PolicyInput

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "directory"))
  var out: String

  @Flag(help: "Write into a folder that holds other files as well, and replace those of the same names.")
  var force = false

  @Option(help: ArgumentHelp("Folder whose *.mustache files replace built-in templates.", valueName: "directory"))
  var templates: String?

  func validate() throws {
    guard !out.isEmpty else { throw ValidationError("--out needs a folder") }
  }

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
    try write(bundle, console)
    try report(bundle, console)
  }

  private func write(_ bundle: Bundle, _ console: Console) throws {
    // Whoever holds the folder's lock may write another manifest until it is ours.
    var earlier: BuildManifest?
    do {
      try writeFolder(out, isForced: force) { folder in
        let manifest = "\(folder)/\(BuildManifest.fileName)"
        guard isOwn(manifest, in: folder) else { return .none }
        earlier = (try? readRegularFile(manifest, limit: largestSource)).flatMap(BuildManifest.init)
        guard let earlier else { return .none }
        return EarlierFiles(
          paths: earlier.paths.union([BuildManifest.fileName]), isUnchanged: earlier.recognizer())
      } content: { _ in
        FolderContent(
          files: bundle.files.dropLast().map { ($0.path, $0.bytes) },
          manifest: (BuildManifest.fileName, bundle.manifest.text),
          interim: bundle.manifest.adding(earlier).text)
      }
    } catch {
      throw console.failure(Self.message(error, out: out), .inputOutput)
    }
  }

  private static func message(_ failure: FolderFailure, out: String) -> String {
    let wayOut = "name a new or an empty folder, or replace files of the same names with --force; all others stay"
    return switch failure {
    case .notAFolder: "\(out): is not a folder; nothing was written"
    case .foreign(let name): "\(out): holds `\(name)`, which build did not write; \(wayOut)"
    case .changed(let name): "\(out)/\(name): was changed since build wrote it; keep it elsewhere, and add --force"
    case .failed(let failure): "\(failure.path): \(failure.reason)"
    }
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
