package import Diagnostics

/// `source gateway` for a server on the gateway.
package struct SourceGatewayOnLocalServer: PublishedRule {
  package init() {}

  package let code = "source-gateway-on-local-server"
  package let severity = Severity.error

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
