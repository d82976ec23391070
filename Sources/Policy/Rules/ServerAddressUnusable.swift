import Addressing
package import Diagnostics

/// A server address that the gateway cannot send packets to.
package struct ServerAddressUnusable: PolicyRule {
  package init() {}

  package let code = "server-address-unusable"
  package let severity = Severity.error

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
