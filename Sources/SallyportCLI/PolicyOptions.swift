import ArgumentParser
import Compilation
import Diagnostics
import Files
import FoundationEssentials
import Parallel
import Policy

/// `--output`: for people or for programs.
enum OutputForm: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

/// Options of every command.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Colour: auto, always or never. NO_COLOR turns auto off.", valueName: "when"))
  var color: ColorChoice = .auto

  var console: Console { Console(color: color) }
}

extension DiagnosticFormat: ExpressibleByArgument {}

/// How a command shows what it finds.
struct FindingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("full, concise, json, github or sarif.", valueName: "format"))
  var format: DiagnosticFormat?

  @Option(help: ArgumentHelp("text or json; json is short for --format json.", valueName: "form"))
  var output: OutputForm = .text

  @Option(help: ArgumentHelp("How many findings are shown at most, errors first; 0 shows all.", valueName: "number"))
  var maxFindings: UInt = UInt(CappedFindings.usual)

  /// Whether what is shown is data for a program.
  var isForPrograms: Bool { (format ?? (output == .json ? .json : .full)).isMachineReadable }

  /// Shows diagnostics: for people on standard error, with a closing sentence in the full form, for programs on
  /// standard output.
  func show(
    _ diagnostics: [Diagnostic], in sources: SourceSet, _ console: Console, closing: @autoclosure () -> String
  ) throws {
    let format = format ?? (output == .json ? .json : .full)
    let style = format.isMachineReadable ? Style.plain : console.errorStyle
    let findings = CappedFindings(diagnostics, most: Int(clamping: maxFindings))
    let text = render(
      findings, in: sources, as: format, style: style, version: sallyportVersion,
      describe: ruleDescription)
    switch format {
    case .github: try console.write(commands: text)
    case .json, .sarif: try console.write(text)
    case .full, .concise: console.say(text)
    }
    if format == .full { console.say((text.isEmpty ? "" : "\n") + closing() + "\n") }
  }
}

/// From where else a policy may include files.
struct IncludeOptions: ParsableArguments {
  @Option(
    name: .customLong("include-path"),
    help: ArgumentHelp(
      "A folder in which `include` may read as well; it reads in that of the policy alone. May be repeated.",
      valueName: "directory"), completion: .directory)
  var folders: [String] = []

  func validate() throws {
    for folder in folders {
      if folder.isEmpty { throw ValidationError("--include-path needs a folder") }
      guard FileTree(root: folder).isFolder else { throw ValidationError("--include-path \(folder): no such folder") }
    }
  }
}

/// What every command that turns a policy into something takes.
struct PolicyInput: ParsableArguments {
  @Argument(help: "Policy files, together one policy. - is standard input.", completion: .policies)
  var files: [String]

  @Option(help: ArgumentHelp("text, or json for one object.", valueName: "form"))
  var output: OutputForm = .text

  @OptionGroup var includes: IncludeOptions

  @OptionGroup var common: CommonOptions

  var console: Console { common.console }

  /// The policy, which has no errors; warnings were shown.
  ///
  /// - Throws: `ExitStatus.inputMissing` when a file cannot be read, `ExitStatus.findings` when the policy is refused.
  func accepted() throws -> Compilation {
    let compilation = try PolicyFiles(files: files, includes: includes, console: console).compile()
    try compilation.reportOnError(console, as: output)
    return compilation
  }
}

/// Where a policy may include files from: the folder of the file that the user named, and those of `--include-path`.
final class IncludeFolders {
  private let others: [String]
  private var known: [String: OpenFolders] = [:]

  init(beside others: [String]) { self.others = others }

  private func open(_ root: String) -> OpenFolders {
    let place = isStandardInput(root) ? "." : folder(of: root)
    let open = known[place] ?? OpenFolders([place] + others)
    known[place] = open
    return open
  }

  /// Reads a regular file there.
  func read(_ path: String, _ root: String) -> Result<[UInt8], ReadFailure> { readInput(path, inside: open(root)) }

  /// The names in a folder there.
  func list(_ path: String, _ root: String) -> Result<[String], ReadFailure> { readNames(path, inside: open(root)) }
}

/// The policy files of a command.
struct PolicyFiles {
  var files: [String]
  /// Folders in which `include` may read beside those of the files.
  var folders: [String] = []
  var console: Console

  init(files: [String], includes: IncludeOptions? = nil, console: Console) {
    self.files = files
    folders = includes?.folders ?? []
    self.console = console
  }

  /// Reads and compiles the files as one policy; without files, every `*.sally` of the current folder.
  ///
  /// - Parameter writes: Whether configurations of gateways are to be written; see `Compilation`.
  /// - Throws: `ExitStatus.inputMissing` when a file cannot be read.
  func compile(writes: Bool = true) throws -> Compilation {
    let compilation = Compilation(try load(), writes: writes)
    keepUntilExit(compilation.madeOfText)
    return compilation
  }

