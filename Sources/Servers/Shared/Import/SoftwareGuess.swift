import Diagnostics
package import Policy

extension ServerReaders {
  /// The program whose configuration stands at a path, by names first and then by the first lines; `nil` when neither
  /// tells.
  package static func guess(_ path: String, in files: ServerFiles) -> SoftwareKind? {
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    let programs = ServerPrograms.all.filter { $0.reader != nil }
    let found =
      files.kind(path) == .folder
      ? programs.first { $0.isFolder(folder, files) } ?? inside(path, files, among: programs)
      : named(folder.split(separator: "/").last.map(String.init) ?? folder, among: programs)
        ?? written(path, files, among: programs)
    return found.map { SoftwareKind($0) }
  }

  /// The one of several programs whose configuration a file is by its content, or else by its name.
  static func program(
    at path: String, in files: ServerFiles, among programs: [any ServerProgram.Type]
  ) -> (any ServerProgram.Type)? {
    if files.kind(path) == .folder { return inside(path, files, among: programs) }
    guard let text = text(path, files) else { return nil }
    return programs.first { $0.isWritten(text) }
      ?? named(path.split(separator: "/").last.map(String.init) ?? path, among: programs)
  }

  /// What is said when nobody names the program, and neither names nor lines tell.
  static func unknownSoftware(
    _ path: String, from files: ServerFiles, into sources: inout SourceSet
  ) -> Diagnostic {
    let file = sources.add(SourceFile(name: files.name(path), bytes: []))
    let known = all.map { "`\($0.software.name)`" }.joined(separator: ", ")
    return .error(
      "server-software-unknown", "neither the name nor the first lines of `\(path)` tell which program reads it",
      at: SourceSpan(file: file, 0..<0), notes: ["these can be read: \(known)"],
      help: "name the program: `software NAME` in the `server` of a policy, or `--server NAME` with `import`")
  }

  private static func named(
    _ name: String, among programs: [any ServerProgram.Type]
  ) -> (any ServerProgram.Type)? {
    let name = name.lowercased()
    return programs.first { $0.isFile(named: name) }
  }

  private static func inside(
    _ folder: String, _ files: ServerFiles, among programs: [any ServerProgram.Type]
  ) -> (any ServerProgram.Type)? {
    (files.names(folder) ?? []).sorted().lazy.compactMap { named($0, among: programs) }.first
  }

  /// The first lines of a file.
  private static func text(_ path: String, _ files: ServerFiles) -> String? {
    guard case .success(let bytes) = files.read(path, 1 << 16) else { return nil }
    return String(decoding: bytes.prefix(1 << 16), as: UTF8.self)
  }

  /// By what the lines look like: a command line, the whole text, or a setting that only one program has.
  private static func written(
    _ path: String, _ files: ServerFiles, among programs: [any ServerProgram.Type]
  ) -> (any ServerProgram.Type)? {
    guard let text = text(path, files) else { return nil }
    let commands = InvocationText(file: SourceID(0), bytes: Array(text.utf8), outer: [:])
    if let software = commands.invocations().first?.software { return software.program }
    if let program = programs.first(where: { $0.isWritten(text) }) { return program }
    for line in text.split(whereSeparator: \.isNewline) {
      let name = String(line.drop(while: \.isWhitespace).prefix { !$0.isWhitespace && $0 != "=" && $0 != ":" })
      let knowing = programs.filter { $0.isSetting(name) }
      if knowing.count == 1 { return knowing.first }
    }
    return nil
  }
}
