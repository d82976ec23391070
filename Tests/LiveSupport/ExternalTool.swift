package import Foundation

/// A program that judges what is emitted.
package struct ExternalTool {
  package var status: Int32
  package var output: String
  package var errors: String

  /// Runs a program to its end, with the environment of the tests and nothing to read.
  package init(_ words: [String], environment: [String: String] = [:]) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sallyport-tool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Files, because a pipe that nobody reads in time would stop the program.
    let files = try ["output", "errors"].map { name in
      let file = folder.appending(path: name)
      try Data().write(to: file)
      return (url: file, handle: try FileHandle(forWritingTo: file))
    }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = files[0].handle
    process.standardError = files[1].handle
    try process.run()
    process.waitUntilExit()
    status = process.terminationStatus
    output = String(decoding: try Data(contentsOf: files[0].url), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: files[1].url), as: UTF8.self)
  }
}

/// The root of the repository.
package let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// Writes texts into a folder of their own, hands their paths to `body`, and takes them away.
package func withFiles<Value>(_ texts: [String], _ body: ([String]) throws -> Value) throws -> Value {
  let folder = FileManager.default.temporaryDirectory.appending(path: "sallyport-files-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let paths = try texts.enumerated().map { index, text in
    let file = folder.appending(path: "\(index)")
    try Data(text.utf8).write(to: file)
    return file.path
  }
  return try body(paths)
}

/// The last line that one of `scripts` writes, with which those that fill the cache name their folder.
///
/// - Returns: A failure that says why there is none.
package func folder(ofScript name: String) -> Result<String, MissingTool> {
  let script = repository.appending(path: "scripts/\(name)").path
  guard let run = try? ExternalTool([script]) else { return .failure(MissingTool(reason: "\(name) cannot be run")) }
  guard run.status == 0, let line = run.output.split(separator: "\n").last else {
    return .failure(MissingTool(reason: run.errors.trimmingCharacters(in: .whitespacesAndNewlines)))
  }
  return .success(String(line))
}

/// Why a program is not there.
package struct MissingTool: Error {
  package var reason: String

  package init(reason: String) { self.reason = reason }
}

/// The folder with data of others (YANG modules, command trees), which a clone does not hold: that of
/// `SALLYPORT_DATA`, or `../shared/data` beside the repository; `nil` when there is none.
package let dataFolder: URL? = {
  let named = ProcessInfo.processInfo.environment["SALLYPORT_DATA"].map { URL(filePath: $0) }
  let folder = named ?? repository.deletingLastPathComponent().appending(path: "shared/data")
  return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
}()
