package import Diagnostics

/// A control port that nobody expects.
package struct ControlPortUnusual: PublicationRule {
  package init() {}

  package let page = RulePage(
    .warning, "control-port-unusual", "clients do not try this control port by themselves",
    explanation: "Clients dial 21, or 990 for implicit TLS, unless somebody tells them another port.",
    bad: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          control port   8021 -> 21
          passive range  50000-50399
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

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    let port = publication.controlPort
    guard let span = port.span, port.value.external > 1023 else { return nil }
    return diagnostic("clients have to be told the control port \(port.value.external)", at: span)
  }
}
