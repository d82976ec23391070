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

      --changed-since writes only the files that are new or differ from those in the folder of an earlier build, and a manifest \
      that names them and, under "removed", those that are not needed any more. Files are compared by what they hold now, so \
      one that was lost or changed there is written again. Without the option the same files have the same bytes.

      Where the folder holds what build did not write, or what was changed since, nothing is written. --force replaces \
      files of the same names; all others stay.

      Exit status 0 when all is written, 1 when the policy has errors, 64 when a template cannot be used, 66 when a file is \
      missing, 74 when the folder cannot be written or is none of ours; nothing is written then.

      EXAMPLES:
        sallyport build office.sally -o out
        sallyport build sites.sally -o out --templates /etc/sallyport/templates
        sallyport build sites.sally -o changes --changed-since deployed
      """)

  @OptionGroup var input: PolicyInput

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "directory"), completion: .directory)
  var out: String

  @Flag(help: "Write into a folder that holds other files as well, and replace those of the same names.")
  var force = false

  @Option(
    help: ArgumentHelp("Folder whose *.mustache files replace built-in templates.", valueName: "directory"),
    completion: .directory)
  var templates: String?

  @Option(
    help: ArgumentHelp("Write only what differs from an earlier build in this folder.", valueName: "directory"),
    completion: .directory)
  var changedSince: String?

  func validate() throws {
    guard !out.isEmpty else { throw ValidationError("--out needs a folder") }
    guard changedSince?.isEmpty != true else { throw ValidationError("--changed-since needs a folder") }
    guard changedSince.map({ isSamePlace($0, out) }) != true else {
      throw ValidationError("--changed-since is the folder of an earlier build, and --out another one")
    }
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
    let written = try changedSince.map { try changes(of: bundle, since: $0, console) } ?? bundle
    try write(written, console)
    try report(written, unchanged: bundle.files.count - written.files.count, console)
  }

  /// - Throws: `ExitStatus.inputMissing` for a folder that no build wrote.
  private func changes(of bundle: Bundle, since folder: String, _ console: Console) throws -> Bundle {
    let path = "\(folder)/\(BuildManifest.fileName)"
    let bytes: [UInt8]
    do throws(FileFailure) {
      bytes = try readRegularFile(path, limit: largestSource)
    } catch {
      throw console.failure("\(path): \(error); name the folder that `sallyport build -o` wrote", .inputMissing)
    }
    guard let earlier = BuildManifest(reading: bytes) else {
      throw console.failure(
        "\(path): is no manifest of an earlier build; name the folder that `sallyport build -o` wrote", .inputMissing)
    }
    return bundle.changes(since: earlier) { try? readRegularFile("\(folder)/\($0)", limit: largestSource) }
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

  private func report(_ bundle: Bundle, unchanged: Int, _ console: Console) throws {
    let removed = bundle.manifest.removed
    if input.output == .json {
      let files = bundle.files.map {
        BuildOutput.File(path: $0.path, purpose: $0.purpose, destination: $0.destination)
      }
      return try console.write(
        encodeJSON(
          BuildOutput(
            formatVersion: 1, directory: out, files: files, unchanged: removed == nil ? nil : unchanged,
            removed: removed)))
    }
    let width = bundle.files.map(\.path.count).max() ?? 0
    for file in bundle.files {
      let padding = String(repeating: " ", count: width - file.path.count)
      try console.write("\(file.path)\(padding)  \(file.purpose)\n")
    }
    guard let removed else { return }
    for path in removed { try console.write("\(path): not needed any more\n") }
    console.say("\(unchanged) \(unchanged == 1 ? "file is" : "files are") as before\n")
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
  /// With --changed-since: how many files are as before, and which are not needed any more.
  var unchanged: Int?
  var removed: [String]?
}

/// Whether two paths lead to the same folder; a folder that is not there yet is no other.
private func isSamePlace(_ path: String, _ other: String) -> Bool {
  func place(_ path: String) -> String { realPath(path) ?? path }
  return place(path) == place(other)
}
