import Compilation
import Diagnostics
import Policy
import PolicySyntax
import Servers

/// Templates that replace ours. Promise: each is refused with its line, or fills in.
enum FuzzTemplate: FuzzTarget {
  static let name = "template"

  private static let compilation = Compilation(
    loadSources([
      SourceFile(
        name: "policy.sally",
        text: """
          publish files {
            server         10.10.20.200 vsftpd
            external ip    203.0.113.10
            passive range  50000-50399
            tls            off
          }
          """)
    ]) { _ in .failure(.missing) })

  static func run(_ input: [UInt8]) -> Bool {
    guard let text = String(validating: input, as: UTF8.self),
      let name = TemplateCheck.names.first(where: { $0.hasPrefix("vsftpd") })
    else { return false }
    guard TemplateCheck.faults(in: text, as: name).isEmpty else { return false }
    let emission = try? Emitters.emit(
      compilation.policy, server: 0, templates: [name: text], locate: compilation.locator())
    return emission?.documents.contains { $0.text.contains("50000-50399") } ?? false
  }
}
