package import Diagnostics

/// `clear-control` for a program that does not know CCC.
package struct ClearControlUnsupported: PublishedRule {
  package init() {}

  package let page = RulePage(
    .error, "clear-control-unsupported", "the server program does not know CCC",
    explanation: """
      With `clear-control`, clients return to a clear control connection after login, by the command CCC, so \
      that the helper can read the rest. vsftpd answers 500 to that command and FileZilla Server does not \
      have it; IIS, Pure-FTPd and ProFTPD allow it.
      """,
    failureModes: ["F04"],
    bad: """
      publish files {
          server         10.10.20.200 vsftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required clear-control
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 vsftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """)

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    guard let span = published.publication.clearControl, let software = published.software,
      software == .vsftpd || software == .filezilla
    else { return nil }
    return diagnostic(
      "\(software.title) does not know CCC, so the control connection stays encrypted", at: span,
      related: .place(published.server.software?.span, ""),
      help: "remove `clear-control` and open a passive range",
      fixes: [.replace(span, with: "", "remove `clear-control`", .unsafe)])
  }
}
