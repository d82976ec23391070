import Addressing
package import Diagnostics
import PolicySyntax

/// A server that is not beyond the gateway, or has an address that nobody can dial.
package struct ReachServerUnusable: PolicyRule {
  package init() {}

  package let code = "reach-server-unusable"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    let policy = context.policy
    guard !policy.reaches.isEmpty else { return [] }
    var published: [GatewayAddress: Publication] = [:]
    for one in context.published {
      for address in one.endpoints.flatMap({ [$0.dialled, $0.arrival, $0.server] }) {
        let place = GatewayAddress(gateway: one.publication.gateway, address: address)
        published[place] = published[place] ?? one.publication
      }
    }
    // What a publication says is judged there.
    return policy.reaches.filter { $0.publication == nil }.flatMap { check($0, policy, published) }
  }

  private func check(
    _ reach: Outreach, _ policy: Policy, _ published: [GatewayAddress: Publication]
  ) -> [Diagnostic] {
    reach.servers.compactMap { server in
      if let reason = server.value.unusableReason {
        return diagnostic(
          "server address `\(server.value)` is \(reason)", at: server.span,
          help: "write the address that users dial")
      }
      let place = GatewayAddress(gateway: reach.gateway, address: server.value)
      return own(server, policy.gateway(at: reach.gateway), published[place])
    }
  }

  /// An address of the gateway itself, or of a server behind it.
  private func own(
    _ server: Located<IPAddress>, _ gateway: Gateway?, _ publication: Publication?
  ) -> Diagnostic? {
    let own = gateway?.externalAddresses.first { [$0.dialled.value, $0.arrival.value].contains(server.value) }
    if let own {
      return diagnostic(
        "`\(server.value)` is an address of the gateway itself", at: server.span,
        related: [Label(own.dialled.span, "its external address")],
        help: "clients inside use a publication there with `hairpin on`; a `reach` is for servers beyond the gateway")
    }
    return publication.map {
      diagnostic(
        "`\(server.value)` belongs to publication `\($0.name.value)` of the same gateway", at: server.span,
        related: [Label($0.header)],
        help: "clients inside use it with `hairpin on` in the publication; a `reach` is for servers beyond")
    }
  }
}
