package import Diagnostics

/// One control port of one external address is published twice.
package struct ControlPortConflict: PolicyRule {
  package init() {}

  package let code = "control-port-conflict"
  package let severity = Severity.error

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
