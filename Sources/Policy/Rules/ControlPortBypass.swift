import Addressing
package import Diagnostics

/// Clients can dial the server's own control port and pass by what the publication asks of them.
package struct ControlPortBypass: PolicyRule {
  package init() {}

  package let page = RulePage(
    .warning, "control-port-bypass", "the server's own control port can be dialled past `allow` and `limit`",
    explanation: """
      With `control port N -> M`, clients dial N and the server listens on M. Where the server's address is \
      not translated, because it is routed or is the firewall host itself, clients can dial M as well, and \
      `allow`, `deny` and `limit` look at connections to N alone. Whether M can be reached is decided by the \
      other rules of the firewall.
      """,
    bad: """
      publish files {
          server         local pure-ftpd
          external ip    203.0.113.10
          control port   2121 -> 21
          passive range  61000-61399
          tls            explicit required
          allow          198.51.100.0/24
      }
      """,
    good: """
      publish files {
          server         local pure-ftpd
          external ip    203.0.113.10
          control port   2121
          passive range  61000-61399
          tls            explicit required
          allow          198.51.100.0/24
      }
      """)

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var dialled: [GatewayAddress: Set<UInt16>] = [:]
    for group in context.sharedExternalAddresses {
      guard let first = group.first, !first.isDialled else { continue }
      dialled[first.place] = Set(group.map(\.published.publication.controlPort.value.external))
    }
    return context.published.flatMap { published -> [Diagnostic] in
      let publication = published.publication
      let port = publication.controlPort.value
      guard port.isTranslated, !publication.admitsEveryone || !publication.limits.isEmpty,
        let span = publication.controlPort.span
      else { return [] }
      return published.endpoints.compactMap { endpoint in
        let use = PublishedEndpoint(published: published, endpoint: endpoint)
        guard endpoint.reach != .translated, dialled[use.place]?.contains(port.server) != true else { return nil }
        return diagnostic(
          "clients can dial port \(port.server) of `\(published.name)` past `allow` and `limit`",
          at: span, related: .place(published.server.local, "the server is the firewall host"),
          help: "write `control port \(port.external)` and let the server listen there, or keep port "
            + "\(port.server) closed by other rules")
      }
    }
  }
}
