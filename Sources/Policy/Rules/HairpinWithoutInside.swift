package import Diagnostics
import PolicySyntax

/// `hairpin on`, and nothing says where the inside is.
package struct HairpinWithoutInside: PublicationRule {
  package init() {}

  package let page = RulePage(
    .error, "hairpin-without-inside", "hairpin needs to know the inside interfaces",
    explanation: """
      Connections from the inside to an external address must come back from the gateway's own address; \
      otherwise the server answers the client directly, and the client drops the answer. The gateway knows \
      them by the interface on which they arrive, so it must have an `inside` statement.
      """,
    failureModes: ["F40"],
    bad: """
      gateway edge {
          outside  eth0
      }

      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          hairpin        on
      }
      """,
    good: """
      gateway edge {
          outside  eth0
          inside   eth1
      }

      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          hairpin        on
      }
      """)

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.hairpin.value, !publication.cannotTell(.gateway) else { return nil }
    guard let gateway = context.policy.gateway(of: publication) else {
      // Which one it is, is another question.
      guard context.policy.gateways.isEmpty else { return nil }
      return diagnostic(
        "`hairpin on` needs a gateway that names its inside interfaces",
        at: publication.hairpin.span ?? publication.header,
        help: "add `gateway NAME { outside IFACE; inside IFACE }`, or write `hairpin off`")
    }
    guard gateway.inside.isEmpty, !gateway.unreadable.contains(.inside) else { return nil }
    return diagnostic(
      "`hairpin on` needs the inside interfaces of gateway `\(gateway.name.value)`",
      at: publication.hairpin.span ?? publication.header, related: [Label(gateway.header, "names none")],
      help: "add `inside IFACE` to the gateway, or write `hairpin off`")
  }
}
