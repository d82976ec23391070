package import Diagnostics

/// An interface that is outside and inside at once.
package struct InterfaceOnBothSides: PolicyRule {
  package init() {}

  package let page = RulePage(
    .error, "interface-on-both-sides", "an interface is outside and inside at once",
    explanation: """
      Connections are told apart by the interface on which they arrive: those from outside are let in as the \
      policy says, those from inside only for `hairpin on`. An interface on both sides would make every \
      client one of the inside, and hide the addresses of all.
      """,
    bad: """
      gateway edge {
          outside  eth0
          inside   eth0, eth1
      }

      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
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
      }
      """)

  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.policy.gateways.flatMap { gateway in
      let outside = Dictionary(
        gateway.outside.map { ($0.value, $0.span) }, uniquingKeysWith: { first, _ in first })
      return gateway.inside.compactMap { interface in
        outside[interface.value].map { span in
          diagnostic(
            "interface `\(interface.value)` of gateway `\(gateway.name.value)` is outside and inside at once",
            at: interface.span, related: [Label(span, "outside here")], help: "keep it on one side")
        }
      }
    }
  }
}
