package import Diagnostics
import PolicySyntax

/// A program that may leave its passive range in sessions without TLS.
package struct RangeIgnoredInClear: PublishedRule {
  package init() {}

  package let page = RulePage(
    .warning, "range-ignored-in-clear", "the server may take data ports outside the range in sessions without TLS",
    explanation: """
      IIS is reported to use its data channel port range in encrypted sessions only, and any port from 1025 \
      in the others. The firewall opens the range and nothing else, so listings in clear text would hang. We \
      have not seen it happen. Where TLS is required the question does not arise; for a server without any \
      TLS the helper opens whatever port IIS names.
      """,
    failureModes: ["F52"],
    bad: """
      server files {
          address      10.10.20.200
          software     iis
          site         "Files"
          certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567
      }

      publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit optional
      }
      """,
    good: """
      server files {
          address      10.10.20.200
          software     iis
          site         "Files"
          certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567
      }

      publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """)

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    let publication = published.publication
    guard let software = published.software, software.facts.leavesRangeInClear, let range = publication.passiveRange,
      publication.tls.value.allowsPlain,
      !publication.cannotTell(.tls)
    else { return nil }
    return diagnostic(
      "\(software.title) may take data ports outside `\(range.value)` in sessions without TLS", at: range.span,
      related: .place(publication.tls.span, "sessions without TLS are possible"),
      help:
        "write `tls explicit required`, or for a server without any TLS `helper on` in place of the range")
  }
}
