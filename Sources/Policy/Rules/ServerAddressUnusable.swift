import Addressing
package import Diagnostics

/// A server address that the gateway cannot send packets to.
package struct ServerAddressUnusable: PolicyRule {
  package init() {}

  package let page = RulePage(
    .error, "server-address-unusable", "the gateway cannot reach the server's address",
    explanation: """
      Connections are sent on to the server's address. A loopback address leads to the gateway itself, and \
      the kernel drops what was translated to it; no packet can be sent to the others. For a server on the \
      firewall host there is `address local`.
      """,
    bad: """
      publish files {
          server         127.0.0.1 pure-ftpd
          external ip    203.0.113.10
          passive range  61000-61399
          tls            explicit required
      }
      """,
    good: """
      publish files {
          server         local pure-ftpd
          external ip    203.0.113.10
          passive range  61000-61399
          tls            explicit required
      }
      """)

  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.policy.servers.lazy.flatMap(\.addresses).compactMap { address in
      guard let reason = address.value.unusableReason else { return nil }
      // A link that has IPv4 link-local addresses can be a gateway's own.
      if address.value.family == .ipv4, address.value.scope == .linkLocal { return nil }
      let isLoopback = address.value.scope == .loopback
      return diagnostic(
        "server address `\(address.value)` is \(reason)", at: address.span,
        help: isLoopback
          ? "write `local` for a server on the firewall host"
          : "write the address on which the server listens")
    }
  }
}