  /// Reads and parses the files as one policy.
  func load() throws -> LoadedSources {
    prepareThreads()
    let roots = try paths().map { path in
      SourceFile(name: path == "-" ? standardInputName : path, bytes: try read(path))
    }
    let folders = IncludeFolders(beside: folders)
    return loadSources(roots, readingBelow: folders.read, listing: folders.list)
  }

  /// Those of some files that the user did not name, and that lie where a policy may not read.
  func outside(_ names: [String]) throws -> [String] {
    let roots = try paths()
    let open = OpenFolders(roots.map { isStandardInput($0) ? "." : folder(of: $0) } + folders)
    let known = Set(roots)
    return names.filter { !known.contains($0) && !open.holds($0) }
  }

  /// The files as given; without any, every `*.sally` of the current folder.
  func paths() throws -> [String] {
    guard files.isEmpty else { return files }
    let found = (try? FileManager.default.contentsOfDirectory(atPath: ".")) ?? []
    let policies = found.filter { $0.hasSuffix(".sally") }.sorted()
    guard !policies.isEmpty else {
      throw console.failure("no file named, and no *.sally in this folder", .inputMissing)
    }
    // Nobody named these: they may be links that lead to what is no policy.
    let here = OpenFolders(["."] + folders)
    for path in policies where !here.holds(path) {
      throw console.failure("\(path): leads out of this folder; name the file if it is meant", .inputMissing)
    }
    for path in policies where !isRegularFile(path) {
      throw console.failure("\(path): it is not a regular file; name it if it is meant", .inputMissing)
    }
    return policies
  }

  /// The bytes of a policy that was named, perhaps by a pattern of a shell. Links are followed; what one holds that
  /// leads out of its folder is shown only where it has no mistakes, since it may be anything.
  ///
  /// - Throws: `ExitStatus.inputMissing` when it cannot be read, `ExitStatus.findings` when it is not to be shown.
  func read(_ path: String) throws -> [UInt8] {
    let bytes = try console.content(of: path, readInput(path))
    guard !isStandardInput(path), !OpenFolders([folder(of: path)] + folders).holds(path) else { return bytes }
    guard hasMistakes(SourceFile(name: path, bytes: bytes)) else { return bytes }
    throw console.failure(
      "\(path): it is a link that leads out of its folder, to what is no policy or has mistakes, and nothing of that is shown; "
        + "check the file where it lies", .findings)
  }
}

extension Console {
  /// The bytes of a file.
  ///
  /// - Throws: `ExitStatus.inputMissing` when there are none.
  func content(of path: String, _ result: Result<[UInt8], ReadFailure>) throws -> [UInt8] {
    switch result {
    case .success(let bytes): return bytes
    case .failure(.missing): throw failure("\(path): no such file", .inputMissing)
    case .failure(.unreadable(let reason)): throw failure("\(path): \(reason)", .inputMissing)
    case .failure(.outside): throw failure("\(path): leads out of its folder", .inputMissing)
    }
  }
}

extension Compilation {
  /// The position of the server of that name.
  ///
  /// - Throws: `ExitStatus.usage` when there is none.
  func server(named name: String, _ console: Console) throws -> Int {
    let names = policy.servers.map(\.name.value)
    if let index = names.firstIndex(of: name) { return index }
    throw console.failure(unknown("server", name, among: names), .usage)
  }

  /// Shows errors and warnings on standard error (notes are for `check`); ends the command when the policy is refused.
  ///
  /// - Throws: `ExitStatus.findings`.
  func reportOnError(_ console: Console, as form: OutputForm) throws {
    try report(diagnostics.filter { $0.severity > .note }, console, as: form)
  }

  /// Shows diagnostics on standard error; ends the command when there is an error among them.
  ///
  /// - Throws: `ExitStatus.findings`.
  func report(_ all: [Diagnostic], _ console: Console, as form: OutputForm) throws {
    if !all.isEmpty || form == .json && all.hasErrors {
      let format: DiagnosticFormat = form == .json ? .json : .full
      let findings = CappedFindings(all, most: CappedFindings.usual)
      console.say(render(findings, in: sources, as: format, style: console.errorStyle, version: sallyportVersion))
    }
    guard all.hasErrors else { return }
    if form == .text { console.say("\n" + summary(of: all) + "\n") }
    throw ExitStatus.findings.code
  }
}

/// `2 errors, 1 warning`.
func summary(of diagnostics: [Diagnostic]) -> String {
  let errors = diagnostics.count { $0.severity == .error }
  let warnings = diagnostics.count { $0.severity == .warning }
  return [counted(errors, "error"), counted(warnings, "warning")].compactMap(\.self).joined(separator: ", ")
}

/// `3 errors`, `1 error`; `nil` for none.
func counted(_ count: Int, _ noun: String) -> String? {
  count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
}
