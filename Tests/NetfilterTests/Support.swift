import Compilation
import Diagnostics
import Foundation
import LiveSupport
import Netfilter
import Subprocess
import Testing

/// The root of the repository.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// The folder with the programs under test.
let programs = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

/// The version that stands at the head of scripts here.
let version = "test"

func compile(_ policy: String) -> Compilation {
  Compilation(loadSources([SourceFile(name: "policy.sally", text: policy)]) { _ in .failure(.missing) })
}

extension Compilation {
  /// What a machine that forwards says about the policy.
  func report(
    _ backend: some NetfilterBackend, _ forwarding: ForwardingSettings = .init(ipv4: true, ipv6: true)
  ) async -> KernelReport {
    await kernelReport(from: backend, forwarding: forwarding, version: version)
  }

  /// `CODE: TEXT`, with the text that a diagnostic underlines.
  func underlined(_ diagnostics: [Diagnostic]) -> [String] {
    diagnostics.map { "\($0.code): \(sources.text($0.primary.span))" }
  }
}

/// A folder that everybody may read, removed afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let path = FileManager.default.temporaryDirectory.appending(path: "sallyport-netfilter-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(
    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}

/// Writes a program that a shell runs.
func writeProgram(_ path: String, _ lines: String) throws {
  try "#!/bin/sh\n\(lines)\n".write(toFile: path, atomically: false, encoding: .utf8)
  try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
}

/// What a run of a program left behind.
struct Ended {
  /// 128 plus the signal that ended it, as a shell counts.
  var status: Int32
  var output: String
  var errors: String
}

private let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"

/// Runs lines of shell in a network namespace that ends with them, or without one of its own.
func shell(_ lines: String, in namespace: Bool = true) async throws -> Ended {
  let words = (namespace ? ["unshare", "--net"] : []) + ["sh", "-c", lines]
  let result = try await run(
    .name(words[0]), arguments: Arguments(Array(words.dropFirst())),
    environment: .inherit.updating(["PATH": Release.current.searchPath(searchPath)]), input: .none,
    output: .string(limit: 1 << 24),
    error: .string(limit: 1 << 24))
  let status: Int32
  switch result.terminationStatus {
  case .exited(let code): status = code
  case .signaled(let signal): status = 128 + signal
  }
  return Ended(status: status, output: result.standardOutput, errors: result.standardError)
}

/// Whether this machine can try rulesets in the kernel. Every try is made in a network namespace of its own.
enum KernelRequirements {
  /// Why it cannot; `nil` when it can.
  static let missing: String? = {
    guard geteuid() == 0 else { return "they need root, for network namespaces" }
    let programs = ["unshare", "nft", "setpriv"].filter { !LiveRequirements.hasProgram($0) }
    return programs.isEmpty ? nil : "missing on this machine: \(programs.joined(separator: ", "))"
  }()
}

extension Trait where Self == ConditionTrait {
  /// Skips a suite, with the reason, where rulesets cannot be tried.
  static var kernel: Self {
    .enabled(
      if: KernelRequirements.missing == nil, "tests in the kernel cannot run: \(KernelRequirements.missing ?? "")")
  }
}

@Test("continuous integration can try rulesets")
func kernelInContinuousIntegration() {
  #expect(!LiveRequirements.isCI || KernelRequirements.missing == nil, "\(KernelRequirements.missing ?? "")")
}
