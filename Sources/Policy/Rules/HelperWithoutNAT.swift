import Addressing
package import Diagnostics

/// The helper where no address is translated.
package struct HelperWithoutNAT: PublishedRule {
  package init() {}

  package let page = RulePage(
    .warning, "helper-without-nat", "the helper can stall control connections where nothing is translated",
    explanation: """
      An expectation of the helper lives on after the client went away. When the server then names the same \
      port to the same client, the kernel cannot add a second expectation: behind NAT it takes another port, \
      and without NAT it drops the reply, so the control connection stalls for good. With a static passive \
      range nothing is expected.
      """,
    failureModes: ["F54"],
    bad: """
      publish files {
          server       192.0.2.20 proftpd
          external ip  192.0.2.20
          tls          off
          helper       on
          allow        198.51.100.0/24
      }
      """,
    good: """
      publish files {
          server         192.0.2.20 proftpd
          external ip    192.0.2.20
          passive range  50000-50399
          tls            off
          allow          198.51.100.0/24
      }
      """)

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    let publication = published.publication
    let isReadable = publication.tls.value.allowsPlain || publication.clearControl != nil
    guard publication.helper.value, isReadable,
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
