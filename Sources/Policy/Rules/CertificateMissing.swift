package import Diagnostics
import PolicySyntax

/// TLS is possible, and the policy names no certificate.
package struct CertificateMissing: PolicyRule {
  package init() {}

  package let page = RulePage(
    .warning, "certificate-missing", "the server offers TLS and the policy names no certificate",
    explanation: """
      Without a certificate in the policy the settings of the server name none, and what happens is up to \
      what is there: IIS answers 534 to AUTH TLS when its site has none bound, ProFTPD answers 431, vsftpd \
      and Pure-FTPd look in their default places, FileZilla Server makes one that no client trusts. A \
      certificate is named in the block of a server, which may stand in the publication.
      """,
    failureModes: ["F23"],
    bad: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """,
    good: """
      server files {
          address      10.10.20.200
          software     proftpd
          certificate  "/etc/ssl/certs/ftp.pem" key "/etc/ssl/private/ftp.key"
      }

      publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """)

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
