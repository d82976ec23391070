package import Addressing
package import Diagnostics
import PolicySyntax

/// A statement of an `expect` block that no session can match.
package struct ExpectationEmpty: PolicyRule {
  package init() {}

  package let code = "expectation-empty"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    let policy = context.policy
    return policy.expectations.flatMap { expectation in
      let families = policy.families(of: expectation)
      return families.isEmpty
        ? [] : expectation.statements.compactMap { check($0, of: expectation, families, policy) }
    }
  }

  private func check(
    _ statement: ExpectedSessions, of expectation: Expectation, _ families: Set<AddressFamily>, _ policy: Policy
  ) -> Diagnostic? {
    let name = expectation.name.value
    func finding(_ reason: String, at span: SourceSpan?, help: String) -> Diagnostic {
      diagnostic("the statement speaks of no session: \(reason)", at: span ?? statement.span, help: help)
    }
    if let family = statement.family, !families.contains(family.value) {
      return finding(
        "`\(name)` has no \(family.value.title) address", at: family.span,
        help: "leave `over` out, or give both sides an address of that family")
    }
    let left = families.filter { statement.family?.value ?? $0 == $0 && statement.mode.canBe(over: $0) }
    if left.isEmpty, let mode = statement.mode {
      return finding(
        "\(mode.rawValue.uppercased()) has no form for IPv6", at: nil,
        help: "over IPv6 clients use `\(mode == .port ? "eprt" : "epsv")` (RFC 2428)")
    }
    guard !statement.isOfInside else {
      guard case .reach = expectation.subject else { return nil }
      return finding(
        "the users of a `reach` are behind its gateway anyhow", at: statement.clientsSpan,
        help: "name users by their addresses, or leave `from` out")
    }
    let sets = policy.accesses(of: expectation).compactMap { policy.clients(of: statement, $0) }
    guard sets.allSatisfy({ set in left.allSatisfy { set.ranges($0).isEmpty } }) else { return nil }
    // A list that was reported as wrong has no addresses for that reason.
    guard !statement.isUnknown(in: policy) else { return nil }
    return finding(
      statement.clientsSpan == nil ? "`\(name)` admits nobody" : "there is no such client of \(titles(left))",
      at: statement.clientsSpan,
      help: statement.clientsSpan == nil
        ? "`allow` and `deny` leave no client" : "name clients with addresses of a family that `\(name)` has")
  }

  private func titles(_ families: Set<AddressFamily>) -> String {
    AddressFamily.allCases.filter(families.contains).map(\.title).joined(separator: " or ")
  }
}

extension Policy {
  /// The families in which there are sessions; none where that is not known.
  package func families(of expectation: Expectation) -> Set<AddressFamily> {
    switch expectation.subject {
    case .publication: Set(accesses(of: expectation).flatMap { endpoints(of: $0).map(\.family) })
    case .reach: Set(accesses(of: expectation).flatMap { $0.externalAddresses.map(\.family) })
    case nil: []
    }
  }
}

extension ExpectedMode? {
  /// Whether such a mode, or any, can be used over a family.
  fileprivate func canBe(over family: AddressFamily) -> Bool { family == .ipv4 || self?.hasIPv6Form != false }
}

extension ExpectedSessions {
  fileprivate var isOfInside: Bool { if case .inside = clients { true } else { false } }

  /// Whether it names a list of which nothing is known.
  fileprivate func isUnknown(in policy: Policy) -> Bool {
    guard case .listed(let terms) = clients else { return false }
    return terms.contains { term in
      guard case .list(let index) = term.kind else { return false }
      return !policy.clientLists.indices.contains(index) || policy.clientLists[index].terms.isEmpty
    }
  }
}
