import Foundation
import LiveSupport

/// A program that judges what is emitted.
struct ExternalTool {
  var status: Int32
  var output: String
  var errors: String

  /// Runs a program to its end, with the environment of the tests and nothing to read.
  init(_ words: [String], environment: [String: String] = [:]) throws {
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
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// Writes texts into a folder of their own, hands their paths to `body`, and takes them away.
func withFiles<Value>(_ texts: [String], _ body: ([String]) throws -> Value) throws -> Value {
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
