import Addressing
package import Diagnostics

/// Two publications want the data connections of one server to leave with different addresses.
package struct ActiveSourceConflict: PolicyRule {
  package init() {}

  package let page = RulePage(
    .error, "active-source-conflict", "active data connections of one server cannot leave with two addresses",
    explanation: """
      In active mode without the helper's help the server opens the data connection, and the gateway gives \
      it the address that the client dialled. It knows such a connection by the server's address and source \
      port alone, so one server and source port can have one external address in each family.
      """,
    failureModes: ["F33", "F44"],
    bad: """
      server files {
          address   10.10.20.200
          software  vsftpd
      }

      publish files-a {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          active         on
      }

      publish files-b {
          server         files
          external ip    203.0.113.11
          control port   21 -> 2121
          passive range  50000-50399
          tls            explicit required
          active         on
      }
      """,
    good: """
      server files {
          address   10.10.20.200
          software  vsftpd
      }

      publish files-a {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          active         on
      }

      publish files-b {
          server         files
          external ip    203.0.113.10
          control port   2121
          passive range  50000-50399
          tls            explicit required
          active         on
      }
      """)

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
