package import Diagnostics

/// Two hosts of one server share passive ports.
package struct PassiveRangeShared: PolicyRule {
  package init() {}

  package let page = RulePage(
    .warning, "passive-range-shared", "virtual hosts of one server share passive ports",
    explanation: """
      Each control port of ProFTPD is a virtual host with passive ports of its own. Where two share some, a \
      data connection can meet the listener of the other host's session, which refuses it as coming from a \
      foreign address. ProFTPD does not notice the overlap itself.
      """,
    failureModes: ["F16"],
    bad: """
      server files {
          address   10.10.20.200
          software  proftpd
      }

      publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }

      publish files-implicit {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            implicit
      }
      """,
    good: """
      server files {
          address   10.10.20.200
          software  proftpd
      }

      publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }

      publish files-implicit {
          server         files
          external ip    203.0.113.10
          passive range  50400-50799
          tls            implicit
      }
      """)

  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.sharedMachines.flatMap { group in
      let claims = group.filter { $0.software?.facts.hasHostForEachPort == true }
        .compactMap { RangeClaim($0, owner: Int($0.publication.controlPort.value.server)) }
      return collisions(claims).map { collision in
        let (first, second) = (collision.first, collision.second)
        return diagnostic(
          "`\(first.published.name)` and `\(second.published.name)` are virtual hosts of one "
            + "\(second.published.software?.title ?? "server") that "
            + "share passive ports, so one can refuse the data connections of the other",
          at: second.range.span, related: [Label(first.range.span, "of `\(first.published.name)`")],
          help: "give each control port of the server a range of its own")
      }
    }
  }
}
