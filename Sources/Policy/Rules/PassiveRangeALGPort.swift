import Addressing
package import Diagnostics

/// A passive range holds ports that boxes on the way treat as something else.
package struct PassiveRangeALGPort: PublicationRule {
  package init() {}

  package let code = "passive-range-alg-port"
  package let severity = Severity.warning

  /// Ports with conntrack helpers in Linux or application gateways in routers, or blocked by providers.
  private static let known: [(port: UInt16, protocol: String)] = [
    (1720, "H.323"), (1723, "PPTP"), (2000, "SCCP"), (3306, "MySQL"), (5060, "SIP"), (5061, "SIP"),
    (6667, "IRC"),
  ]

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard let range = publication.passiveRange else { return nil }
    let isReach = context.policy.isOutbound
    // `reach-range-any` says more.
    guard !isReach || range.value != ReachedRange.all else { return nil }
    var ports = Self.known.filter { range.value.contains($0.port) }.map { "\($0.port) (\($0.protocol))" }
    let software = context.policy.server(of: publication)?.software?.value.kind
    if let software, let port = software.facts.adminPort, range.value.contains(port) {
      ports.append("\(port) (administration of \(software.title))")
    }
    guard !ports.isEmpty else { return nil }
    let high = 50000 + range.value.count - 1
    let isOne = ports.count == 1
    return diagnostic(
      "passive range `\(range.value)` holds \(isOne ? "port" : "ports") \(joined(ports)), which "
        + "\(isOne ? "is" : "are") taken for another protocol",
      at: range.span,
      help: isReach
        ? "ask the other side for a range without them: a box on the way may look into these connections"
        : high <= 65535
          ? "choose a range without them, for example `50000-\(high)`" : "choose a range without them")
  }
}
