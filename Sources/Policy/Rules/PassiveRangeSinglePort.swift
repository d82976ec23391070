import Addressing
package import Diagnostics

/// A passive range of one port, for a program that cannot have it.
package struct PassiveRangeSinglePort: PublishedRule {
  package init() {}

  package let page = RulePage(
    .error, "passive-range-single-port", "the server cannot be given a passive range of one port",
    explanation: """
      ProFTPD refuses to start with `PassivePorts` of equal ends. Pure-FTPd starts, but derives its limit of \
      clients from half the range, and half of one port is 0, which it takes for no limit at all.
      """,
    failureModes: ["F28"],
    bad: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50000
          tls            explicit required
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """)

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    guard let range = published.publication.passiveRange, range.value.count == 1,
      let message = published.software?.facts.singlePort
    else { return nil }
    return diagnostic(
      message, at: range.span, related: .place(published.server.software?.span, ""),
      help: "give the range two ports for every session")
  }
}
