import Diagnostics
package import Policy

/// Reads `vsftpd.conf`, or a command line. Several files are those of one command, in its order; a folder is taken as
/// several daemons, each with a `*.conf` of its own.
package struct VsftpdReader: ServerReader {
  package let software = SoftwareKind.vsftpd

  package init() {}

  package func read(
    _ paths: [String], version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    var daemons: [EffectiveService] = []
    var files: [(path: String, file: SourceID)] = []
    var commands: [(path: String, start: Invocation)] = []
    var isStarted = false
    for path in paths {
      guard context.files.kind(path) != .folder else {
        for path in context.configurations(in: path) {
          if let file = context.load(path) { daemons.append(daemon([file], &context)) }
        }
        continue
      }
      guard let file = context.load(path) else { continue }
      if let starts = context.starts(in: file, at: path, of: software) {
        isStarted = true
        commands += starts.map { (path, $0) }
      } else {
        files.append((path, file))
      }
    }
    guard !isStarted else { return daemons + started(commands, files, &context) }
    return files.isEmpty ? daemons : daemons + [daemon(files.map(\.file), &context)]
  }

  /// One process with its files, of which a later one wins.
  private func daemon(_ files: [SourceID], _ context: inout ReadingContext) -> EffectiveService {
    var settings = VsftpdSettings(place: SourceSpan(file: files.first ?? SourceID(0), 0..<0))
    for file in files { settings.take(file, &context) }
    return settings.service(&context)
  }

  // MARK: Command lines

  private func started(
    _ commands: [(path: String, start: Invocation)], _ files: [(path: String, file: SourceID)],
    _ context: inout ReadingContext
  ) -> [EffectiveService] {
    var named = Set<String>()
    let services = commands.map { command in
      service(of: command.start, at: command.path, files, &named, &context)
    }
    for (path, file) in files where !named.contains(path) {
      context.ignore(
        "no command names this file, so vsftpd does not read it", at: SourceSpan(file: file, 0..<0),
        help: "name it in the command, or leave it out here")
    }
    return services
  }

  /// Files and `-oKEY=VALUE` in the order of the command; without a file the default one after them (source: 3.0.2).
  private func service(
    of start: Invocation, at evidence: String, _ files: [(path: String, file: SourceID)], _ named: inout Set<String>,
    _ context: inout ReadingContext
  ) -> EffectiveService {
    var settings = VsftpdSettings(place: start.span)
    var hasFile = false
    var missing: Located<String>?
    for word in start.arguments {
      if word.value.hasPrefix("-o") {
        settings.take(option: word, &context)
      } else if word.value.hasPrefix("-") {
        context.refuse(
          "vsftpd does not start: there is no option `\(word.value)`", at: word.span, help: "write `-oKEY=VALUE`")
      } else if !start.isOpen(word) {
        hasFile = true
        if !load(word, of: evidence, files, &named, &settings, &context) { missing = missing ?? word }
      }
    }
    context.leaveOpen(variables: start.unknown)
    if let container = start.container { settings.follow(container, start, &context) }
    let standard = ["/etc/vsftpd.conf", "/etc/vsftpd/vsftpd.conf"].first { context.files.kind($0) == .file }
    if !hasFile, start.container == nil {
      let path = Located(files.first?.path ?? standard ?? "/etc/vsftpd.conf", start.span)
      if !load(path, of: evidence, files, &named, &settings, &context) { missing = path }
    }
    if let missing { return context.startWithout(missing, of: start) }
    context.spawner = start.spawner
    var service = settings.service(&context)
    context.spawner = nil
    service.form = .flags
    if start.arguments.contains(where: start.isOpen) {
      service.undecided = Set(SettingTopic.allCases)
    }
    service.place(under: start, &context)
    return service
  }

  /// - Returns: false when the file is not here.
  private func load(
    _ name: Located<String>, of evidence: String, _ files: [(path: String, file: SourceID)],
    _ named: inout Set<String>,
    _ settings: inout VsftpdSettings, _ context: inout ReadingContext
  ) -> Bool {
    let path = context.configuration(name.value, besides: evidence, among: files.map(\.path))
    named.insert(path)
    let given = files.first { $0.path == path }?.file
    guard given != nil || context.files.kind(path) != nil else { return false }
    if let file = given ?? context.load(path, askedFor: name.span) { settings.take(file, &context) }
    return true
  }
}

extension VsftpdSettings {
  /// Reads a file.
  mutating func take(_ file: SourceID, _ context: inout ReadingContext) {
    let length = context.sources[file].bytes.count
    if length > 100_000 {
      context.refuse(
        "vsftpd reads no more than 100000 bytes of its file, and this one has \(length)",
        at: SourceSpan(file: file, 100_000..<length))
    }
    for line in ConfigurationLine.all(of: file, in: context.sources) where !context.hasEnough { take(line, &context) }
  }

  /// Reads `-oKEY=VALUE`.
  fileprivate mutating func take(option word: Located<String>, _ context: inout ReadingContext) {
    let parts = word.value.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    take(
      Located(String(parts.first ?? ""), word.span), Located(parts.count == 2 ? String(parts[1]) : "", word.span),
      word.span,
      &context)
  }

  /// What images make of their environment: variables such as PASV_ADDRESS and PASV_MIN_PORT become settings
  /// (fauria/vsftpd).
  fileprivate mutating func follow(_ container: Container, _ start: Invocation, _ context: inout ReadingContext) {
    for (name, value) in start.variables.sorted(by: { $0.key < $1.key }) {
      let key = name.lowercased()
      if VsftpdGrammar.shapes[key] != nil, name == name.uppercased() {
        take(Located(key, value.span), value, value.span, &context)
      }
    }
    guard !start.arguments.contains(where: { !$0.value.hasPrefix("-") }) else { return }
    context.leaveOpen(
      "the file that the image `\(container.image)` gives to vsftpd is not here", at: start.span,
      help: "audit that file too: name it after this one")
  }
}
