package import Diagnostics
import PolicySyntax

/// `active off`, and the server does not care.
package struct ActiveNotEnforcedByServer: PolicyRule {
  package init() {}

  package let page = RulePage(
    .warning, "active-not-enforced-by-server", "the server cannot be told to refuse active mode",
    explanation: """
      Pure-FTPd has no setting against PORT and EPRT, and for IIS none is known to work. There `active off` \
      is enforced by the gateway alone, which drops new connections from the server's data port: enough \
      where every path to clients leads through the gateway, and where no other publication of that server \
      has active mode. FileZilla Server opens data connections from any port and to any address, so the \
      gateway cannot know them either.
      """,
    failureModes: ["F32", "F33"],
    bad: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          active         off
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          active         off
      }
      """)

  package func check(_ context: RuleContext) -> [Diagnostic] {
    // The first publication with active mode on each machine.
    var active: [Int: Published] = [:]
    for published in context.published where published.publication.active.value && active[published.machine] == nil {
      active[published.machine] = published
    }
    return context.published.compactMap { published in
      let publication = published.publication
      guard !publication.active.value, !publication.cannotTell(.active), let software = published.software,
        !software.facts.canRefuseActive, software.facts.isKnown
      else { return nil }
      return finding(published, software, active: active[published.machine])
    }
  }

  /// A default that the gateway enforces is not worth a warning.
  private func finding(_ published: Published, _ software: SoftwareKind, active: Published?) -> Diagnostic? {
    let publication = published.publication
    let program: [Label] = .place(published.server.software?.span, "")
    if published.activePort == nil {
      return diagnostic(
        "\(software.title) accepts every PORT and EPRT command and opens data connections from any port, so "
          + "nothing keeps active mode off",
        at: publication.activeSpan, related: program,
        help: "let the firewall's other rules keep the server from opening connections to the outside")
    }
    guard let span = publication.active.span else { return nil }
    if let active {
      return diagnostic(
        "\(software.title) cannot refuse active mode, and the gateway lets it pass for `\(active.name)`",
        at: span,
        related: [Label(active.publication.activeSpan, "the same server has active mode here")],
        help: "write `active off` there too")
    }
    return diagnostic(
      "\(software.title) cannot be told to refuse PORT and EPRT, so the gateway alone keeps active mode off",
      at: span, related: program,
      help: "nothing to do where every path to clients leads through the gateway")
  }
}
