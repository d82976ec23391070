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
    for published in context.published {
      let publication = published.publication
      guard !publication.allow.isEmpty || !publication.deny.isEmpty else { continue }
      let families = published.endpoints.map(\.family)
      diagnostics += check(publication, families, cannotTell: publication.cannotTell(.allow), context, &denials)
    }
    for reach in context.policy.reaches {
      guard let access = reach.access, !reach.allow.isEmpty || !reach.deny.isEmpty else { continue }
      diagnostics += check(
        access, reach.families, cannotTell: reach.cannotTell(.allow), context, &denials, isReach: true)
    }
    return diagnostics
  }

  /// - Parameters:
  ///   - families: Those in which clients dial something.
  ///   - isReach: Whether the clients are users of a `reach`, which says its lists as a publication.
  private func check(
    _ publication: Publication, _ families: [AddressFamily], cannotTell: Bool, _ context: RuleContext,
    _ denials: inout Denials, isReach: Bool = false
  ) -> [Diagnostic] {
    guard !families.isEmpty else { return [] }
    var diagnostics: [Diagnostic] = []
    for term in publication.allow {
      if families.allSatisfy({ context.policy.first(term, $0) == nil }) {
        // An empty list was reported as wrong.
        guard !context.policy.addresses(of: term).isEmpty else { continue }
        diagnostics.append(otherFamily(context.policy.text(of: term), term, publication, families, isReach))
      } else if denials.cover(term, publication.deny, families) {
        diagnostics.append(denied(context.policy.text(of: term), term, publication))
      }
    }
    guard publication.allow.isEmpty, !cannotTell, let first = publication.deny.first,
      denials.cover(ClientTerm(.any, first.span), publication.deny, families)
    else { return diagnostics }
    let whom = isReach ? "user that may use" : "client that may connect to"
    diagnostics.append(diagnostic("`deny` leaves no \(whom) `\(publication.name.value)`", at: first.span))
    return diagnostics
  }

  private func otherFamily(
    _ name: String, _ term: ClientTerm, _ publication: Publication, _ families: [AddressFamily], _ isReach: Bool
  ) -> Diagnostic {
    let titles = joined(families.map(\.title))
    return diagnostic(
      "`\(name)` holds no \(titles) address, and `\(publication.name.value)` is "
        + "\(isReach ? "reached" : "published") over nothing else",
      at: term.span, related: publication.externalAddresses.map { Label($0.dialled.span) },
      help: isReach
        ? "take it out, or name an address of the server in its family"
        : "take it out, or add an external address of its family")
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

  /// Whether `deny` takes away all of an entry in these families.
  mutating func cover(_ term: ClientTerm, _ deny: [ClientTerm], _ families: [AddressFamily]) -> Bool {
    guard !deny.isEmpty else { return false }
    // Most entries are not denied at all: their first address says so.
    for family in families {
      guard let first = policy.first(term, family) else { continue }
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
    return families.allSatisfy { union.covers(addresses, $0) }
  }
}
