import Addressing
package import Diagnostics

/// An external address that no client can dial.
package struct ExternalIPUnusable: PolicyRule {
  package init() {}

  package let code = "external-ip-unusable"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    for gateway in context.policy.gateways { look(at: gateway.externalAddresses, &diagnostics) }
    for publication in context.policy.publications { look(at: publication.externalAddresses, &diagnostics) }
    return diagnostics
  }

  private func look(at addresses: [ExternalAddress], _ diagnostics: inout [Diagnostic]) {
    for address in addresses.flatMap({ [$0.dialled] + ($0.at.map { [$0] } ?? []) }) {
      guard let reason = address.value.unusableReason else { continue }
      diagnostics.append(
        diagnostic(
          "external address `\(address.value)` is \(reason)", at: address.span,
          help: "write the address that clients dial, which the gateway or the server has"))
    }
  }
}
