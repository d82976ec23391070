package import Diagnostics
import PolicySyntax

/// TLS is possible, and the policy names no certificate.
package struct CertificateMissing: PolicyRule {
  package init() {}

  package let code = "certificate-missing"
  package let severity = Severity.warning

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var reported = [Bool](repeating: false, count: context.policy.servers.count)
    return context.published.compactMap { published in
      let server = published.server
      guard server.certificate == nil, !server.unreadable.contains(.certificate),
        published.publication.tls.value.allowsTLS, !reported[published.declaration]
      else { return nil }
      reported[published.declaration] = true
      let statement =
        published.software?.facts.certificateForm == .thumbprint
        ? "certificate thumbprint HEX" : "certificate \"CERT\" key \"KEY\""
      let isInPlace = server.name.span == published.publication.name.span
      return diagnostic(
        "server `\(server.name.value)` offers TLS, and the policy names no certificate for it",
        at: server.header,
        related: .place(published.publication.tls.span, "TLS is possible here"),
        help: isInPlace
          ? "add a block with it: `server ... { \(statement) }`" : "add a line `\(statement)`")
    }
  }
}
