import Nftables

/// What the publications do not explain.
extension ChangeWords {
  mutating func tellSet(_ change: Difference.SetChange) {
    let declaration = change.declaration
    guard let set = SetName(text: change.name) else {
      return add(.foreign, nil, "nobody asked for the \(declaration.noun) `\(change.name)`")
    }
    guard set.aspect != .gateway else { return }
    if let before = declaration.old, let after = declaration.new, before != after {
      add(.changed, nil, "the \(declaration.noun) `\(change.name)` is declared in another way than wanted")
    }
    if declaration.isWhole {
      let isTold = told.values.contains { $0.contains(set.aspect) }
      let isEmpty = change.added.isEmpty && change.removed.isEmpty
      let isMissing = isEmpty ? !isTold : told.isEmpty && set.isInCommon
      if isMissing { tellWhole("\(declaration.noun) `\(change.name)`", isWanted: declaration.new != nil) }
    }
    for element in change.removed { tellElement(element, in: set, isWanted: false) }
    for element in change.added { tellElement(element, in: set, isWanted: true) }
  }

  private mutating func tellElement(_ element: Element, in set: SetName, isWanted: Bool) {
    let names = PublicationFacts.publications(of: element)
    if names.isEmpty {
      // A list of clients is told by the publications that have it.
      if set.isClientList, !told.isEmpty { return }
      if set.hasPlainElements, isWanted || isServed(element) {
        if told.isEmpty { tellWhole("element `\(element.text)` of `\(set.text)`", isWanted: isWanted) }
      } else {
        add(.foreign, nil, "nobody asked for `\(element.text)` in `\(set.text)`")
      }
      return
    }
    guard !names.contains(where: { told[$0] != nil }), let name = names.first else { return }
    if isMoved(name, from: set) { return }
    let side = isWanted ? "is wanted and not running" : "is running and not wanted"
    add(isWanted ? .added : .removed, name, "`\(name)`: `\(element.text)` in `\(set.text)` \(side)")
  }

  /// Whether what a set says about a publication is said by another one as well: when other publications come to its
  /// address or have something in common with it, the same is kept in another way.
  private mutating func isMoved(_ name: String, from set: SetName) -> Bool {
    guard !told.isEmpty || changesWhatIsInCommon else { return false }
    if set.holdsClients { return running[name]?.clients == wanted[name]?.clients }
    guard set.aspect == .passive else { return false }
    return running[name]?.values(.passive) == wanted[name]?.values(.passive)
  }

  /// Whether an address of a set without comments is one of a publication that is running.
  private mutating func isServed(_ element: Element) -> Bool { element.key.first.map(served.contains) ?? false }

  mutating func tellChains() {
    let explained = explainedNames()
    for change in difference.chains {
      guard let chain = ChainName(text: change.name) else {
        add(.foreign, nil, "nobody asked for the chain `\(change.name)`")
        continue
      }
      if let before = change.declaration.old, let after = change.declaration.new, before != after {
        add(.changed, nil, "the chain `\(change.name)`: \(before.hookText) is running, \(after.hookText) is wanted")
      }
      let isExplained =
        explained.contains(change.name)
        || chain.publication.map { told[$0] != nil } ?? false
      let isWhole = change.declaration.old == nil || change.declaration.new == nil
      if isWhole, !isExplained { tellWhole("chain `\(change.name)`", isWanted: change.declaration.new != nil) }
      tellRules(of: change, explained: explained, isTold: isExplained || isWhole)
    }
  }

  private mutating func tellRules(of change: Difference.ChainChange, explained: Set<String>, isTold: Bool) {
    let inserted = Set(change.rules.insertions.map(\.rule))
    let removed = Set(change.rules.removals.map(\.rule))
    for step in change.rules {
      let rule = step.rule
      var isWanted = false
      if case .insert = step { isWanted = true }
      if !isWanted, !rule.isOurs(in: change.name) {
        add(.foreign, nil, "nobody asked for the rule `\(rule.text)` in the chain `\(change.name)`")
        continue
      }
      guard !isTold, !rule.names.contains(where: explained.contains) else { continue }
      if inserted.contains(rule), removed.contains(rule) {
        guard isWanted else { continue }
        add(
          .changed, nil, "the rule `\(rule.text)` stands in another place of the chain `\(change.name)` than wanted")
      } else {
        tellWhole("rule `\(rule.text)` of the chain `\(change.name)`", isWanted: isWanted)
      }
    }
  }

  /// Names of sets, helper objects and chains that come or go with what has been told: rules that refer to them need no
  /// words of their own, nor do the chains of such rules, nor the chains to which such rules lead.
  private func explainedNames() -> Set<String> {
    var names = Set(difference.sets.filter { $0.declaration.isWhole }.map(\.name))
    names.formUnion(difference.helpers.compactMap { $0.old?.name == $0.new?.name ? nil : ($0.new ?? $0.old)?.name })
    let chains = Set(difference.chains.filter { $0.declaration.isWhole }.map(\.name))
    var hasGrown = true
    while hasGrown {
      let before = names.count
      for change in difference.chains {
        let isOne = names.contains(change.name)
        for rule in change.rules.map(\.rule) {
          let mentioned = rule.names
          guard isOne || mentioned.contains(where: names.contains) else { continue }
          names.formUnion((mentioned + [change.name]).filter(chains.contains))
        }
      }
      hasGrown = names.count > before
    }
    return names
  }

  mutating func tellHelper(_ change: Difference.Change<HelperObject>) {
    let name = (change.new ?? change.old)?.name ?? ""
    if name != ownHelperName {
      add(.foreign, nil, "nobody asked for the helper object `\(name)`")
    } else if let before = change.old, let after = change.new {
      add(.changed, nil, "the helper object `\(name)`: type `\(before.type)` is running, `\(after.type)` is wanted")
    } else if !told.values.contains(where: { $0.contains(.helper) }) {
      tellWhole("helper object `\(name)`", isWanted: change.new != nil)
    }
  }

  private mutating func tellWhole(_ what: String, isWanted: Bool) {
    add(
      isWanted ? .added : .removed, nil,
      "the \(what) is \(isWanted ? "wanted and not running" : "running and not wanted")")
  }
}

extension Difference.Change {
  /// Whether an object comes or goes as a whole.
  fileprivate var isWhole: Bool { old == nil || new == nil }
}

extension Difference.Change<NamedSet> {
  fileprivate var noun: String { (new ?? old)?.isMap == true ? "map" : "set" }
}

extension CollectionDifference.Change where ChangeElement == Rule {
  fileprivate var rule: Rule {
    switch self {
    case .insert(_, let rule, _), .remove(_, let rule, _): rule
    }
  }
}
