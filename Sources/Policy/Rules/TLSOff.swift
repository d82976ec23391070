package import Diagnostics
import PolicySyntax

/// A publication without TLS.
package struct TLSOff: PublicationRule {
  package init() {}

  package let page = RulePage(
    .warning, "tls-off", "passwords and files go over the network in clear text",
    explanation: """
      Without TLS everybody on the way reads passwords and files. That is the default because it is what a \
      server does that nobody configured, not because it is wise. A statement `tls off` says that it is \
      meant, and a comment `# allow: tls-off (REASON)` on its line silences the warning.
      """,
    bad: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """)

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.tls.value == .off, !publication.cannotTell(.tls) else { return nil }
    // `tls-mode-unsupported` says so already.
    guard context.policy.server(of: publication)?.software?.value.kind.facts.gap(at: .off) == nil else { return nil }
    let isStated = publication.tls.span != nil
    return diagnostic(
      "sessions of `\(publication.name.value)` send passwords and files in clear text",
      at: publication.tlsSpan,
      help: isStated
        ? "write `tls explicit required`, or say why not: `# allow: tls-off (REASON)`"
        : "add `tls explicit required`, or say that it is meant: `tls off`",
      fixes: publication.tls.span.map {
        [.replace($0, with: "tls explicit required", "require TLS", .unsafe)]
      } ?? [])
  }
}
