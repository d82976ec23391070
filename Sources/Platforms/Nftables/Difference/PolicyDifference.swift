package import Nftables
import Parallel

/// One thing in which the running table is not what the policy wants, in words.
package struct PolicyChange: Hashable, Sendable {
  /// From the running table to the wanted one; foreign is what is running and nobody asked for.
  package enum Kind: String, Sendable { case added, removed, changed, foreign }

  package var kind: Kind
  /// The publication that it concerns, where it concerns one.
  package var publication: String?
  /// One line, without final period, user text in backticks.
  package var summary: String
}

/// The running table against the wanted one.
package struct PolicyDifference: Sendable {
  /// Empty exactly when both have the same meaning.
  package let changes: [PolicyChange]
  /// Both tables in canonical form; `nil` for a table that is not running.
  private let running: Table?
  private let wanted: Table
  /// `nil` when no table is running.
  private let difference: Difference?

  /// The running table as text; empty when there is none.
  package var runningScript: String { running?.listing ?? "" }
  package var wantedScript: String { wanted.listing }

  package var isSame: Bool { changes.isEmpty }

  /// - Parameters:
  ///   - running: The table as it was listed; `nil` when there is none.
  ///   - wanted: The table that a policy compiles to.
  package init(running: Table?, wanted: Table) {
    guard let running else {
      let wanted = wanted.canonical()
      (self.running, self.wanted, difference) = (nil, wanted, nil)
      let names = PublicationFacts.all(in: wanted).keys.sorted()
      changes =
        [PolicyChange(kind: .added, summary: "the table `inet \(wanted.name)` is not running")]
        + names.map { PolicyChange(kind: .added, publication: $0, summary: "`\($0)` is wanted and not running") }
      return
    }
    let dynamic = running.dynamicSets.union(wanted.dynamicSets)
    let states = wanted.elementStates
    let (old, new) = together(
      worthIt: wanted.isLarge,
      { running.canonical(dynamicSets: dynamic, states: states) },
      { wanted.canonical(dynamicSets: dynamic, states: states) })
    let difference = Difference(from: old, to: new)
    (self.running, self.wanted, self.difference) = (old, new, difference)
    if difference.isEmpty {
      changes = []
    } else {
      var words = ChangeWords(difference, running: old, wanted: new)
      let told = words.all()
      changes = told.isEmpty ? [PolicyChange(kind: .changed, summary: "the rulesets differ")] : told
    }
  }

  /// The script that makes the difference go away.
  ///
  /// - Parameters:
  ///   - running: The table as it was listed; that of the difference.
  ///   - wanted: The table that a policy compiles to, with the generation that it shall have.
  ///   - replacing: Whether to replace the whole table where a change would do.
  ///   - header: Comment lines.
  package func transaction(
    from running: Table?, to wanted: Table, replacing: Bool, header: [String]
  ) -> Transaction {
    Transaction(from: running, to: wanted, difference: difference, replacing: replacing, header: header)
  }
}

extension Table {
  /// Whether it has so many elements that two processors are done sooner than one.
  var isLarge: Bool { sets.contains { $0.elements.count > 1000 } }
}
