import Addressing
package import Diagnostics
import PolicySyntax

/// Clients beside the server are allowed, and cannot get in.
package struct LANClientsWithoutHairpin: PolicyRule {
  package init() {}

  package let code = "lan-clients-without-hairpin"
  package let severity = Severity.warning

  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.published.flatMap { published -> [Diagnostic] in
      let publication = published.publication
      guard !publication.hairpin.value, !publication.cannotTell(.hairpin),
        publication.allow.contains(where: isNetwork)
      else { return [] }
      return publication.allow.compactMap { term in
        guard isNetwork(term), let server = published.translatedServer(where: { context.policy.contains(term, $0) })
        else { return nil }
        if published.server.isGateway { return betweenGateways(term, server, in: context.policy) }
        return diagnostic(
          "`\(context.policy.text(of: term))` holds the server's own address \(server), and clients beside "
            + "the server cannot use the external address without `hairpin on`",
          at: term.span, related: [Label(published.server.header)],
          help: "add `hairpin on`, or lead them to the server's own address and take them out here")
      }
    }
  }

  /// Clients between two gateways have no way in.
  private func betweenGateways(_ term: ClientTerm, _ next: IPAddress, in policy: Policy) -> Diagnostic {
    diagnostic(
      "`\(policy.text(of: term))` holds \(next), the address of the next gateway, and clients between two gateways cannot "
        + "use the external address", at: term.span,
      help: "publish for them on the inner gateway alone, or take them out here")
  }

  /// Whether an entry is less than a whole family.
  private func isNetwork(_ term: ClientTerm) -> Bool {
    switch term.kind {
    case .any: false
    case .prefix(let prefix): prefix.length > 0
    case .list: true
    }
  }
}

extension Published {
  /// The first address of the server behind a translated one that meets a condition.
  fileprivate func translatedServer(where condition: (IPAddress) -> Bool) -> IPAddress? {
    endpoints.first { $0.reach == .translated && condition($0.server) }?.server
  }
}
