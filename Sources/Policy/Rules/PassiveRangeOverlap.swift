package import Diagnostics

/// Two servers behind one external address have passive ports in common.
package struct PassiveRangeOverlap: PolicyRule {
  package init() {}

  package let page = RulePage(
    .error, "passive-range-overlap", "two servers share passive ports of one external address",
    explanation: """
      A data connection to a passive port says nothing but its address and port, so each port of an external \
      address can lead to one server only. Where two servers have a port in common, transfers of one end up \
      at the other. nft accepts such rules, and the kernel keeps one of them. With the helper the port in \
      the reply may be replaced by one outside both ranges. Publications of one and the same server may \
      share a range.
      """,
    failureModes: ["F13", "F49", "F53"],
    bad: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }

      publish photos {
          server         10.10.20.201 vsftpd
          external ip    203.0.113.10
          control port   2121 -> 21
          passive range  50300-50699
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

      publish photos {
          server         10.10.20.201 vsftpd
          external ip    203.0.113.10
          control port   2121 -> 21
          passive range  50400-50799
          tls            explicit required
      }
      """)

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var seen: Set<[Int]> = []
    var diagnostics: [Diagnostic] = []
    for group in context.sharedExternalAddresses {
      let claims = group.compactMap { RangeClaim($0.published, owner: $0.published.machine) }
      for collision in collisions(claims) {
        let (first, second) = (collision.first, collision.second)
        let pair = [first.published.position, second.published.position]
        guard let address = group.first?.address, seen.insert(pair).inserted else { continue }
        diagnostics.append(
          diagnostic(
            "passive range `\(second.range.value)` of `\(second.published.name)` overlaps that of "
              + "`\(first.published.name)`, and both are dialled at \(address)",
            at: second.range.span, label: "of `\(second.published.name)`",
            related: [Label(first.range.span, "`\(first.published.name)` has `\(first.range.value)`")],
            help: "give each server behind \(address) a range of its own"))
      }
    }
    return diagnostics
  }
}
