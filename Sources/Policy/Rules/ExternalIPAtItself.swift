package import Diagnostics

/// An external address that arrives as itself.
package struct ExternalIPAtItself: PolicyRule {
  package init() {}

  package let code = "external-ip-at-itself"
  package let severity = Severity.warning

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var seen: Set<SourceSpan> = []
    let all =
      context.policy.gateways.flatMap(\.externalAddresses) + context.policy.publications.flatMap(\.externalAddresses)
    return all.compactMap { address in
      guard let at = address.atItself, seen.insert(at.span).inserted else { return nil }
      let text = "`external ip \(address.dialled.value) at \(at.value)` says the same address twice"
      let end = SourceSpan(
        file: at.span.file, address.dialled.span.range.upperBound..<at.span.range.upperBound)
      return diagnostic(
        text, at: at.span,
        help:
          "after `at` stands the address to which a box before the gateway translates; leave it out where there is "
          + "none",
        fixes: [.replace(end, with: "", "remove `at \(at.value)`")])
    }
  }
}
