package import Diagnostics
import Policy

/// Opens the files of a server, keeps what was opened, and collects what is wrong.
package struct ReadingContext {
  /// Bytes of one file at most; far above any real configuration.
  static let largestFile = 4 << 20
  /// Bytes of all files together at most.
  static let largestTotal = 32 << 20
  /// Files at most.
  static let mostFiles = 2000

  let files: ServerFiles
  package var sources: SourceSet
  package var diagnostics: [Diagnostic] = []
  /// Whether the program does something that its own source leaves to chance.
  package var isUndefined = false
  /// What is known of the program; readers add what the files betray.
  package var build: SoftwareBuild
  /// Variables of the program's environment that the user named.
  package var environment: [String: String]
  /// The files and folders that the user named.
  var named: [String] = []
  /// What listens for the program whose files are read; `nil` when it listens itself.
  var spawner: Spawner?
  /// What the command line defines, for conditions in its file.
  var defines: Set<String> = []
  /// The first file or folder that was asked for, which is blamed for what no file says.
  package private(set) var first: SourceID?
  private var total = 0
  private var count = 0

  package init(
    _ files: ServerFiles, sources: SourceSet, build: SoftwareBuild = SoftwareBuild(),
    environment: [String: String] = [:]
  ) {
    self.files = files
    self.sources = sources
    self.build = build
    self.environment = environment
  }

  /// Adds a file, or something without a content such as a folder, under the name by which the user finds it.
  package mutating func add(_ path: String, _ bytes: [UInt8] = []) -> SourceID {
    let file = sources.add(SourceFile(name: files.name(path), bytes: bytes))
    if first == nil { first = file }
    return file
  }

  /// Reads a file that has to be there.
  ///
  /// - Parameter span: what asked for it; `nil` for the file that the user named.
  /// - Returns: `nil` when nothing can be said about its content, which was reported then.
  mutating func load(_ path: String, askedFor span: SourceSpan? = nil) -> SourceID? {
    switch files.read(path, Self.largestFile) {
    case .success(let bytes): return add(path, bytes, askedFor: span)
    case .failure(.missing): report(path, "there is no such file", askedFor: span)
    case .failure(.unreadable(let reason)): report(path, reason, askedFor: span)
    }
    return nil
  }

  private mutating func add(_ path: String, _ bytes: [UInt8], askedFor span: SourceSpan?) -> SourceID? {
    count += 1
    total += bytes.count
    if bytes.count > Self.largestFile {
      report(path, "it is larger than \(Self.largestFile >> 20) MiB, which is no configuration", askedFor: span)
    } else if count > Self.mostFiles || total > Self.largestTotal {
      report(path, "more than \(Self.mostFiles) files or \(Self.largestTotal >> 20) MiB are included", askedFor: span)
    } else if let offset = bytes.firstIndex(of: 0) {
      let line = bytes[..<offset].count { $0 == 0x0A } + 1
      report(path, "it is not a text file: there is a zero byte in line \(line)", askedFor: span)
    } else {
      return add(path, bytes)
    }
    return nil
  }

  /// Says that nothing of a file is known.
  mutating func report(_ path: String, _ reason: String, askedFor span: SourceSpan?) {
    let place = span ?? SourceSpan(file: add(path), 0..<0)
    diagnostics.append(
      .error("server-file-unreadable", "`\(path)` cannot be read: \(reason)", at: place))
  }

  /// Whether enough mistakes were reported: the program itself stops at the first one.
  private(set) var hasEnough = false
  private var refusals = 0

  /// Says why the program would not start.
  mutating func refuse(
    _ message: String, at span: SourceSpan, notes: [String] = [], help: String? = nil, fixes: [FixIt] = []
  ) {
    refusals += 1
    hasEnough = refusals >= 50
    diagnostics.append(
      .error("server-file-refused", message, at: span, notes: notes, help: help, fixes: fixes))
  }

  /// Says what the program passes over.
  mutating func ignore(_ message: String, at span: SourceSpan, notes: [String] = [], help: String? = nil) {
    diagnostics.append(.warning("server-setting-ignored", message, at: span, notes: notes, help: help))
  }
  /// Says that what the files hold depends on something that is not in them, and what that is. What is asked of the
  /// policy about it is not compared then.
  mutating func leaveOpen(_ message: String, at span: SourceSpan, notes: [String] = [], help: String? = nil) {
    diagnostics.append(.warning("server-undecided", message, at: span, notes: notes, help: help))
  }

  /// Says that a list of ciphers may leave none.
  mutating func doubt(ciphers list: Located<String>) {
    leaveOpen(
      "whether `\(list.value)` leaves a cipher depends on the version of OpenSSL; without one there is no session with TLS",
      at: list.span, help: "write `HIGH:!aNULL`, or the ciphers that are wanted")
  }

  /// Says that only some versions or builds take something. Reading goes on as with one that does, and takes the
  /// program for one.
  ///
  /// - Parameter subject: what is known to some only, for example "the setting `ssl_sni_hostname`".
  mutating func dependOnBuild(
    _ subject: String, _ validity: Validity, _ software: SoftwareKind, at span: SourceSpan, notes: [String] = [],
    help: String? = nil
  ) {
    build.betray(validity)
    diagnostics.append(
      .warning(
        "server-build-dependent", "only \(validity.text(software)) knows \(subject)", at: span,
        notes: notes + ["another version or build does not start with it"],
        help: help ?? "state the version of the program in the policy: `software \(software.name) VERSION`"))
  }
}
