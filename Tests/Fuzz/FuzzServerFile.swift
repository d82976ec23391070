import Compilation
import Diagnostics
import Policy
import PolicySyntax
import Servers

/// Files of servers. The first byte says whose; the rest is the file. Promises: findings stay within the file; what is
/// imported is in the canonical layout and is a policy; comparing it with any policy ends.
enum FuzzServerFile: FuzzTarget {
  static let name = "server-file"

  /// A policy for each program, with which files are compared.
  private static let policies: [(software: SoftwareKind, compilation: Compilation)] = ServerReaders.all.map {
    reader in
    let text = """
      server files {
        address   10.10.20.200
        software  \(reader.software.name)
      }
      publish files {
        server         files
        external ip    203.0.113.10
        passive range  50000-50399
        tls            explicit optional
        active         on
      }
      """
    return (
      reader.software,
      Compilation(loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) })
    )
  }

  static func run(_ input: [UInt8]) -> Bool {
    guard let first = input.first, !policies.isEmpty else { return false }
    let (software, compilation) = policies[Int(first) % policies.count]
    let files = ServerFiles(["/etc/file": Array(input.dropFirst())])
    var sources = compilation.sources
    guard let settings = ServerReaders.read("/etc/file", as: Software(software), from: files, into: &sources) else {
      broken("there is no reader")
    }
    let findings = ServerAudit.findings(compilation.policy, server: 0, against: settings)
    for diagnostic in settings.diagnostics + findings {
      let span = diagnostic.primary.span
      if span.range.upperBound > sources[span.file].bytes.count { broken("a finding lies beyond the file") }
    }
    let shown = render(settings.diagnostics + findings, in: sources, as: .full, style: .plain, version: "0")
    if obeysTerminal(shown) { broken("a finding shows what a terminal obeys") }
    if !settings.isRefused, !settings.isUnreadable, !settings.services.isEmpty { checkImport(settings) }
    // Every seed ends its last line.
    return !settings.services.isEmpty && input.last != UInt8(ascii: "\n")
  }

  private static func checkImport(_ settings: EffectiveSettings) {
    let text = PolicyDraft(settings, from: "/etc/file").text
    if obeysTerminal(text) { broken("an imported policy holds what a terminal obeys") }
    let tree = parse(SourceFile(name: "draft.sally", text: text), as: SourceID(0))
    if !tree.diagnostics.isEmpty { broken("an imported policy has mistakes:\n\(text)") }
    if format(tree) != text {
      broken("an imported policy is not in the layout:\n\(text)")
    }
  }
}
