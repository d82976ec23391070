package import Diagnostics
import PolicySyntax

/// A publication that names none of several gateways.
package struct GatewayAmbiguous: PublicationRule {
  package init() {}

  package let page = RulePage(
    .error, "gateway-ambiguous", "a publication does not say on which of several gateways it is",
    explanation: """
      A policy with one gateway need not name it. With several, each gateway has a ruleset of its own, and a \
      publication that names none would be in none of them.
      """,
    bad: """
      gateway berlin { outside eth0 }
      gateway munich { outside eth0 }

      publish files {
          gateway        berlin
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }

      publish photos {
          server         10.10.30.200 pure-ftpd
          external ip    203.0.113.20
          passive range  50000-50399
          tls            explicit required
      }
      """,
    good: """
      gateway berlin { outside eth0 }
      gateway munich { outside eth0 }

      publish files {
          gateway        berlin
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }

      publish photos {
          gateway        munich
          server         10.10.30.200 pure-ftpd
          external ip    203.0.113.20
          passive range  50000-50399
          tls            explicit required
      }
      """)

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    let gateways = context.policy.gateways
    guard gateways.count > 1, publication.gateway == nil, !publication.cannotTell(.gateway) else { return nil }
    let names = listed(gateways.prefix(8).map(\.name.value))
    return diagnostic(
      "`\(publication.name.value)` does not say on which of the \(gateways.count) gateways it is published",
      at: publication.header, related: gateways.prefix(3).map { Label($0.header) },
      help: gateways.count > 8
        ? "add `gateway NAME` with one of the \(gateways.count) names, such as \(names)"
        : "add `gateway NAME` with one of \(names)")
  }
}
