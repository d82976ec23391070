import Diagnostics
import Policy
import PolicySyntax
import Servers

/// A policy that was parsed, resolved and validated.
struct Checked {
  let source: SourceFile
  let policy: Policy
  let diagnostics: [Diagnostic]

  init(_ source: SourceFile) {
    let tree = parse(source, as: SourceID(0))
    let resolved = resolve([tree], programs: ServerPrograms.all)
    self.source = source
    policy = resolved.policy
    diagnostics = (tree.diagnostics + resolved.diagnostics + validate(resolved.policy).diagnostics).inSourceOrder()
  }

  init(_ text: String) { self.init(SourceFile(name: "policy.sally", text: text)) }

  /// The codes in the order of the text, each as often as it was raised.
  var codes: [String] { diagnostics.map(\.code) }

  var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }

  func found(_ code: String) -> [Diagnostic] { diagnostics.filter { $0.code == code } }

  /// What one rule finds.
  func findings(of rule: some PolicyRule) -> [Diagnostic] { rule.check(RuleContext(policy)) }

  /// The text that a diagnostic underlines.
  func underlined(_ diagnostic: Diagnostic) -> String { source.text(diagnostic.primary.span.range) }

  /// The texts that diagnostics of one code underline.
  func underlined(_ code: String) -> [String] { found(code).map(underlined) }
}

/// The source of a page's bad sample; U+FFFD stands for a byte that is not UTF-8 where the page says so.
func badSource(of page: RulePage) -> SourceFile {
  guard page.origin == .bytes else { return SourceFile(name: "policy.sally", text: page.bad) }
  let bytes = page.bad.unicodeScalars.flatMap { $0 == "\u{FFFD}" ? [0xFF] : Array(String($0).utf8) }
  return SourceFile(name: "policy.sally", bytes: bytes)
}

/// A publication of an in-place server, with the usual statements unless a line replaces them.
func publication(
  _ lines: String..., name: String = "files", server: String = "10.10.20.200 proftpd",
  external: String = "203.0.113.10", range: String? = "50000-50399", tls: String? = "explicit required"
) -> String {
  var all = ["server \(server)", "external ip \(external)"]
  if let range { all.append("passive range \(range)") }
  if let tls { all.append("tls \(tls)") }
  return "publish \(name) {\n" + (all + lines).map { "  \($0)\n" }.joined() + "}\n"
}
