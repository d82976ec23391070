package import Diagnostics

/// A control port that nobody expects.
package struct ControlPortUnusual: PublicationRule {
  package init() {}

  package let code = "control-port-unusual"
  package let severity = Severity.warning

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    let port = publication.controlPort
    guard let span = port.span, port.value.external > 1023 else { return nil }
    return diagnostic("clients have to be told the control port \(port.value.external)", at: span)
  }
}
