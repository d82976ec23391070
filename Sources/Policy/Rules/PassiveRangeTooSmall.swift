import Addressing
package import Diagnostics
import PolicySyntax

/// Ports that one client may keep busy: a widespread client transfers up to ten files at once (its settings allow 1 to
/// 10), and a port stays busy for a while after its transfer, so each of them needs two.
private let portsOfOneClient = 20

/// Fewer passive ports than twice the sessions.
package struct PassiveRangeTooSmall: PublishedRule {
  package init() {}

  package let page = RulePage(
    .warning, "passive-range-too-small", "the passive range has less than two ports for every session",
    explanation: """
      A port stays busy for a while after its transfer, and clients open several at once, so a range needs \
      two ports for every session. Where nothing limits the sessions, no range is certainly large enough, and one of fewer \
      than 20 ports is exhausted by a single client with ten transfers at once. What happens otherwise depends on the program: Pure-FTPd silently admits \
      half as many clients as the range has ports; ProFTPD takes a port outside the range, which the \
      firewall drops; vsftpd ends the session; FileZilla Server answers 425.
      """,
    failureModes: ["F28", "F29", "F30"],
    bad: """
      server files {
          address      10.10.20.200
          software     proftpd
          max clients  200
      }

      publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50099
          tls            explicit required
      }
      """,
    good: """
      server files {
          address      10.10.20.200
          software     proftpd
          max clients  200
      }

      publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """)

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
