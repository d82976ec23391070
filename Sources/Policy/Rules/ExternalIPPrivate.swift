import Addressing
package import Diagnostics
import PolicySyntax

/// An external address that the Internet does not know.
package struct ExternalIPPrivate: PolicyRule {
  package init() {}

  package let code = "external-ip-private"
  package let severity = Severity.warning

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var seen: Set<SourceSpan> = []
    var inside = PrivateClients(policy: context.policy)
    var diagnostics: [Diagnostic] = []
    for published in context.published {
      for endpoint in published.endpoints where endpoint.reach != .routed {
        let external = endpoint.external.dialled
        guard external.value.scope == .privateUse, external.value.unusableReason == nil,
          !inside.areAll(published.publication, endpoint.family), seen.insert(external.span).inserted
        else { continue }
        let helper = published.publication.helper
        diagnostics.append(
          diagnostic(
            "`\(external.value)` is a private address, which clients on the Internet cannot dial",
            at: external.span,
            related: helper.value ? .place(helper.span, "writes this address into the 227 reply") : [],
            help: "write the outermost address, `external ip ADDRESS at \(endpoint.arrival)`, and translate the same "
              + "ports on the box before this one, or admit private addresses only"))
      }
    }
    return diagnostics
  }
}

/// Remembers which client lists hold private addresses only.
private struct PrivateClients {
  let policy: Policy
  private var known: [Int: [AddressFamily: Bool]] = [:]

  init(policy: Policy) { self.policy = policy }

  /// Whether every client that `allow` names has a private address.
  mutating func areAll(_ publication: Publication, _ family: AddressFamily) -> Bool {
    if publication.cannotTell(.allow) { return true }
    guard !publication.admitsEveryone, !publication.allow.isEmpty else { return false }
    return publication.allow.allSatisfy { isPrivate($0, family) }
  }

  private mutating func isPrivate(_ term: ClientTerm, _ family: AddressFamily) -> Bool {
    guard let first = policy.first(term, family) else { return true }
    guard AddressSet.privateUse.contains(first) else { return false }
    guard case .list(let index) = term.kind else {
      return AddressSet.privateUse.covers(policy.addresses(of: term), family)
    }
    if let answer = known[index]?[family] { return answer }
    let answer = AddressSet.privateUse.covers(policy.addresses(of: term), family)
    known[index, default: [:]][family] = answer
    return answer
  }
}
