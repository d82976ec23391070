package import Diagnostics
package import Policy

/// Reads the configuration of one server program with that program's own grammar and precedence.
///
/// It belongs to its `ServerProgram`.
package protocol ServerReader: Sendable {
  var software: SoftwareKind { get }

  /// The services that files or folders configure, in the order in which the program reads them.
  ///
  /// - Parameter version: of the program, where the policy states it.
  func read(_ paths: [String], version: SoftwareVersion?, _ context: inout ReadingContext) -> [EffectiveService]
}

/// A reader of a program that takes one file alone: each of several is that of a process of its own.
package protocol SingleFileReader: ServerReader {
  /// The services that the file at a path, or in the folder there, configures.
  func read(_ path: String, version: SoftwareVersion?, _ context: inout ReadingContext) -> [EffectiveService]
}

extension SingleFileReader {
  package func read(
    _ paths: [String], version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    paths.flatMap { read($0, version: version, &context) }
  }
}

/// Every program whose configuration can be read.
package enum ServerReaders {
  /// One for each name; of programs with one name the first.
  package static let all: [any ServerReader] = ServerPrograms.named.compactMap { $0.program.reader }

  /// The reader of a program; `nil` when its configuration cannot be read.
  package static func reader(for software: SoftwareKind) -> (any ServerReader)? { software.program.reader }

  /// The reader of the program whose files stand at a path, among those of the name: content tells before versions do.
  private static func reader(
    of paths: [String], as software: SoftwareKind, in files: ServerFiles
  ) -> (any ServerReader)? {
    let programs = ServerPrograms.all.filter { $0.name == software.name && $0.reader != nil }
    guard programs.count > 1 else { return programs.first?.reader }
    return paths.lazy.compactMap { program(at: $0, in: files, among: programs) }.first?.reader
      ?? software.program.reader
  }

  /// Reads the files at a path as a program's, or as that of the program that their names and lines tell.
  ///
  /// - Parameter software: as a policy names it; `nil` when it does not, and `other` is as good as that.
  /// - Returns: `nil` for a program whose configuration cannot be read.
  package static func read(
    _ path: String, as software: Software?, environment: [String: String] = [:], from files: ServerFiles,
    into sources: inout SourceSet
  ) -> EffectiveSettings? {
    read([path], as: software, environment: environment, from: files, into: &sources)
  }

  /// The same for several files and folders, in the order in which the program reads them.
  package static func read(
    _ paths: [String], as software: Software?, environment: [String: String] = [:], from files: ServerFiles,
    into sources: inout SourceSet
  ) -> EffectiveSettings? {
    // `other` says nothing about the program either.
    let stated = software.flatMap { $0.kind.facts.isKnown ? $0.kind : nil }
    guard let kind = stated ?? paths.lazy.compactMap({ guess($0, in: files) }).first else {
      let unknown = unknownSoftware(paths.first ?? "", from: files, into: &sources)
      return EffectiveSettings(software: .other, services: [], diagnostics: [unknown])
    }
    return reader(of: paths, as: kind, in: files)?.read(
      paths, version: software?.version, environment: environment, from: files, into: &sources)
  }
}

extension ServerReader {
  /// Reads the files at a path and adds them to the sources.
  ///
  /// - Parameter version: of the program, as a policy has it; `nil` when it may be any.
  /// - Parameter environment: variables of the program's environment.
  package func read(
    _ path: String, version: String? = nil, environment: [String: String] = [:], from files: ServerFiles,
    into sources: inout SourceSet
  ) -> EffectiveSettings {
    read([path], version: version, environment: environment, from: files, into: &sources)
  }

  /// The same for several files and folders, in the order in which the program reads them.
  package func read(
    _ paths: [String], version: String? = nil, environment: [String: String] = [:], from files: ServerFiles,
    into sources: inout SourceSet
  ) -> EffectiveSettings {
    var context = ReadingContext(
      files, sources: sources, build: SoftwareBuild(version), environment: environment)
    context.named = paths
    let services = read(paths, version: SoftwareVersion(version), &context)
    if services.isEmpty, !context.diagnostics.hasErrors { noService(paths.first ?? "", &context) }
    sources = context.sources
    return EffectiveSettings(
      software: software, services: services, diagnostics: context.diagnostics, isUndefined: context.isUndefined)
  }

  private func noService(_ path: String, _ context: inout ReadingContext) {
    let file = context.first ?? context.add(path)
    context.diagnostics.append(
      .error(
        "server-no-service", "with these files \(software.title) listens on no port for FTP",
        at: SourceSpan(file: file, 0..<0), notes: ["nothing was compared: there is no service to compare with"],
        help: "name the file that configures the service, with all that it includes"))
  }
}
