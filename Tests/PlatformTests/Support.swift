import Compilation
import Diagnostics
import Flows
import LiveSupport
import Platforms
import Policy

/// One policy text, compiled.
func compile(_ text: String) -> Compilation {
  Compilation(loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) })
}

extension Compilation {
  /// What is wrong, as `code: message`.
  var errors: [String] { diagnostics.filter { $0.severity == .error }.map { "\($0.code): \($0.message)" } }

  /// The configuration of the first gateway in a form, or in the first one of its platform; every file after the other.
  func configuration(_ form: String? = nil) throws -> String {
    let (platform, plan) = (platform(of: 0), flows(gateway: 0))
    let files = try platform.configuration(of: plan, as: form ?? platform.defaultForm, version: "0")
    return files.map { String(decoding: $0.pieces.joined(), as: UTF8.self) }.joined()
  }

  /// A further file of the first gateway; `nil` when there is none of that name.
  func companion(_ name: String) -> String? {
    platform(of: 0).companions(of: flows(gateway: 0)).first { $0.name == name }
      .map { String(decoding: $0.pieces.joined(), as: UTF8.self) }
  }
}

/// The worked case that texts for other firewalls are written for: control port 2121 becomes 21, one network of
/// clients, TLS, no helper.
///
/// - Parameters:
///   - gateway: The statements of its gateway, its platform among them.
///   - more: Further statements of its publication, and such as replace its own.
func workedCase(_ gateway: String, _ more: String = "tls explicit required; passive range 5000-5500") -> String {
  """
  gateway edge { \(gateway) }
  publish ftp1 {
      server 10.10.20.200 proftpd
      external ip 203.0.113.10
      control port 2121 -> 21
      allow 198.51.100.0/24
      \(more)
  }
  """
}

/// A generated policy for a gateway; where it is refused, the same without some statements, which many ask for and not
/// every platform can do.
func generatedPolicy(_ seed: UInt64, gateway: String, unless statements: Set<String>) -> Compilation {
  var generator = PolicyGenerator(seed: seed)
  let text = generator.policy(gateway: gateway)
  let compilation = compile(text)
  guard !compilation.isAccepted else { return compilation }
  let lines = text.split(separator: "\n").filter { line in
    line.split(separator: " ").first.map { !statements.contains(String($0)) } ?? true
  }
  return compile(lines.joined(separator: "\n"))
}
