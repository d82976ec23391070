import Addressing
package import Diagnostics

/// A server on the firewall host shares its passive range with the host's outgoing connections.
package struct PassiveRangeEphemeral: PublishedRule {
  package init() {}

  package let code = "passive-range-ephemeral"
  package let severity = Severity.warning

  /// The default of `net.ipv4.ip_local_port_range`.
  private static let ephemeral = PortRange(low: 32768, high: 60999)

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    guard let local = published.server.local, let range = published.publication.passiveRange,
      Self.ephemeral?.overlaps(range.value) == true
    else { return nil }
    let high = 61000 + range.value.count - 1
    return diagnostic(
      "passive range `\(range.value)` overlaps ports 32768-60999, from which the firewall host's outgoing "
        + "connections take theirs",
      at: range.span, related: [Label(local, "the server is the firewall host")],
      help: (high <= 65535 ? "write `passive range 61000-\(high)`" : "choose a range above 60999")
        + ", or reserve it with `net.ipv4.ip_local_reserved_ports`")
  }
}
