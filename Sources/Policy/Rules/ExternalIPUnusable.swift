import Addressing
package import Diagnostics

/// An external address that no client can dial.
package struct ExternalIPUnusable: PolicyRule {
  package init() {}

  package let page = RulePage(
    .error, "external-ip-unusable", "clients cannot dial the external address",
    explanation: """
      The server announces the external address in its 227 reply. With a loopback, unspecified, link-local, \
      multicast or reserved address, clients dial themselves or nobody, and the connection is refused at \
      once.
      """,
    failureModes: ["F03"],
    bad: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    127.0.0.1
          passive range  50000-50399
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
      """)

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
