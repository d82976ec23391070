import Addressing
package import Diagnostics

/// A passive range begins below the ports that every server program takes.
package struct PassiveRangeOutOfBounds: PublicationRule {
  package init() {}

  package let page = RulePage(
    .error, "passive-range-out-of-bounds", "a passive range lies outside ports 1025 to 65535",
    explanation: """
      Ports up to 1024 belong to other services, and no server takes them all for data: Pure-FTPd and \
      ProFTPD do not start with a range below 1024, vsftpd silently raises it, and IIS begins at 1025. Ports \
      above 65535 do not exist.
      """,
    failureModes: ["F52"],
    bad: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  1000-1399
          tls            explicit required
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
    guard let range = publication.passiveRange, range.value.low < 1025 else { return nil }
    return diagnostic(
      "passive range `\(range.value)` begins below port 1025", at: range.span,
      help: "choose ports from 1025 to 65535, for example `50000-50399`")
  }
}
