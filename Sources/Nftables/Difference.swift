/// What leads from one table to another, by meaning: both are compared in their canonical forms.
package struct Difference: Hashable, Sendable {
  /// What happens to one object; `nil` stands for its absence.
  package struct Change<Object: Hashable & Sendable>: Hashable, Sendable {
    package var old: Object?
    package var new: Object?
  }

  /// What happens to one set or map.
  package struct SetChange: Hashable, Sendable {
    package var name: String
    /// The declaration, without elements; equal where only elements change.
    package var declaration: Change<NamedSet>
    package var removed: [Element]
    /// An element that changes is removed and added.
    package var added: [Element]
  }

  /// What happens to one chain.
  package struct ChainChange: Hashable, Sendable {
    package var name: String
    /// Name and hook, without rules; equal where only rules change.
    package var declaration: Change<Chain>
    /// Rules have an order, so their positions belong to the change.
    package var rules: CollectionDifference<Rule>
  }

  /// Whether the table is dormant, before and after; `nil` where that stays.
  package var dormancy: Change<Bool>?
  package var helpers: [Change<HelperObject>] = []
  package var sets: [SetChange] = []
  package var chains: [ChainChange] = []
  package var removedForeign: [ForeignObject] = []
  package var addedForeign: [ForeignObject] = []

  package var isEmpty: Bool {
    dormancy == nil && helpers.isEmpty && sets.isEmpty && chains.isEmpty && removedForeign.isEmpty
      && addedForeign.isEmpty
  }
}

extension Difference {
  /// - Parameters:
  ///   - old: A table in canonical form.
  ///   - new: Another, made canonical with the same dynamic sets.
  package init(from old: Table, to new: Table) {
    if old.isDormant != new.isDormant { dormancy = Change(old: old.isDormant, new: new.isDormant) }
    helpers = Self.pairs(old.helpers, new.helpers, by: \.name).map { Change(old: $0, new: $1) }
      .filter { $0.old != $0.new }
    sets = Self.pairs(old.sets, new.sets, by: \.name).filter { $0 != $1 }.map { SetChange(from: $0, to: $1) }
    chains = Self.pairs(old.chains, new.chains, by: \.name).filter { $0 != $1 }.map { ChainChange(from: $0, to: $1) }
    let foreign = Self.elements(from: old.foreign, to: new.foreign)
    (removedForeign, addedForeign) = (foreign.removed, foreign.added)
  }

  /// Objects of the same name side by side, in the order of names.
  private static func pairs<Object>(
    _ old: [Object], _ new: [Object], by name: (Object) -> String
  ) -> [(Object?, Object?)] {
    let left = Dictionary(old.map { (name($0), $0) }, uniquingKeysWith: { first, _ in first })
    let right = Dictionary(new.map { (name($0), $0) }, uniquingKeysWith: { first, _ in first })
    return Set(left.keys).union(right.keys).sorted().map { (left[$0], right[$0]) }
  }

  /// What only one of two lists holds, in its order.
  static func elements<Items: Collection>(
    from old: Items, to new: Items
  ) -> (removed: [Items.Element], added: [Items.Element]) where Items.Element: Hashable {
    let (left, right) = (Set(old), Set(new))
    return (old.filter { !right.contains($0) }, new.filter { !left.contains($0) })
  }
}

extension Difference {
  /// The same for elements in canonical order, in one pass over both.
  fileprivate static func elements(
    from old: ElementList, to new: ElementList
  ) -> (removed: [Element], added: [Element]) {
    var removed: [Element] = []
    var added: [Element] = []
    var (position, other) = (0, 0)
    while position < old.count, other < new.count {
      if old.equals(position, new, other) {
        position += 1
        other += 1
      } else if old.precedes(position, new, other) {
        removed.append(old[position])
        position += 1
      } else if new.precedes(other, old, position) {
        added.append(new[other])
        other += 1
      } else {
        let (end, otherEnd) = (old.endOfSameKey(from: position), new.endOfSameKey(from: other))
        let differing = elements(from: old[position..<end], to: new[other..<otherEnd])
        removed += differing.removed
        added += differing.added
        (position, other) = (end, otherEnd)
      }
    }
    return (removed + old[position...], added + new[other...])
  }
}

extension ElementList {
  /// Where the elements end that have the place of this one in the canonical order; there is one where keys are unique.
  fileprivate func endOfSameKey(from position: Int) -> Int {
    (position..<count).first { precedes(position, self, $0) } ?? endIndex
  }
}

extension Difference.SetChange {
  fileprivate init(from old: NamedSet?, to new: NamedSet?) {
    name = new?.name ?? old?.name ?? ""
    declaration = Difference.Change(old: old?.declaration, new: new?.declaration)
    (removed, added) = Difference.elements(from: old?.elements ?? ElementList(), to: new?.elements ?? ElementList())
  }
}

extension Difference.ChainChange {
  fileprivate init(from old: Chain?, to new: Chain?) {
    name = new?.name ?? old?.name ?? ""
    declaration = Difference.Change(old: old?.declaration, new: new?.declaration)
    rules = ruleDifference(from: old?.rules ?? [], to: new?.rules ?? [])
  }
}

/// Rules of one chain beyond which no shortest difference is looked for; ours have a few dozen at most.
private let longestChain = 2000

/// The shortest difference; for chains of absurd length the one that replaces all.
private func ruleDifference(from old: [Rule], to new: [Rule]) -> CollectionDifference<Rule> {
  guard old.count + new.count > longestChain else { return new.difference(from: old) }
  let removals = old.enumerated().map {
    CollectionDifference<Rule>.Change.remove(offset: $0.offset, element: $0.element, associatedWith: nil)
  }
  let insertions = new.enumerated().map {
    CollectionDifference<Rule>.Change.insert(offset: $0.offset, element: $0.element, associatedWith: nil)
  }
  return CollectionDifference(removals + insertions) ?? new.difference(from: old)
}

extension NamedSet {
  fileprivate var declaration: NamedSet {
    var copy = self
    copy.elements = ElementList()
    return copy
  }
}

extension Chain {
  fileprivate var declaration: Chain { Chain(name, base) }
}

extension Table {
  /// The table after a difference; `nil` when it was made for another table.
  package func applying(_ difference: Difference) -> Table? {
    var table = self
    if let dormant = difference.dormancy?.new { table.isDormant = dormant }
    for change in difference.helpers {
      table.helpers.removeAll { $0 == change.old }
      if let new = change.new { table.helpers.append(new) }
    }
    for change in difference.sets {
      let old = table.sets.first { $0.name == change.name }
      table.sets.removeAll { $0.name == change.name }
      guard var set = change.declaration.new else { continue }
      let removed = Set(change.removed)
      set.elements = ElementList((old?.elements ?? ElementList()).filter { !removed.contains($0) } + change.added)
      table.sets.append(set)
    }
    for change in difference.chains {
      let old = table.chains.first { $0.name == change.name }
      table.chains.removeAll { $0.name == change.name }
      guard let rules = (old?.rules ?? []).applying(change.rules) else { return nil }
      guard var chain = change.declaration.new else { continue }
      chain.rules = rules
      table.chains.append(chain)
    }
    let removed = Set(difference.removedForeign)
    table.foreign = table.foreign.filter { !removed.contains($0) } + difference.addedForeign
    return table.canonical()
  }
}
