package import Diagnostics
package import Policy

/// Reads the configuration of one server program with that program's own grammar and precedence.
///
/// A new program is one new file with a conforming type, and one line in `ServerReaders.all`.
package protocol ServerReader: Sendable {
  var software: SoftwareKind { get }

  /// The services that the files at a path configure.
  ///
  /// - Parameter version: of the program, where the policy states it.
  func read(_ path: String, version: SoftwareVersion?, _ context: inout ReadingContext) -> [EffectiveService]
}

/// Every program whose configuration can be read.
package enum ServerReaders {
  package static let all: [any ServerReader] = [
    PureFTPdReader(),
    ProftpdReader(),
    VsftpdReader(),
    IISReader(),
    FileZillaReader(),
  ]

  /// The reader of a program; `nil` when its configuration cannot be read.
  package static func reader(for software: SoftwareKind) -> (any ServerReader)? {
    all.first { $0.software == software }
  }
}

extension ServerReader {
  /// Reads the files at a path and adds them to the sources.
  package func read(
    _ path: String, version: String? = nil, from files: ServerFiles, into sources: inout SourceSet
  ) -> EffectiveSettings {
    var context = ReadingContext(files, sources: sources)
    let services = read(path, version: SoftwareVersion(version), &context)
    sources = context.sources
    return EffectiveSettings(
      software: software, services: services, diagnostics: context.diagnostics, isUndefined: context.isUndefined)
  }
}
