import Addressing
package import Diagnostics

/// Lists of clients that would make the rules grow with the product of publications and clients.
///
/// What publications have in common is kept once. What differs between them, by one `deny` and be it one address, is
/// not: 3,000 publications with 3,000 clients each would be nine million elements, some 400 MB of script.
package struct TooManyClients: PolicyRule {
  /// How many ranges of clients the publications of a policy may have together.
  private let most: Int

  /// - Parameter most: A table with a million elements takes nft 1.0.6 some ten seconds and half a gigabyte.
  package init(most: Int = 1_000_000) { self.most = most }

  package let code = "too-many-clients"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    let policy = context.policy
    let restricted = policy.publications.lazy.filter { !$0.admitsEveryone }
    // Nearly every policy is far below the limit even when each list is counted for each publication.
    let bound = restricted.reduce(0) { $0 + $1.places * (policy.mostRanges($1.allow) + policy.mostRanges($1.deny)) }
    guard bound > most else { return [] }
    var lists: Set<AddressSet> = []
    var statements: Set<[ClientTerm.Kind]> = []
    var count = 0
    for publication in restricted {
      count += publication.places
      // What is written alike is the same list, and need not be made to be compared.
      if statements.insert(publication.allow.map(\.kind) + [.any] + publication.deny.map(\.kind)).inserted {
        let admitted = policy.admittedClients(of: publication)
        if lists.insert(admitted).inserted { count += admitted.rangeCount }
        if publication.hairpin.value { count += policy.deniedClients(of: publication).rangeCount }
      }
      if count > most { return [finding(publication, of: policy.isOutbound ? "users of all `reach` blocks" : nil)] }
    }
    return []
  }

  private func finding(_ publication: Publication, of users: String?) -> Diagnostic {
    diagnostic(
      "with `\(publication.name.value)` the \(users ?? "clients of all publications") are more than \(most) ranges of addresses",
      at: publication.deny.first?.span ?? publication.allow.first?.span ?? publication.header,
      help:
        "give \(users == nil ? "publications" : "them") one list in common: such a list is kept once, and one that differs by a `deny` is another"
    )
  }
}

extension Publication {
  /// At how many places of the rules its clients are asked for: its control port and its passive range at each address.
  fileprivate var places: Int { 2 * max(1, externalAddresses.count) }
}

extension Policy {
  /// How many ranges some terms are at most together.
  fileprivate func mostRanges(_ terms: [ClientTerm]) -> Int {
    terms.reduce(0) { sum, term in
      guard case .list(let index) = term.kind, clientLists.indices.contains(index) else { return sum + 1 }
      return sum + clientLists[index].addresses.rangeCount
    }
  }
}
