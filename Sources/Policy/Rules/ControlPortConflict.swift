package import Diagnostics

/// One control port of one external address is published twice.
package struct ControlPortConflict: PolicyRule {
  package init() {}

  package let page = RulePage(
    .error, "control-port-conflict", "one control port of an external address is published twice",
    explanation: """
      Clients choose a server by address and control port. Where two publications name the same pair, one of \
      them is never reached: nft accepts both rules, and the first decides.
      """,
    failureModes: ["F53"],
    bad: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }

      publish photos {
          server         10.10.20.201 pure-ftpd
          external ip    203.0.113.10
          passive range  50400-50799
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
          server         10.10.20.201 pure-ftpd
          external ip    203.0.113.10
          control port   2121 -> 21
          passive range  50400-50799
          tls            explicit required
      }
      """)

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var reported: Set<Int> = []
    var diagnostics: [Diagnostic] = []
    for group in context.sharedExternalAddresses {
      var firsts: [UInt16: Published] = [:]
      for use in group {
        let published = use.published
        let port = published.publication.controlPort.value.external
        guard let first = firsts[port] else {
          firsts[port] = published
          continue
        }
        guard reported.insert(published.position).inserted else { continue }
        diagnostics.append(
          diagnostic(
            "control port \(port) of \(use.address) already leads to `\(first.name)`",
            at: published.publication.controlSpan,
            related: [Label(first.publication.controlSpan, "the first one")],
            help: "give `\(published.name)` another external port or another external address"))
      }
    }
    return diagnostics
  }
}
