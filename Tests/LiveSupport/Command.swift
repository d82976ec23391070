import Foundation
import Subprocess

/// How a program ended and what it wrote.
package struct CommandResult: Sendable {
  /// The exit status; 128 plus the number of the signal that ended it; 124 when the time was up.
  package var status: Int32
  /// Everything written to standard output.
  package var output: [UInt8]
  /// Everything written to standard error, read as UTF-8.
  package var errorText: String

  /// Standard output read as UTF-8.
  package var text: String { String(decoding: output, as: UTF8.self) }
  /// Whether the program ended with status 0.
  package var succeeded: Bool { status == 0 }
  /// Whether the program was ended because its time was up.
  package var timedOut: Bool { status == 124 }
}

/// A program to run: its words, what it reads, and how long it may take.
struct Command: Sendable {
  var words: [String]
  var input: [UInt8] = []
  /// Additions to the small fixed environment. Nothing is inherited, so no proxy and no rc file interferes.
  var environment: [String: String] = [:]
  /// Whole seconds after which the program and its children are ended.
  var seconds = Patience.arrival.wholeSeconds

  /// Runs the program to its end. Throws only when it cannot be started.
  func run() async throws -> CommandResult {
    let limit = 64 << 20
    let inputFile = try InputFile(input)
    defer { inputFile?.remove() }
    let arguments = ["--kill-after=1", "\(seconds)"] + (inputFile?.feeding(words) ?? words)
    let result = try await Subprocess.run(
      .name("timeout"),
      arguments: Arguments(arguments),
      environment: Self.environment(adding: environment),
      platformOptions: Self.ownProcessGroup(),
      input: .none,
      output: .bytes(limit: limit),
      error: .string(limit: limit)
    )
    return CommandResult(
      status: Self.status(result.terminationStatus), output: result.standardOutput,
      errorText: result.standardError)
  }

  /// Runs the program and throws what it wrote to standard error unless it ends with status 0.
  @discardableResult
  func runOrThrow() async throws -> CommandResult {
    let result = try await run()
    guard result.succeeded else {
      let reason = result.timedOut ? "no end within \(seconds) s" : "status \(result.status)"
      throw LabError("`\(words.joined(separator: " "))`: \(reason)\n\(result.errorText)\(result.text)")
    }
    return result
  }

  /// The environment of every program on the bench.
  static func environment(adding more: [String: String]) -> Environment {
    var values: [Environment.Key: String] = [
      "PATH": Release.current.searchPath("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      "LC_ALL": "C",
      "HOME": "/nonexistent",
    ]
    for (name, value) in more {
      if let key = Environment.Key(rawValue: name) { values[key] = value }
    }
    return .custom(values)
  }

  /// Options that put a program and its children in a process group of their own, ended as a whole when the
  /// task that runs it is cancelled.
  static func ownProcessGroup(ending signal: Signal = .terminate) -> PlatformOptions {
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [
      .send(signal: signal, toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    return options
  }

  /// The status as a shell would show it.
  static func status(_ status: TerminationStatus) -> Int32 {
    switch status {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }
}

/// A file that a program has as its standard input.
///
/// A pipe will not do: swift-subprocess 1.0.2 ends the whole process, by SIGPIPE or by a precondition of its own, when
/// a program ends before it has read everything (measured).
private struct InputFile {
  private var path: String

  /// Nil when there is nothing to read.
  init?(_ bytes: [UInt8]) throws {
    guard !bytes.isEmpty else { return nil }
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("sallyport-live-\(UUID().uuidString)").path
    try writeFile(path, bytes, mode: 0o600)
  }

  /// The words that run a program with the file as its input.
  func feeding(_ words: [String]) -> [String] { ["sh", "-c", "exec \"$@\" <\"$0\"", path] + words }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
