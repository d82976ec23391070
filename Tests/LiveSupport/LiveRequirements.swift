import Foundation

/// Says whether this machine can run live tests.
///
/// A suite carries `.enabled(if: LiveRequirements.met, LiveRequirements.comment)`; one test outside such suites
/// expects `LiveRequirements.failureInCI` to be nil, so that continuous integration cannot skip in silence.
package enum LiveRequirements {
  /// Why live tests cannot run here; nil when they can.
  package static let missing: String? = firstMissing()

  /// Whether live tests can run here.
  package static var met: Bool { missing == nil }

  /// The reason in the words of a skipped test.
  package static var comment: String { "live tests cannot run: \(missing ?? "nothing is missing")" }

  /// Whether this run is continuous integration, where the bench has to be there.
  package static let isCI = ProcessInfo.processInfo.environment["CI"] == "true"

  /// The reason as a failure, in continuous integration only.
  package static var failureInCI: String? { isCI ? missing : nil }

  /// The folder with the unpacked FTP daemons; nil when they have not been fetched.
  package static let daemonFolder: String? =
    output(ofScript: "fetch-daemons", ["--where"])?.split(separator: "\n").last.map(String.init)

  /// What one of `scripts` writes to standard output, however it ends; nil when it cannot be run or writes nothing.
  static func output(ofScript name: String, _ arguments: [String]) -> String? {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("scripts/\(name)")
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil, let data = try? output.fileHandleForReading.readToEnd() else { return nil }
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  /// Whether a program can be found where the bench looks for programs.
  package static func hasProgram(_ name: String) -> Bool {
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
    }
  }

  private static func firstMissing() -> String? {
    guard geteuid() == 0 else { return "they need root, for network namespaces" }
    let programs = ["ip", "nft", "curl", "openssl", "mount", "timeout"].filter { !hasProgram($0) }
    guard programs.isEmpty else {
      return "missing on this machine: \(programs.joined(separator: ", "))"
    }
    guard FileManager.default.fileExists(atPath: "/proc/sys/net/ipv6") else {
      return "the kernel has no IPv6"
    }
    if let reason = namespaceFailure() { return reason }
    guard daemonFolder != nil else { return "the FTP daemons are not there; run scripts/fetch-daemons" }
    return nil
  }

  /// Tries a namespace on a thread that ends with it.
  private static func namespaceFailure() -> String? {
    final class Answer: @unchecked Sendable { var text: String? }
    let answer = Answer()
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      do { try NamespaceCalls.enterNew() } catch { answer.text = "\(error)" }
      done.signal()
    }
    done.wait()
    return answer.text
  }
}
