package import Diagnostics

/// `source gateway` takes the clients' addresses away from the server.
package struct SourceGatewayHidesClients: PublishedRule {
  package init() {}

  package let code = "source-gateway-hides-clients"
  package let severity = Severity.warning

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
