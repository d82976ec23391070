import Addressing
package import Diagnostics
import PolicySyntax

/// Ports that one client may keep busy: a widespread client transfers up to ten files at once (its settings allow 1 to
/// 10), and a port stays busy for a while after its transfer, so each of them needs two.
private let portsOfOneClient = 20

/// Fewer passive ports than twice the sessions.
package struct PassiveRangeTooSmall: PublishedRule {
  package init() {}

  package let code = "passive-range-too-small"
  package let severity = Severity.warning

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    guard let range = published.publication.passiveRange else { return nil }
    // `passive-range-single-port` says more.
    if range.value.count == 1, published.software?.facts.singlePort != nil { return nil }
    guard let sessions = sessions(published) else { return checkWithoutLimit(published, range) }
    guard range.value.count < 2 * sessions.value else { return nil }
    let needed = 2 * sessions.value
    let high = Int(range.value.low) + needed - 1
    return diagnostic(
      "passive range `\(range.value)` has \(counted(range.value.count, "port")), and "
        + "\(counted(sessions.value, "session")) need 2 x \(sessions.value) = \(needed)",
      at: range.span, related: [Label(sessions.span, "\(counted(sessions.value, "session")) here")],
      notes: [consequence(published.software, range.value)],
      help: high <= 65535
        ? "write `passive range \(range.value.low)-\(high)` if these ports are free, or admit "
          + "\(range.value.count / 2) sessions"
        : "choose a range of \(needed) ports, or admit \(range.value.count / 2) sessions")
  }

  private func checkWithoutLimit(_ published: Published, _ range: Located<PortRange>) -> Diagnostic? {
    guard range.value.count < portsOfOneClient, !published.publication.cannotTell(.limit),
      !published.server.unreadable.contains(.maxClients)
    else { return nil }
    let high = Int(range.value.low) + 399
    return diagnostic(
      "passive range `\(range.value)` has \(counted(range.value.count, "port")), and nothing limits the sessions: one client "
        + "with ten transfers at once takes \(portsOfOneClient)",
      at: range.span, notes: [consequence(published.software, range.value)],
      help: (high <= 65535 ? "write for example `passive range \(range.value.low)-\(high)`" : "choose a larger range")
        + ", or limit the sessions to half the ports with `max clients \(max(1, range.value.count / 2))`")
  }

  /// The sessions that the server or the gateway admits, whichever is less; `nil` when nothing limits them.
  private func sessions(_ published: Published) -> Located<Int>? {
    let limits = published.publication.limits.compactMap { limit -> Located<Int>? in
      if case .sessions(let count) = limit.value { return Located(Int(count), limit.span) }
      return nil
    }
    let all = limits + (published.server.maxClients.map { [$0] } ?? [])
    return all.min { $0.value < $1.value }
  }

  private func consequence(_ software: SoftwareKind?, _ range: PortRange) -> String {
    (software?.facts ?? UnknownServer.self).exhaustion(of: range)
  }
}
