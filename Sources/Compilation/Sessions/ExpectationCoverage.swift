import Addressing
package import Diagnostics
import FTPSession
package import Policy
import PolicySyntax

/// What of a policy no expectation speaks of.
package struct ExpectationCoverage: Sendable {
  /// Something of which nothing is expected.
  package struct Gap: Hashable, Sendable {
    /// The publication or the `reach`.
    package var name: String
    /// The statement, or the declaration.
    package var span: SourceSpan
    /// What nobody speaks of, for example `explicit TLS PASV and EPSV over IPv4 of strangers`.
    package var message: String
  }

  /// In the order of the text; of each publication statements first, then sessions.
  package let gaps: [Gap]

  package init(_ policy: Policy) {
    var statements: [Expectation.Subject: [ExpectedSessions]] = [:]
    for expectation in policy.expectations {
      if let subject = expectation.subject { statements[subject, default: []] += expectation.statements }
    }
    let publications = policy.publications.enumerated().map { position, publication in
      (publication, Expectation.Subject.publication(position))
    }
    let reaches = policy.reaches.enumerated().compactMap { position, reach in
      reach.accesses.first.map { ($0, Expectation.Subject.reach(position)) }
    }
    gaps = (publications + reaches).flatMap { access, subject in
      Self.gaps(of: access, statements[subject] ?? [], isReach: subject.isReach, policy)
    }
  }

  private static func gaps(
    of access: Publication, _ statements: [ExpectedSessions], isReach: Bool, _ policy: Policy
  ) -> [Gap] {
    func gap(_ message: String, _ span: SourceSpan) -> Gap {
      Gap(name: access.name.value, span: span, message: message)
    }
    guard !statements.isEmpty else { return [gap("there is no expectation", access.header)] }
    let clients = statements.map { policy.clients(of: $0, access) }
    let lists = [("allow", access.allow), ("deny", access.deny)].flatMap { word, terms in
      terms.filter { term in
        let own = policy.addresses(of: term)
        return !clients.contains { $0.map { !$0.intersection(own).isEmpty } ?? false }
      }.map { gap("no expectation speaks of these clients of `\(word)`", $0.span) }
    }
    return lists + sessions(access, statements, clients, isReach: isReach, policy).map { gap($0, access.header) }
  }

  /// The kinds of sessions of which nobody speaks, those of one kind of client and one use of TLS together.
  private static func sessions(
    _ access: Publication, _ statements: [ExpectedSessions], _ clients: [AddressSet?], isReach: Bool, _ policy: Policy
  ) -> [String] {
    let admitted = policy.admittedClients(of: access)
    let families = AddressFamily.allCases.filter { family in
      isReach
        ? access.externalAddresses.contains { $0.family == family }
        : policy.endpoints(of: access).contains { $0.family == family }
    }
    let places = ClientPlace.allCases.filter { place in
      switch place {
      case .allowed: true
      case .stranger: families.contains { !AddressSet.any.subtracting(admitted).ranges($0).isEmpty }
      case .inside: access.hairpin.value
      }
    }
    return places.flatMap { place in
      families.flatMap { family -> [String] in
        let speaking = zip(statements, clients).filter { statement, set in
          guard statement.isOver(family) else { return false }
          guard let set else { return place == .inside }
          let part = place == .allowed ? set.intersection(admitted) : set.subtracting(admitted)
          return place != .inside && !part.ranges(family).isEmpty
        }
        let who = "over \(family.title) of \(place.title(isReach: isReach))"
        guard !speaking.isEmpty else { return ["no expectation speaks of sessions \(who)"] }
        return Encryption.allCases.flatMap { encryption -> [String] in
          var (none, some): ([String], [String]) = ([], [])
          for mode in DataMode.allCases where family == .ipv4 || mode.hasIPv6Form {
            let spoken = speaking.filter { statement, _ in statement.isOf(encryption, mode) }
            if spoken.isEmpty {
              none.append(mode.command)
            } else if place == .allowed,
              // Whoever is not admitted, nobody can list.
              !admitted.subtracting(AddressSet(unionOf: spoken.compactMap(\.1))).ranges(family).isEmpty
            {
              some.append(mode.command)
            }
          }
          func sentence(_ modes: [String], _ begin: String, _ who: String) -> [String] {
            modes.isEmpty ? [] : ["\(begin) \(encryption.title) \(modes.joined(separator: ", ")) \(who)"]
          }
          return sentence(none, "no expectation speaks of", who)
            + sentence(some, "expectations speak of", "\(who) for some of them alone")
        }
      }
    }
  }
}

extension Expectation.Subject {
  fileprivate var isReach: Bool { if case .reach = self { true } else { false } }
}
