import Addressing
package import Diagnostics

/// A control port lies inside a passive range.
package struct ControlPortInPassiveRange: PolicyRule {
  package init() {}

  package let code = "control-port-in-passive-range"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var reported: Set<Int> = []
    var diagnostics: [Diagnostic] = []
    func report(_ published: Published, _ port: UInt16, in claim: RangeClaim, _ what: String) {
      guard reported.insert(published.position).inserted else { return }
      let owner =
        claim.published.position == published.position ? "its own" : "the one of `\(claim.published.name)`"
      diagnostics.append(
        diagnostic(
          "\(what) \(port) of `\(published.name)` lies inside a passive range, \(owner)",
          at: published.publication.controlSpan,
          related: [Label(claim.range.span, "`\(claim.range.value)` holds port \(port)")],
          help: "move the control port or the range, so that they have no port in common"))
    }
    func look(_ group: some Collection<Published>, _ what: String, _ port: (ControlPort) -> UInt16) {
      let lookup = RangeLookup(group.compactMap { RangeClaim($0, owner: 0) })
      for published in group {
        let port = port(published.publication.controlPort.value)
        if let claim = lookup.claim(holding: port) { report(published, port, in: claim, what) }
      }
    }
    // Most publications are alone, and their own two ports and range are all there is.
    for published in context.published {
      guard let claim = RangeClaim(published, owner: 0) else { continue }
      let port = published.publication.controlPort.value
      if claim.range.value.contains(port.external) {
        report(published, port.external, in: claim, "control port")
      } else if claim.range.value.contains(port.server) {
        report(published, port.server, in: claim, "the server's control port")
      }
    }
    for group in context.sharedExternalAddresses {
      look(group.map(\.published), "control port", \.external)
    }
    for group in context.sharedMachines {
      look(group, "the server's control port", \.server)
    }
    return diagnostics
  }
}
