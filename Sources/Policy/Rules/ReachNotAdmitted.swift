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
        // Without one `reach-source-missing` says so.
        let own = policy.gateway(at: reach.gateway)?.externalAddresses.first { $0.family == family }
        guard let own else { continue }
        seen = AddressSet([Prefix(own.dialled.value)])
      } else {
        seen = users
      }
      guard let refused = seen.subtracting(admitted).ranges(family).first?.lowerBound else { continue }
      return [finding(refused, of: reach, access, publication)]
    }
    return []
  }

  private func finding(
    _ refused: IPAddress, of reach: Outreach, _ access: Publication, _ publication: Publication
  ) -> Diagnostic {
    let isGateway = reach.source.value == .gateway
    let user = access.admitsEveryone ? "which may be a user's" : "a user's"
    let whose = isGateway ? "the address of the gateway" : user
    let place = isGateway ? reach.source.span : reach.allow.first?.span
    let other = (publication.allow + publication.deny).prefix(3).map { Label($0.span, "whom it admits") }
    let wanted = reach.publication?.span ?? reach.header
    return diagnostic(
      "`\(publication.name.value)` does not admit `\(refused)`, \(whose), so it refuses sessions of "
        + "`\(reach.name.value)`",
      at: place ?? wanted, related: other,
      help: isGateway
        ? "add `\(refused)` to `allow` of `\(publication.name.value)`"
        : "add the users to `allow` of `\(publication.name.value)`, name fewer users here, or write `source gateway`")
  }
}
