import Foundation
import LiveSupport

/// `sallyport-demo SALLYPORT POLICY`: publishes a real Pure-FTPd on a throw-away gateway, as the policy says, and
/// shows what clients get.
///
/// Exit status: 0 everything as promised, 1 not, 64 usage, 70 the bench failed, 77 no bench here.
@main
struct Main {
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 2, let program = arguments.first, let policy = arguments.last else {
      fail("usage: sallyport-demo SALLYPORT POLICY", 64)
    }
    if let missing = LiveRequirements.missing { fail("the demo cannot run: \(missing)", 77) }
    do {
      let demo = try Demo(sallyport: Sallyport(path: program), policyPath: policy)
      let isAsPromised = try await withLab { lab in try await demo.run(in: lab) }
      guard isAsPromised else { fail("\nnot as promised", 1) }
      say("\nEverything as the policy promises. Namespaces, rules and daemon are gone again.")
    } catch {
      fail("\(error)", 70)
    }
  }

  private static func fail(_ message: String, _ status: Int32) -> Never {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    exit(status)
  }
}

/// Writes a line at once, so that the account keeps pace.
func say(_ line: String) {
  FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}
