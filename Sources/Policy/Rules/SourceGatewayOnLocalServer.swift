package import Diagnostics

/// `source gateway` for a server on the gateway.
package struct SourceGatewayOnLocalServer: PublishedRule {
  package init() {}

  package let page = RulePage(
    .error, "source-gateway-on-local-server",
    "a server on the firewall host always sees its clients' own addresses",
    explanation: """
      `source gateway` rewrites connections on their way out to the server. Connections to a server on the \
      firewall host never leave it, so nothing can be rewritten, and the server sees the clients.
      """,
    bad: """
      publish files {
          server         local pure-ftpd
          external ip    203.0.113.10
          passive range  61000-61399
          tls            explicit required
          source         gateway
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

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    guard let local = published.server.local, published.publication.source.value == .gateway,
      let span = published.publication.source.span
    else { return nil }
    return diagnostic(
      "a server on the firewall host sees its clients' own addresses, whatever the gateway rewrites",
      at: span,
      related: [Label(local, "the server is the firewall host")], help: "write `source keep`",
      fixes: [.replace(span, with: "source keep", "write `source keep`")])
  }
}
