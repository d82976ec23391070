import Foundation
import Subprocess
import SystemPackage

/// What a run of the real program left behind.
struct Run {
  var status: Int32
  var output: String
  var errors: String

  /// Standard output as JSON.
  var json: [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any]
  }
}

/// Runs the `sallyport` that was built beside the tests. Standard input is a file: a program that ends before it has
/// read a pipe would end the tests with a broken one.
func sallyport(
  _ arguments: [String], input: String = "", environment: [Environment.Key: String] = [:], in folder: URL? = nil
) async throws -> Run {
  let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "sallyport").path
  let standardInput = FileManager.default.temporaryDirectory.appending(path: "sallyport-input-\(UUID().uuidString)")
  try input.write(to: standardInput, atomically: true, encoding: .utf8)
  defer { try? FileManager.default.removeItem(at: standardInput) }
  let descriptor = try FileDescriptor.open(FilePath(standardInput.path), .readOnly)
  let result = try await run(
    .path(.init(program)), arguments: Arguments(arguments),
    environment: .inherit.updating(environment.mapValues { $0 }),
    workingDirectory: folder.map { .init($0.path) },
    input: .fileDescriptor(descriptor, closeAfterSpawningProcess: true), output: .string(limit: 1 << 24),
    error: .string(limit: 1 << 24))
  let status: Int32
  switch result.terminationStatus {
  case .exited(let code): status = code
  case .signaled(let signal): status = -signal
  }
  return Run(status: status, output: result.standardOutput, errors: result.standardError)
}

/// A folder with files, removed afterwards.
func withFolder<Result>(
  _ files: [String: String] = [:], _ body: (URL) async throws -> Result
) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "sallyport-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  for (name, text) in files {
    try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
  }
  return try await body(folder)
}

/// Every file below a folder with its text.
func contents(of folder: URL) -> [String: String] {
  let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
  var files: [String: String] = [:]
  for path in paths {
    if let text = try? String(contentsOf: folder.appending(path: path), encoding: .utf8) { files[path] = text }
  }
  return files
}
