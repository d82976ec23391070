extension Table {
  /// The script that makes the table as it was read, written from its values; `nil` where something in it is of a kind
  /// that we never write. What packets have counted and added is not in it.
  package var ownScript: [UInt8]? {
    var table = self
    let dynamic = dynamicSets
    for index in table.sets.indices where dynamic.contains(table.sets[index].name) {
      table.sets[index].elements = ElementList()
    }
    guard table.isExpressible else { return nil }
    // JSON of nft 1.0.6 does not tell which sets packets fill; the rules do.
    for index in table.sets.indices where dynamic.contains(table.sets[index].name) {
      if !table.sets[index].flags.contains(.dynamic) { table.sets[index].flags.append(.dynamic) }
    }
    var writer = ScriptWriter(isTraced: false)
    table.write(to: &writer)
    return writer.bytes
  }

  private var isExpressible: Bool {
    foreign.isEmpty
      && (helpers.map(\.name) + sets.map(\.name) + chains.map(\.name)).allSatisfy { ScriptName($0) != nil }
      && sets.allSatisfy { set in
        (set.key + set.data).allSatisfy(\.isExpressible)
          && set.elements.allSatisfy { $0.key.allSatisfy(\.isExact) && $0.data.allSatisfy(\.isExact) }
      }
      && chains.allSatisfy { $0.rules.allSatisfy { $0.statements.allSatisfy(\.isExpressible) } }
  }
}

extension Expression {
  /// Whether the name of a type is one, and not what stands in its place in a listing.
  fileprivate var isExpressible: Bool {
    guard case .dataType(let name) = self else { return true }
    return ScriptName.isWord(name)
  }
}

extension Value {
  /// Whether it is written between quotes.
  var isText: Bool {
    switch self {
    case .interface, .string: true
    default: false
    }
  }

  /// Whether a script has the same value: what stands between quotes is written with `?` for what would end them.
  var isExact: Bool {
    switch self {
    case _ where isForeign: false
    // nft 1.0.6 takes no wildcard for every interface.
    case .interface("*"): false
    case .interface(let text), .string(let text): ScriptWriter.quotable(text, limit: ScriptName.longest) == text
    default: true
    }
  }
}

extension Statement {
  fileprivate var isExpressible: Bool {
    guard isWritten else { return false }
    return switch self {
    case .match(_, _, .value(let value)): value.isExact
    case .assignHelper(let name): ScriptName.isWord(name)
    default: true
    }
  }
}
