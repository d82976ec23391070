package import Diagnostics
import PolicySyntax

/// A TLS mode that the server program does not have, or not on that port.
package struct TLSModeUnsupported: PublishedRule {
  package init() {}

  package let page = RulePage(
    .error, "tls-mode-unsupported", "the server program does not have this TLS mode",
    explanation: """
      Pure-FTPd has implicit TLS in special builds only, and those have nothing else. FileZilla Server \
      offers TLS whatever one does: `tls off` does not exist there. IIS has no switch but the port: 990 is \
      implicit TLS, every other port is not. `clear-control` is a command of explicit TLS (RFC 4217).
      """,
    failureModes: ["F21"],
    bad: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            implicit
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

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    let publication = published.publication
    guard !publication.cannotTell(.tls) else { return nil }
    switch (published.software, publication.tls.value) {
    case (.pureFTPd, .implicit):
      return unsupported(
        published, "Pure-FTPd has no implicit TLS, except in special builds that have nothing else",
        fixed: "tls explicit required")
    case (.filezilla, .off):
      return unsupported(
        published, "FileZilla Server always offers TLS, and `tls off` cannot be set",
        fixed: "tls explicit optional")
    case (.iis, let mode):
      return publication.cannotTell(.controlPort) ? nil : iisPort(published, mode)
    default:
      return nil
    }
  }

  private func unsupported(_ published: Published, _ message: String, fixed: String) -> Diagnostic {
    let publication = published.publication
    return diagnostic(
      message, at: publication.tlsSpan, related: .place(published.server.software?.span, ""),
      help: publication.tls.span == nil ? "add `\(fixed)`" : "write `\(fixed)`",
      fixes: publication.tls.span.map { [.replace($0, with: fixed, "write `\(fixed)`", .unsafe)] } ?? [])
  }

  private func iisPort(_ published: Published, _ mode: TLSMode) -> Diagnostic? {
    let publication = published.publication
    let port = publication.controlPort.value
    guard (mode == .implicit) != (port.server == 990) else { return nil }
    let isImplicit = mode == .implicit
    let fixed = "control port \(port.external) -> \(isImplicit ? 990 : 21)"
    return diagnostic(
      isImplicit
        ? "IIS has implicit TLS on its port 990 alone, and not on \(port.server)"
        : "IIS takes its port 990 for implicit TLS, and this is `tls \(mode.rawValue)`",
      at: publication.controlSpan, related: .place(publication.tls.span, "this TLS mode"),
      help: "write `\(fixed)`" + (isImplicit ? ", or `tls explicit required`" : ", or `tls implicit`"),
      fixes: publication.controlPort.span.map { [.replace($0, with: fixed, "write `\(fixed)`", .unsafe)] }
        ?? [])
  }
}
