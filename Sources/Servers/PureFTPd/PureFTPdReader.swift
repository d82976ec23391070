import Addressing
import Diagnostics
package import Policy

/// Reads `pure-ftpd.conf`, the folder `/etc/pure-ftpd` of Debian, which has a file for each option, or a command line.
/// Another folder is taken as several daemons, each with a `*.conf` of its own.
package struct PureFTPdReader: ServerReader {
  package let software = SoftwareKind.pureFTPd

  package init() {}

  package func read(
    _ paths: [String], version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    var named: [String] = []
    let found = paths.flatMap { services($0, paths, version, &named, &context) }
    // What a command of another file names was read there.
    return found.filter { !named.contains($0.path) }.map(\.service)
  }

  private func services(
    _ path: String, _ all: [String], _ version: SoftwareVersion?, _ named: inout [String],
    _ context: inout ReadingContext
  ) -> [(path: String, service: EffectiveService)] {
    guard !named.contains(path) else { return [] }
    guard context.files.kind(path) == .folder else {
      guard let file = context.load(path) else { return [] }
      if let starts = context.starts(in: file, at: path, of: software) {
        return starts.compactMap { start in
          invoked(PureFTPdInvocation(invocation: start, version: version), path, all, &named, &context).map {
            ("", $0)
          }
        }
      }
      if let debian = PureFTPdDebian(ofFile: path, in: context.files), all.count == 1 {
        return debian.service(insteadOf: file, version, &context).map { [(path, $0)] } ?? []
      }
      return [(path, daemon(file, path, version, &context))]
    }
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    if folder == "conf" || folder.hasSuffix("/conf") {
      return PureFTPdDebian(folder: String(folder.dropLast(4))).service(version, &context).map { [(path, $0)] } ?? []
    }
    if context.files.kind("\(folder)/conf") == .folder {
      return PureFTPdDebian(folder: folder).service(version, &context).map { [(path, $0)] } ?? []
    }
    return context.configurations(in: folder).compactMap { path in
      context.load(path).map { (path, daemon($0, path, version, &context)) }
    }
  }

  /// A start with flags, or with a file.
  private func invoked(
    _ start: PureFTPdInvocation, _ evidence: String, _ all: [String], _ named: inout [String],
    _ context: inout ReadingContext
  ) -> EffectiveService? {
    guard let file = start.file else { return start.service(&context) }
    let path = context.configuration(file.value, besides: evidence, among: all)
    named.append(path)
    guard context.files.kind(path) != nil else { return context.startWithout(file, of: start.invocation) }
    guard let source = context.load(path, askedFor: file.span) else { return nil }
    var service = daemon(source, path, start.version, &context)
    service.place(under: start.invocation, &context)
    return service
  }

  /// One process with its file and what that includes.
  private func daemon(
    _ file: SourceID, _ path: String, _ version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> EffectiveService {
    var options: [PureFTPdOption] = []
    // Files that are being read, the innermost last: includes are followed where they stand.
    var open = [(lines: ConfigurationLine.all(of: file, in: context.sources)[...], path: path)]
    while let line = open.last?.lines.first, !context.hasEnough {
      open[open.count - 1].lines.removeFirst()
      do throws(PureFTPdMistake) {
        if line.bytes.count > 65_534 {
          throw PureFTPdMistake(message: "Pure-FTPd cuts lines of more than 65534 bytes in pieces", span: line.span)
        }
        if let option = try PureFTPdGrammar.option(line) {
          if option.name == "Include" {
            include(option, &open, &context)
          } else {
            options.append(option)
          }
        }
      } catch {
        context.refuse(error.message, at: error.span, help: error.help)
      }
      while open.last?.lines.isEmpty == true { open.removeLast() }
    }
    let place = SourceSpan(file: file, 0..<0)
    return PureFTPdMeaning(options: options, version: version, numbers: .file).service(at: place, &context)
  }

  /// Appends a file in the place of the option; one that is missing is passed over (measured: 1.0.50).
  private func include(
    _ option: PureFTPdOption, _ open: inout [(lines: ArraySlice<ConfigurationLine>, path: String)],
    _ context: inout ReadingContext
  ) {
    guard let value = option.values.first, let includer = open.last?.path else { return }
    let path = value.value.hasPrefix("/") ? value.value : folder(of: includer) + value.value
    guard open.count < 16 else {
      return context.refuse("Pure-FTPd does not start: files include one another 16 levels deep", at: option.span)
    }
    guard context.files.kind(path) != nil else {
      return context.missingInclude(path, at: option.span)
    }
    guard let file = context.load(path, askedFor: option.span) else { return }
    open.append((ConfigurationLine.all(of: file, in: context.sources)[...], path))
  }
}

/// The folder part of a path with its slash; empty when there is none.
func folder(of path: String) -> String {
  path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
}

extension ReadingContext {
  /// The `*.conf` files of a folder, sorted; reports a folder that has none.
  mutating func configurations(in folder: String) -> [String] {
    let names = (files.names(folder) ?? []).filter { $0.hasSuffix(".conf") }.sorted()
    if names.isEmpty {
      let file = add(folder)
      diagnostics.append(
        .error(
          "server-file-unreadable", "the folder `\(folder)` has no configuration in it: no `*.conf`",
          at: SourceSpan(file: file, 0..<0)))
    }
    return names.map { "\(folder)/\($0)" }
  }

  /// Says that an included file is not there, which the program lets pass.
  mutating func missingInclude(_ path: String, at span: SourceSpan) {
    diagnostics.append(
      .warning(
        "server-include-missing", "there is no file `\(path)`, and the program goes on without it", at: span,
        help: "if it exists on the server, audit it there, or copy it to the same place"))
  }
}
