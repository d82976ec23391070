/// The commands that turn the rules of one chain into others, by the handles of those that are running.
struct RuleCommands {
  private let chain: String
  /// Rules that go.
  private var deleted: [Int64] = []
  /// A rule that comes, and where.
  private var inserted: [(rule: Rule, place: Place)] = []

  private enum Place {
    /// In the place of a rule that goes; it keeps the handle.
    case replacing(Int64)
    /// Before a rule that stays.
    case before(Int64)
    case atEnd
  }

  /// `nil` when a rule was listed without its handle, or the change is not one of these rules.
  ///
  /// - Parameters:
  ///   - change: Of a chain that stays.
  ///   - running: Its rules as listed.
  init?(_ change: Difference.ChainChange, running: [Rule]) {
    chain = change.name
    let handles = running.compactMap(\.handle)
    guard handles.count == running.count, let wanted = running.applying(change.rules) else { return nil }
    let removed = Set(change.rules.removals.map(offset))
    let added = Set(change.rules.insertions.map(offset))
    var old = handles.enumerated().makeIterator()
    var next = old.next()
    // Both lists side by side: rules that stay lead from one run of changes to the next.
    var leaving: [Int64] = []
    var coming: [Rule] = []
    for (offset, rule) in wanted.enumerated() {
      while let current = next, removed.contains(current.offset) {
        leaving.append(current.element)
        next = old.next()
      }
      if added.contains(offset) {
        coming.append(rule)
      } else {
        guard let current = next else { return nil }
        place(&leaving, &coming, before: current.element)
        next = old.next()
      }
    }
    while let current = next {
      guard removed.contains(current.offset) else { return nil }
      leaving.append(current.element)
      next = old.next()
    }
    place(&leaving, &coming, before: nil)
  }

  /// One run of changes: rules take the places of those that go as long as there are any.
  private mutating func place(_ leaving: inout [Int64], _ coming: inout [Rule], before next: Int64?) {
    for (handle, rule) in zip(leaving, coming) { inserted.append((rule, .replacing(handle))) }
    deleted += leaving.dropFirst(coming.count)
    let place = next.map { Place.before($0) } ?? .atEnd
    for rule in coming.dropFirst(leaving.count) { inserted.append((rule, place)) }
    leaving = []
    coming = []
  }

  func writeDeletions(to writer: inout ScriptWriter, table: String) {
    for handle in deleted {
      writer.line(provenance: []) {
        $0.write("delete rule \(Table.family) \(name: table) \(name: chain) handle \(handle)")
      }
    }
  }

  func writeInsertions(to writer: inout ScriptWriter, table: String) {
    for (rule, place) in inserted {
      let command: ScriptPhrase
      switch place {
      case .replacing(let handle):
        command = "replace rule \(Table.family) \(name: table) \(name: chain) handle \(handle) "
      case .before(let handle):
        command = "insert rule \(Table.family) \(name: table) \(name: chain) position \(handle) "
      case .atEnd: command = "add rule \(Table.family) \(name: table) \(name: chain) "
      }
      rule.write(to: &writer, command: command)
    }
  }
}

/// The position of a rule that goes in the old list, or of one that comes in the new.
private func offset(_ change: CollectionDifference<Rule>.Change) -> Int {
  switch change {
  case .remove(let offset, _, _), .insert(let offset, _, _): offset
  }
}
