import Addressing
package import Diagnostics
import PolicySyntax

/// An `allow` entry that lets nobody in.
package struct AllowNeverMatches: PolicyRule {
  package init() {}

  package let code = "allow-never-matches"
  package let severity = Severity.warning

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var denials = Denials(policy: context.policy)
    var diagnostics: [Diagnostic] = []
    // A `reach` has one for each of its servers.
    let together = context.policy.isOutbound ? Dictionary(grouping: context.published, by: \.name) : [:]
    for published in context.published {
      let publication = published.publication
      guard !publication.allow.isEmpty || !publication.deny.isEmpty else { continue }
      let all = together[published.name] ?? [published]
      guard all.first === published else { continue }
      let endpoints = all.flatMap(\.endpoints)
      guard !endpoints.isEmpty else { continue }
      for term in publication.allow {
        if endpoints.allSatisfy({ context.policy.first(term, $0.family) == nil }) {
          // An empty list was reported as wrong.
          guard !context.policy.addresses(of: term).isEmpty else { continue }
          diagnostics.append(otherFamily(term, published, endpoints, in: context.policy))
        } else if denials.cover(term, publication.deny, endpoints) {
          diagnostics.append(denied(context.policy.text(of: term), term, publication))
        }
      }
      guard publication.allow.isEmpty, !publication.cannotTell(.allow), let first = publication.deny.first,
        denials.cover(ClientTerm(.any, first.span), publication.deny, endpoints)
      else { continue }
      diagnostics.append(
        diagnostic(
          context.policy.isOutbound
            ? "`deny` leaves no user of `\(published.name)`"
            : "`deny` leaves no client that may connect to `\(published.name)`", at: first.span))
    }
    return diagnostics
  }

  private func otherFamily(
    _ term: ClientTerm, _ published: Published, _ endpoints: [Endpoint], in policy: Policy
  ) -> Diagnostic {
    let (name, isReach) = (policy.text(of: term), policy.isOutbound)
    let families = joined(
      AddressFamily.allCases.filter { family in endpoints.contains { $0.family == family } }.map(\.title))
    return diagnostic(
      "`\(name)` holds no \(families) address, and `\(published.name)` is \(isReach ? "reached" : "published") over nothing "
        + "else",
      at: term.span, related: endpoints.map { Label($0.external.dialled.span) },
      help: "take it out, or add \(isReach ? "a server" : "an external address") of its family")
  }

  private func denied(_ name: String, _ term: ClientTerm, _ publication: Publication) -> Diagnostic {
    diagnostic(
      "`\(name)` is denied as a whole, so allowing it lets nobody in", at: term.span,
      related: publication.deny.prefix(3).map { Label($0.span, "`deny` wins") },
      help: "take it out of one of the two lists")
  }
}

/// Answers whether a `deny` list takes away all of an entry, and remembers answers about lists that are
/// shared.
private struct Denials {
  let policy: Policy
  private var unions: [[ClientTerm.Kind]: AddressSet] = [:]

  init(policy: Policy) { self.policy = policy }

  /// Whether `deny` takes away all of an entry in the families of these endpoints.
  mutating func cover(_ term: ClientTerm, _ deny: [ClientTerm], _ endpoints: [Endpoint]) -> Bool {
    guard !deny.isEmpty else { return false }
    // Most entries are not denied at all: their first address says so.
    for endpoint in endpoints {
      guard let first = policy.first(term, endpoint.family) else { continue }
      guard deny.contains(where: { policy.contains($0, first) }) else { return false }
    }
    let addresses = policy.addresses(of: term)
    let kinds = deny.map(\.kind)
    let union: AddressSet
    if let known = unions[kinds] {
      union = known
    } else {
      let sets = deny.map(policy.addresses)
      union = sets.count == 1 ? sets.first ?? AddressSet() : AddressSet(unionOf: sets)
      unions[kinds] = union
    }
    return endpoints.allSatisfy { union.covers(addresses, $0.family) }
  }
}
