import Addressing
package import Diagnostics

/// Clients can dial the server's own control port and pass by what the publication asks of them.
package struct ControlPortBypass: PolicyRule {
  package init() {}

  package let code = "control-port-bypass"
  package let severity = Severity.warning

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
