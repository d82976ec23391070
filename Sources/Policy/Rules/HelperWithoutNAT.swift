import Addressing
package import Diagnostics

/// The helper where no address is translated.
package struct HelperWithoutNAT: PublishedRule {
  package init() {}

  package let code = "helper-without-nat"
  package let severity = Severity.warning

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    let publication = published.publication
    let isReadable = publication.tls.value.allowsPlain || publication.clearControl != nil
    guard publication.helper.value, isReadable, context.policy.gatewayFacts(of: publication).hasHelperOfLinux,
      let endpoint = published.endpoints.first(where: { $0.reach != .translated })
    else { return nil }
    let place = endpoint.reach == .local ? "the server is the firewall host" : "the server's own address"
    return diagnostic(
      "without address translation the helper drops a reply that names a port it still expects, and the "
        + "control connection stalls",
      at: publication.helperSpan, related: [Label(published.server.local ?? endpoint.external.arrival.span, place)],
      help: publication.passiveRange == nil
        ? "write `passive range 50000-50399` in place of `helper on`"
        : publication.active.value
          ? "write `helper off` where active mode can do without" : "write `helper off`")
  }
}
