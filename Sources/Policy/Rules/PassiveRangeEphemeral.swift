import Addressing
package import Diagnostics

/// A server on the firewall host shares its passive range with the host's outgoing connections.
package struct PassiveRangeEphemeral: PublishedRule {
  package init() {}

  package let code = "passive-range-ephemeral"
  package let severity = Severity.warning

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    let facts = context.policy.gatewayFacts(of: published.publication)
    guard let place = published.server.local ?? (facts.isServerHost ? published.server.header : nil),
      let range = published.publication.passiveRange, let outgoing = facts.outgoingPorts,
      outgoing.range.overlaps(range.value.low...range.value.high)
    else { return nil }
    let ports = "\(outgoing.range.lowerBound)-\(outgoing.range.upperBound)"
    return diagnostic(
      "passive range `\(range.value)` overlaps ports \(ports), from which the firewall host's outgoing "
        + "connections take theirs",
      at: range.span, related: [Label(place, "the server is the firewall host")],
      help: Self.otherRange(range.value.count, outgoing.range)
        + ", or reserve it with `\(outgoing.reservation)`")
  }

  /// The nearest range of that many ports beside those: above them, or else below.
  private static func otherRange(_ count: Int, _ outgoing: ClosedRange<UInt16>) -> String {
    let (low, high) = (Int(outgoing.lowerBound), Int(outgoing.upperBound))
    if high + count <= 65535 { return "write `passive range \(high + 1)-\(high + count)`" }
    // Ports below 1024 are those of services.
    if low - count >= 1024 { return "write `passive range \(low - count)-\(low - 1)`" }
    return "choose a smaller range beside them"
  }
}
