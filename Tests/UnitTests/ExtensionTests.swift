import Foundation
import Subprocess
import Testing

/// Invariant 8 of ARCHITECTURE.md: how many files that exist have to change for something new. What is new lies in
/// `Tests/Extension`, a folder for each kind with the paths of the repository below it.
@Suite struct ExtensionTests {
  /// Something new, with what has to be inserted into files that exist.
  struct Addition: CustomTestStringConvertible {
    var kind: String
    /// How many files that exist change.
    var changed: Int
    var edits: [Edit]

    var testDescription: String { kind }
    var folder: URL { repository.appending(path: "Tests/Extension/\(kind)") }

    /// The paths of its own files.
    var files: [String] { ExtensionTests.files(below: folder) }
  }

  /// One line for a file that exists.
  struct Edit {
    var file: String
    var line: String
    /// A line of the file, without its indent, that stands there once; the new one comes before it.
    var next: String
  }

  static let additions = [
    Addition(
      kind: "server", changed: 1,
      edits: [
        Edit(
          file: "Sources/Servers/Shared/Program/ServerPrograms.swift", line: "WharfProgram.self,",
          next: "OtherProgram.self,")
      ]),
    Addition(
      kind: "platform", changed: 1,
      edits: [Edit(file: "Sources/Platforms/Platform.swift", line: "LinesPlatform(),", next: "SheetPlatform(),")]),
    Addition(
      kind: "rule", changed: 2,
      edits: [
        Edit(
          file: "Sources/Policy/Rules/RuleList.swift", line: "ControlPortUnusual(),", next: "ExternalIPMissing(),"),
        Edit(
          file: "docs/RuleDocuments.swift",
          line: #"("control-port-unusual", PackageResources.control_port_unusual_md),"#,
          next: #"("duplicate-name", PackageResources.duplicate_name_md),"#),
      ]),
    // Another way to say what the model has a place for: what is known of the word, and how it is read.
    Addition(
      kind: "word", changed: 2,
      edits: [
        Edit(file: words, line: "case window", next: "package static let block = BlockKind.publish"),
        Edit(
          file: words,
          line: #"case .window: WordFacts("the passive range", value: "a range", forms: ["LOW-HIGH"], "#
            + #"example: "window 50000-50399", aspect: .passive)"#,
          next: "case .externalIP:"),
        Edit(
          file: reading,
          line: "case .window: StatementForm { $0.passiveRange() } set: { $0.publication.passiveRange = $1.value }",
          next: "case .externalIP:"),
      ]),
    // A word with a value that the model did not have, which has to be kept somewhere.
    Addition(
      kind: "word with a value of its own", changed: 3,
      edits: [
        Edit(
          file: words, line: "case contact",
          next: "package static let block = BlockKind.publish"),
        Edit(
          file: words,
          line: #"case .contact: WordFacts("whom to call", value: "a name", forms: ["\"NAME\""], [.strings], "#
            + #"example: "contact \"the office\"", aspect: .machines)"#,
          next: "case .controlPort:"),
        Edit(
          file: reading,
          line: "case .contact: StatementForm { $0.string($0.wanted) } set: { $0.publication.contact = $1.value }",
          next: "case .controlPort:"),
        Edit(
          file: model, line: "@inlinable package var contact: Located<String>? { parts.contact }",
          next: "@inlinable package var deny: [ClientTerm] { parts.deny }"),
        Edit(
          file: model, line: "package var contact: Located<String>?", next: "package var deny: [ClientTerm] = []"),
      ]),
  ]

  private static let words = "Sources/PolicySyntax/Words/PublishWords.swift"
  private static let reading = "Sources/Policy/Resolution/PublicationStatements.swift"
  private static let model = "Sources/Policy/Model/Publication.swift"

  @Test(
    "invariant 8: a server or a platform changes one file that exists, a rule two, a word two or three",
    arguments: additions)
  func changedFiles(addition: Addition) throws {
    #expect(Set(addition.edits.map(\.file)).count == addition.changed)
    for file in addition.files {
      #expect(!FileManager.default.fileExists(atPath: repository.appending(path: file).path), "\(file) is not new")
    }
    for edit in addition.edits {
      #expect(!edit.line.contains("\n"))
      #expect(try Self.inserting(edit, in: Self.text(edit.file)) != nil, "\(edit.file) has no line `\(edit.next)`")
    }
    let page = try Self.text("ARCHITECTURE.md")
    let numbers = ["no file", "one file", "two files", "three files"]
    #expect(page.contains("| \(addition.kind) | \(numbers[addition.changed]): "), "ARCHITECTURE.md, invariant 8")
  }

  @Test("invariant 8: what is new compiles, in its module and in all that import it")
  func compiles() async throws {
    try await withFolder { folder in
      for addition in Self.additions { try Self.add(addition, to: folder) }
      for module in Self.touched(by: Self.additions) {
        let run = try await Self.compile(module, in: folder)
        #expect(run.status == 0, "\(module): \(run.errors)")
      }
    }
  }

  @Test(
    "invariant 8: the compiler asks for the facts of a new word, and for its reading", arguments: [words, reading])
  func compilerAsks(file: String) async throws {
    try await withFolder { folder in
      var word = try #require(Self.additions.first { $0.kind == "word" })
      word.edits.removeAll { $0.file == file && $0.line.hasPrefix("case .window:") }
      try Self.add(word, to: folder)
      for module in ["PolicySyntax", "Policy"] {
        let run = try await Self.compile(module, in: folder)
        guard file.contains("/\(module)/") else {
          #expect(run.status == 0, "\(module): \(run.errors)")
          continue
        }
        #expect(run.status != 0 && run.errors.contains("\(file):") && run.errors.contains("must be exhaustive"))
        return
      }
    }
  }

  // MARK: A changed copy

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: repository.appending(path: path), encoding: .utf8)
  }

  /// The text with the line before its next one; `nil` when that does not stand there once.
  private static func inserting(_ edit: Edit, in text: String) -> String? {
    var lines = text.components(separatedBy: "\n")
    let places = lines.indices.filter { lines[$0].trimmingCharacters(in: .whitespaces) == edit.next }
    guard let place = places.first, places.count == 1 else { return nil }
    lines.insert(lines[place].prefix { $0 == " " } + edit.line, at: place)
    return lines.joined(separator: "\n")
  }

  /// Writes into the folder what is new and what is changed, at the paths of the repository.
  private static func add(_ addition: Addition, to folder: URL) throws {
    func write(_ text: String, _ path: String) throws {
      let file = folder.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    for path in addition.files {
      let text = try String(contentsOf: addition.folder.appending(path: path), encoding: .utf8)
      try write(text, path)
      // The constant that the build makes of a file that is compiled in.
      guard resources.values.contains(where: { path.hasPrefix($0 + "/") }), !path.hasSuffix(".swift"),
        let name = path.split(separator: "/").last
      else { continue }
      let constant = name.map { $0.isLetter || $0.isNumber ? "\($0)" : "_" }.joined()
      try write(
        "extension PackageResources { static let \(constant): [UInt8] = \(Array(text.utf8)) }\n", path + ".swift")
    }
    for edit in addition.edits {
      let changed = folder.appending(path: edit.file)
      let text = try (try? String(contentsOf: changed, encoding: .utf8)) ?? Self.text(edit.file)
      try write(try #require(inserting(edit, in: text)), edit.file)
    }
  }

  // MARK: The compiler

  /// The modules of files that are compiled in, and where they lie.
  private static let resources = ["Templates": "templates", "RuleDocuments": "docs"]

  /// What each module imports.
  private static let imports = ArchitectureTests.allowed.merging(resources.mapValues { _ in [] }) { first, _ in first
  }

  private static func sources(of module: String) -> String { resources[module] ?? "Sources/\(module)" }

  /// The modules that change, and those that import one of these, each after those that it imports.
  private static func touched(by additions: [Addition]) -> [String] {
    let paths = additions.flatMap { $0.files + $0.edits.map(\.file) }
    var left = Set(imports.keys)
    var order: [String] = []
    var touched: [String] = []
    while let module = left.sorted().first(where: { left.isDisjoint(with: imports[$0] ?? []) }) {
      left.remove(module)
      order.append(module)
      let isChanged = paths.contains { $0.hasPrefix(sources(of: module) + "/") }
      if isChanged || !Set(touched).isDisjoint(with: imports[module] ?? []) { touched.append(module) }
    }
    return touched
  }

  /// Where the tests were built.
  private static let built = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

  private static func files(below folder: URL) -> [String] {
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
    return paths.sorted().filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: folder.appending(path: path).path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }
  }

  /// Makes the module of the repository's sources, with those in the folder besides and in place of them. Nothing is
  /// generated but its interface, for which every body is checked (`-wmo`).
  private static func compile(_ module: String, in folder: URL) async throws -> (status: Int, errors: String) {
    var paths: [String: URL] = [:]
    for root in [repository, folder] {
      let place = root.appending(path: sources(of: module))
      for path in files(below: place) where path.hasSuffix(".swift") { paths[path] = place.appending(path: path) }
    }
    var sources = paths.values.map(\.path)
    if resources[module] != nil {
      sources.append(built.appending(path: "\(module).build/DerivedSources/embedded_resources.swift").path)
    }
    let checkouts = built.deletingLastPathComponent().deletingLastPathComponent().appending(path: "checkouts")
    let maps =
      [repository.appending(path: "Sources/CLinux/module.modulemap").path]
      + ["swift-system/Sources/CSystem", "swift-subprocess/Sources/_SubprocessCShims"]
      .map { checkouts.appending(path: "\($0)/include/module.modulemap").path }
    let features = ["ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility"]
    let package = repository.lastPathComponent.lowercased().map { $0.isLetter || $0.isNumber ? "\($0)" : "_" }
      .joined()
    var words = ["-emit-module", "-wmo", "-module-name", module, "-package-name", package, "-parse-as-library"]
    words += ["-emit-module-path", folder.appending(path: "\(module).swiftmodule").path, "-swift-version", "6"]
    words += ["-I", folder.path, "-I", built.appending(path: "Modules").path]
    words += ["-module-cache-path", built.appending(path: "ExtensionModuleCache").path]
    for feature in features { words += ["-enable-upcoming-feature", feature] }
    for map in maps { words += ["-Xcc", "-fmodule-map-file=\(map)"] }
    let result = try await run(
      .name("swiftc"), arguments: Arguments(words + sources.sorted()), output: .discarded,
      error: .string(limit: 1 << 20))
    guard case .exited(let status) = result.terminationStatus else { return (-1, "ended by a signal") }
    return (Int(status), result.standardError)
  }
}
