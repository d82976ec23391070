package import Diagnostics

/// `source gateway` takes the clients' addresses away from the server.
package struct SourceGatewayHidesClients: PublishedRule {
  package init() {}

  package let page = RulePage(
    .warning, "source-gateway-hides-clients", "the server sees one address for all clients",
    explanation: """
      With `source gateway` the server sees the gateway's address on every connection. Its log no longer \
      says who came, its own limits and bans hit all clients at once, and its check that control and data \
      come from one address lets every client take the data of every other. It is for servers whose way back \
      does not lead through the gateway; mending that route is better.
      """,
    failureModes: ["F15"],
    bad: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          source         gateway
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          source         keep
      }
      """)

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    guard published.publication.source.value == .gateway, !published.server.isLocal,
      let span = published.publication.source.span
    else { return nil }
    return diagnostic(
      "the server sees the gateway's address for every client: in its log, its limits and its bans",
      at: span,
      help: "write `source keep` where the server's answers go through the gateway anyway")
  }
}
