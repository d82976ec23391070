import Foundation

/// The process that a lab belongs to: its identifier and the moment it started, so that a later process with
/// the same number is told apart.
struct Owner: Sendable, Hashable {
  var processIdentifier: Int32
  var started: String

  /// The first word of every namespace and folder of the bench.
  private static let mark = "sallyport-live"

  /// This process.
  static let current: Owner = {
    let identifier = getpid()
    return Owner(processIdentifier: identifier, started: startTime(of: identifier) ?? "0")
  }()

  /// The common beginning of the names of one lab.
  func prefix(lab serial: Int) -> String { "\(Self.mark)-\(processIdentifier)-\(started)-\(serial)" }

  /// Reads the owner out of the name of a namespace or a folder; nil when the name is none of ours.
  init?(fromName name: String) {
    guard name.hasPrefix(Self.mark + "-") else { return nil }
    let words = name.dropFirst(Self.mark.count + 1).split(separator: "-")
    guard words.count >= 3, let identifier = Int32(words[0]) else { return nil }
    self.init(processIdentifier: identifier, started: String(words[1]))
  }

  private init(processIdentifier: Int32, started: String) {
    self.processIdentifier = processIdentifier
    self.started = started
  }

  /// Whether the process still runs.
  var isAlive: Bool { Self.startTime(of: processIdentifier) == started }

  /// Field 22 of `/proc/PID/stat`, in clock ticks since boot; nil when the process has ended, reaped or not.
  private static func startTime(of identifier: Int32) -> String? {
    guard let text = readText("/proc/\(identifier)/stat"), let end = text.lastIndex(of: ")") else {
      return nil
    }
    // The name of the program, field 2, may hold spaces; it ends with the last parenthesis. Field 3 is the state.
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 19 && !["Z", "X"].contains(fields[0]) ? String(fields[19]) : nil
  }
}

/// The text of a file, nil when it cannot be read. Works for files of `/proc`, whose size is not known before.
func readText(_ path: String) -> String? {
  readBytes(path).map { String(decoding: $0, as: UTF8.self) }
}

/// The bytes of a file, nil when it cannot be read.
func readBytes(_ path: String) -> [UInt8]? {
  guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() ?? Data() else {
    return nil
  }
  return [UInt8](data)
}

/// Makes a file with these bytes and this mode.
func writeFile(_ path: String, _ bytes: some Sequence<UInt8>, mode: Int = 0o644) throws {
  guard
    FileManager.default.createFile(
      atPath: path, contents: Data(bytes), attributes: [.posixPermissions: mode])
  else { throw LabError("cannot write \(path)") }
}

/// Makes a folder, and those above it, that everybody may enter.
func makeFolder(_ path: String) throws {
  try FileManager.default.createDirectory(
    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
}
