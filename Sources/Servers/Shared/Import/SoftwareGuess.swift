import Diagnostics
package import Policy

extension ServerReaders {
  /// The program whose configuration stands at a path, by names first and then by the first lines; `nil` when neither
  /// tells.
  package static func guess(_ path: String, in files: ServerFiles) -> SoftwareKind? {
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    if files.kind(path) == .folder {
      if files.kind("\(folder)/conf") == .folder || folder.hasSuffix("/conf") { return .pureFTPd }
      let names = (files.names(path) ?? []).sorted()
      return names.lazy.compactMap(named).first
    }
    return named(folder.split(separator: "/").last.map(String.init) ?? folder) ?? written(path, files)
  }

  /// What is said when nobody names the program, and neither names nor lines tell.
  static func unknownSoftware(
    _ path: String, from files: ServerFiles, into sources: inout SourceSet
  ) -> Diagnostic {
    let file = sources.add(SourceFile(name: files.name(path), bytes: []))
    let known = all.map { "`\($0.software.rawValue)`" }.joined(separator: ", ")
    return .error(
      "server-software-unknown", "neither the name nor the first lines of `\(path)` tell which program reads it",
      at: SourceSpan(file: file, 0..<0), notes: ["these can be read: \(known)"],
      help: "name the program: `software NAME` in the `server` of a policy, or `--server NAME` with `import`")
  }

  private static func named(_ name: String) -> SoftwareKind? {
    switch name.lowercased() {
    case "applicationhost.config": .iis
    case "settings.xml", "filezilla server.xml": .filezilla
    case let name where name.hasPrefix("pure-ftpd") || name.hasPrefix("pureftpd"): .pureFTPd
    case let name where name.hasPrefix("proftpd"): .proftpd
    case let name where name.hasPrefix("vsftpd"): .vsftpd
    default: nil
    }
  }

  /// By what the lines look like: `key=value` in lower case, options that only one program has, or the root of an XML
  /// file.
  private static func written(_ path: String, _ files: ServerFiles) -> SoftwareKind? {
    guard case .success(let bytes) = files.read(path, 1 << 16) else { return nil }
    let text = String(decoding: bytes.prefix(1 << 16), as: UTF8.self)
    let commands = InvocationText(file: SourceID(0), bytes: Array(bytes.prefix(1 << 16)), outer: [:])
    if let software = commands.invocations().first?.software { return software }
    if text.contains("<configuration") { return .iis }
    if text.lowercased().contains("<filezilla") { return .filezilla }
    for line in text.split(whereSeparator: \.isNewline) {
      let name = String(line.drop(while: \.isWhitespace).prefix { !$0.isWhitespace && $0 != "=" && $0 != ":" })
      if VsftpdGrammar.shapes[name] != nil { return .vsftpd }
      // Both take any case, and people write what the manuals write.
      guard name.first?.isUppercase == true || name.hasPrefix("<") else { continue }
      let isOfProFTPD = ProftpdDirectives.modules[name.lowercased()] != nil || name.hasPrefix("<")
      let isOfPureFTPd = PureFTPdGrammar.shapes[name.lowercased()] != nil
      if isOfPureFTPd != isOfProFTPD { return isOfPureFTPd ? .pureFTPd : .proftpd }
    }
    return nil
  }
}
