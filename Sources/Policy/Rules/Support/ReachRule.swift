import Addressing
package import Diagnostics
import PolicySyntax

/// A rule that looks at one `reach` at a time.
package protocol ReachRule: PolicyRule {
  /// What it finds in one.
  func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic]
}

extension ReachRule {
  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.policy.reaches.flatMap { check($0, in: context) }
  }
}

extension Outreach {
  /// Whether one of these statements was reported as wrong, so that nothing is known about what it sets.
  func cannotTell(_ words: ReachWord...) -> Bool { words.contains(where: unreadable.contains) }

  /// What all of its accesses have in common; `nil` where nothing says what users dial.
  var access: Publication? { accesses.first }

  /// The addresses that users dial.
  var dialled: [Located<IPAddress>] { accesses.flatMap { $0.externalAddresses.map(\.dialled) } }

  /// The families in which users dial something.
  var families: [AddressFamily] {
    AddressFamily.allCases.filter { family in dialled.contains { $0.value.family == family } }
  }
}
