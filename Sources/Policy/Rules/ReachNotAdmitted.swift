import Addressing
package import Diagnostics
import PolicySyntax

/// A `reach` of a publication that does not admit the addresses which it will see: the other end refuses.
package struct ReachNotAdmitted: ReachRule {
  package init() {}

  package let code = "reach-not-admitted"
  package let severity = Severity.error

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    let policy = context.policy
    guard let publication = policy.publication(of: reach), let access = reach.access,
      !publication.admitsEveryone, !publication.cannotTell(.allow, .deny), !reach.cannotTell(.allow, .deny, .source)
    else { return [] }
    let admitted = policy.admittedClients(of: publication)
    let users = policy.admittedClients(of: access)
    for family in reach.families {
      let seen: AddressSet
      if reach.source.value == .gateway {
        // Without one at the users' own gateway `reach-source-missing` says so. Those further out that have one put
        // theirs in its place.
        guard let gateway = reach.gateway, policy.gateway(at: gateway)?.external(family) != nil,
          let last = policy.path(to: gateway).lazy.compactMap({ policy.gateway(at: $0)?.external(family) }).first
        else { continue }
        seen = AddressSet([Prefix(last.dialled.value)])
      } else {
        seen = users
      }
      guard let refused = seen.subtracting(admitted).ranges(family).first?.lowerBound else { continue }
      return [finding(refused, of: reach, access, publication, in: policy)]
    }
    return []
  }

  private func finding(
    _ refused: IPAddress, of reach: Outreach, _ access: Publication, _ publication: Publication, in policy: Policy
  ) -> Diagnostic {
    let isGateway = reach.source.value == .gateway
    let user = access.admitsEveryone ? "which may be a user's" : "a user's"
    let whose = isGateway ? "the address of the gateway" : user
    let place = isGateway ? reach.source.span : reach.allow.first?.span
    let denial = publication.deny.first { policy.contains($0, refused) }
    let other =
      denial.map { [Label($0.span, "whom it keeps out")] }
      ?? publication.allow.prefix(3).map { Label($0.span, "whom it admits") }
    let wanted = reach.publication?.span ?? reach.header
    return diagnostic(
      "`\(publication.name.value)` does not admit `\(refused)`, \(whose), so it refuses sessions of "
        + "`\(reach.name.value)`",
      at: place ?? wanted, related: other,
      help: denial != nil
        ? "take it out of `deny` of `\(publication.name.value)`"
        : isGateway
          ? "add `\(refused)` to `allow` of `\(publication.name.value)`"
          : "add the users to `allow` of `\(publication.name.value)`, name fewer users here, or write `source gateway`"
    )
  }
}
