import Addressing
package import Diagnostics

/// Two publications want the data connections of one server to leave with different addresses.
package struct ActiveSourceConflict: PolicyRule {
  package init() {}

  package let code = "active-source-conflict"
  package let severity = Severity.error

  private struct Source: Hashable {
    var host: GatewayAddress
    var port: UInt16
  }

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var firsts: [Source: (published: Published, external: IPAddress)] = [:]
    var reported: Set<Int> = []
    var diagnostics: [Diagnostic] = []
    for published in context.published where published.opensActiveData {
      guard let port = published.activePort else { continue }
      for endpoint in published.endpoints where endpoint.reach == .translated {
        let host = GatewayAddress(gateway: published.publication.gateway, address: endpoint.server)
        let source = Source(host: host, port: port)
        let external = endpoint.arrival
        guard let first = firsts[source] else {
          firsts[source] = (published, external)
          continue
        }
        guard first.external != external, reported.insert(published.position).inserted else { continue }
        diagnostics.append(
          diagnostic(
            "active data connections from \(endpoint.server) port \(port) leave as \(first.external) for "
              + "`\(first.published.name)`, and cannot leave as \(external) too",
            at: published.publication.activeSpan,
            related: [
              Label(first.published.publication.activeSpan, "`\(first.published.name)` has active mode too")
            ],
            help: "write `active off` for one of them, or publish both at one external address"))
      }
    }
    return diagnostics
  }
}
