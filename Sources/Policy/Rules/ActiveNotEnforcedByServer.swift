package import Diagnostics
import PolicySyntax

/// `active off`, and the server does not care.
package struct ActiveNotEnforcedByServer: PolicyRule {
  package init() {}

  package let code = "active-not-enforced-by-server"
  package let severity = Severity.warning

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
      "\(software.title) cannot be told to refuse PORT and EPRT, so it is left to the gateway to keep active mode off",
      at: span, related: program,
      help: "nothing to do where every path to clients leads through the gateway, and its rules drop such connections"
    )
  }
}
