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
  return compile(text.without(statements: Array(statements)))
}

/// How many policies of the generator each platform is tried with: 1,000 with `SALLYPORT_PROVE_GATEWAYS`, otherwise
/// a sample.
let policySample = gatewayProofSize == nil ? 200 : 1_000

/// Policies of the generator for gateways of a kind, three of four without what few firewalls can do.
func generatedPolicies(_ count: Int, gateway: (Int) -> String, without statements: [String]) -> [String] {
  (0..<count).map { generatedPolicy($0, gateway: gateway, without: statements) }
}

/// One of them.
func generatedPolicy(_ seed: Int, gateway: (Int) -> String, without statements: [String]) -> String {
  var generator = PolicyGenerator(seed: UInt64(seed))
  let text = generator.policy(gateway: gateway(seed))
  return seed % 4 > 0 ? text.without(statements: statements) : text
}

extension String {
  /// A policy without the statements that begin with some words.
  func without(statements: [String]) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      !statements.contains { line.drop { $0 == " " }.hasPrefix($0) }
    }.joined(separator: "\n")
  }
}

/// Publications whose names could be taken for those of each other's objects, or are as long as names can be.
func publicationsWithClashingNames(_ gateway: String) -> String {
  let names = [
    "a", "a-ctl", "a-pasv", "a-pasv2", "a-ctl-real", "a-clients", "a-c1", "real6", "inspect",
    "a-publication-with-a-name-of-48-characters-in-al",
    "a-publication-with-a-name-of-48-characters-in-am",
  ]
  let publications = names.enumerated().map { index, name in
    """
    publish \(name) {
        server 10.1.1.\(index + 1) other; external ip 203.0.113.1; control port \(2100 + index) -> 21
        passive range \(20_000 + 1000 * index)-\(20_500 + 1000 * index); tls explicit required
        allow 198.51.100.\(index), 192.0.2.\(index)
    }
    """
  }
  return (["gateway edge { \(gateway) }"] + publications).joined(separator: "\n")
}

/// Statements that few firewalls have something for, with the words of the refusal.
let rareStatements = [
  ("hairpin on", "clients inside at the external address"), ("source gateway", "the gateway's address as source"),
  ("limit 3 sessions per client", "a limit of sessions per client"), ("limit 3 sessions", "a limit of sessions"),
  ("limit 9 new per minute per client", "a limit of new connections"),
  ("log denied", "a log of denied connections"),
  ("active on", "active mode that no helper opens (`helper off`, or TLS)"),
]

/// A policy whose servers are all behind the gateway, for devices on which none can run.
func withServersBehind(_ policy: String) -> String {
  policy.replacing("address local", with: "address 10.10.30.1, 2001:db8:30::1")
    .replacing("server local", with: "server 10.10.30.1, 2001:db8:30::1")
}
