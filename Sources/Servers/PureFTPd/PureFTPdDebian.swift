import Diagnostics
import Policy

/// The service of Debian and Ubuntu, which reads the folder `conf/` and never `pure-ftpd.conf` beside it (measured:
/// pure-ftpd-wrapper of 1.0.50-2.1, 1.0.50-2.2 and 1.0.50-2.3).
struct PureFTPdDebian {
  /// `/etc/pure-ftpd`, with a slash at its end; empty for the current folder.
  let folder: String

  private static let name = "pure-ftpd.conf"
  /// Options that decide what clients meet; the file that comes with the package sets none of them.
  private static let telling: Set = [
    "PassivePortRange", "ForcePassiveIP", "TLS", "Bind", "CertFile", "CertFileAndKey", "TLSCipherSuite", "NATmode",
    "IPV4Only", "IPV6Only", "ExtCert",
  ]

  /// - Parameter folder: with or without a slash at its end.
  init(folder: String) { self.folder = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/" }

  /// The service to which a file belongs that it does not read; `nil` for any other file.
  init?(ofFile path: String, in files: ServerFiles) {
    guard path == Self.name || path.hasSuffix("/" + Self.name) else { return nil }
    self.init(folder: String(path.dropLast(Self.name.count)))
    let folders = ["conf", "auth", "db"].map { folder + $0 }
    let marks = ["default/pure-ftpd-common", "debian_version"].compactMap { name in parent.map { $0 + name } }
    guard folders.contains(where: { files.kind($0) == .folder }) || marks.contains(where: { files.kind($0) == .file })
    else { return nil }
  }

  /// The folder above, with a slash at its end; `nil` where the path does not say.
  private var parent: String? {
    let parts = folder.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 2 else { return nil }
    return parts.dropLast(2).joined(separator: "/") + "/"
  }

  /// The service, and that nothing of the named file holds for it.
  ///
  /// - Parameter file: of the user, already opened.
  func service(insteadOf file: SourceID, _ version: SoftwareVersion?, _ context: inout ReadingContext)
    -> EffectiveService?
  {
    let options = Self.options(of: file, in: context)
    context.diagnostics.append(
      .error(
        "server-file-unused",
        "nothing in this file holds: Debian's service of Pure-FTPd reads the folder `conf` alone",
        at: options.first?.span ?? SourceSpan(file: file, 0..<0),
        notes: ["pure-ftpd-wrapper makes a command line of the files in `\(folder)conf`, and reads nothing else"],
        help: help))
    return service(version, isChecked: true, &context)
  }

  /// The service.
  ///
  /// - Parameter isChecked: whether it was said already that `pure-ftpd.conf` does not count.
  func service(_ version: SoftwareVersion?, isChecked: Bool = false, _ context: inout ReadingContext)
    -> EffectiveService?
  {
    let reader = PureFTPdFolder(conf: folder + "conf", auth: folder + "auth", version: version)
    guard let (read, options) = reader.read(&context) else { return nil }
    var service = read
    if !isChecked { unused(options, &context) }
    start(&service, &context)
    return service
  }

  private var help: String {
    "write each setting into a file of its name in `\(folder)conf`, as `emit --form debian` does; "
      + "where another unit starts `pure-ftpd` with this file, name that unit"
  }

  private static func options(of file: SourceID, in context: ReadingContext) -> [PureFTPdOption] {
    ConfigurationLine.all(of: file, in: context.sources).compactMap { line in
      do throws(PureFTPdMistake) { return try PureFTPdGrammar.option(line) } catch { return nil }
    }
  }

  /// Settings of `pure-ftpd.conf` that somebody means to hold, and that `conf/` does not have.
  private func unused(_ options: [PureFTPdOption], _ context: inout ReadingContext) {
    let path = folder + Self.name
    guard context.files.kind(path) == .file, case .success(let bytes) = context.files.read(path, 1 << 20),
      bytes.count <= 1 << 20, !bytes.contains(0)
    else { return }
    let file = context.add(path, bytes)
    let lost = Self.options(of: file, in: context).filter { option in
      let isSet = PureFTPdGrammar.flag(option.values.first?.value ?? "") != false || option.values.count > 1
      return Self.telling.contains(option.name) && isSet
        && !options.contains { $0.name == option.name && $0.values.map(\.value) == option.values.map(\.value) }
    }
    guard let first = lost.first else { return }
    var names: [String] = []
    for option in lost where !names.contains(option.name) { names.append(option.name) }
    context.diagnostics.append(
      .error(
        "server-file-unused",
        "\(names.map { "`\($0)`" }.joined(separator: ", ")) in this file \(names.count == 1 ? "does" : "do") not count: "
          + "Debian's service of Pure-FTPd reads the folder `conf` alone", at: first.span, help: help))
  }

  /// `STANDALONE_OR_INETD` of `/etc/default/pure-ftpd-common`.
  private func start(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    guard let path = parent.map({ $0 + "default/pure-ftpd-common" }), context.files.kind(path) == .file,
      let file = context.load(path)
    else { return }
    for line in ConfigurationLine.all(of: file, in: context.sources) {
      let text = line.word(line.bytes.trimmed).value
      guard text.hasPrefix("STANDALONE_OR_INETD=") else { continue }
      let value = text.dropFirst("STANDALONE_OR_INETD=".count).filter { $0 != "\"" && $0 != "'" }
      guard value != "standalone" else { continue }
      service.isSpawned = true
      context.leaveOpen(
        "Pure-FTPd does not listen by itself here: inetd starts it for each session",
        at: line.span(line.bytes.trimmed),
        notes: ["port, address and number of sessions are those of inetd, and were not compared"],
        help: "write `STANDALONE_OR_INETD=standalone`, or see that inetd listens on the port of the policy")
    }
  }
}
