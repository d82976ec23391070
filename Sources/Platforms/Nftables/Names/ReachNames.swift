import Nftables

/// What stands before the names of sets, maps and chains that `reach` blocks ask for.
let reachPrefix = "reach_"

extension Table {
  /// The table of the other direction under names of its own, to lie beside that of publications. The steps that make
  /// both know nothing of it: here alone every name gets its prefix, and the two sides of the gateway change places.
  var namedForReach: Table {
    var table = self
    table.sets = sets.map(\.namedForReach)
    table.chains = chains.map { chain in
      var chain = chain
      chain.name = reachPrefix + chain.name
      chain.rules = chain.rules.map(\.namedForReach)
      return chain
    }
    return table
  }

  /// Both in one; what both have, such as the interfaces of a side, is there once.
  func joined(with other: Table) -> Table {
    var table = self
    let names = Set(sets.map(\.name))
    if table.helpers.isEmpty { table.helpers = other.helpers }
    table.sets += other.sets.filter { !names.contains($0.name) }
    table.chains += other.chains
    return table
  }
}

/// The name of a set of the other direction beside those of publications.
private func nameForReach(_ name: String) -> String {
  switch InterfaceSide(rawValue: name) {
  case .outside: InterfaceSide.inside.rawValue
  case .inside: InterfaceSide.outside.rawValue
  case nil: reachPrefix + name
  }
}

extension NamedSet {
  fileprivate var namedForReach: NamedSet {
    var set = self
    set.name = nameForReach(name)
    guard data == [.verdict] else { return set }
    set.elements = ElementList()
    set.elements.reserve(elements.count, width: key.count + 1)
    for element in elements {
      set.elements.append(
        key: Array(element.key), data: element.data.map(\.namedForReach), comment: element.comment,
        provenance: element.provenance)
    }
    return set
  }
}

extension Value {
  fileprivate var namedForReach: Value {
    if case .verdict(let verdict) = self { .verdict(verdict.namedForReach) } else { self }
  }
}

extension Verdict {
  fileprivate var namedForReach: Verdict {
    switch self {
    case .jump(let chain): .jump(reachPrefix + chain)
    case .goto(let chain): .goto(reachPrefix + chain)
    default: self
    }
  }
}

extension Rule {
  fileprivate var namedForReach: Rule {
    var rule = self
    rule.statements = statements.map(\.namedForReach)
    return rule
  }
}

extension Statement {
  /// Statements of the kinds that our steps write (`Statement.names`).
  fileprivate var namedForReach: Statement {
    switch self {
    case .match(let left, let comparison, .set(let name)): return .match(left, comparison, .set(nameForReach(name)))
    case .verdicts(let key, .set(let name)): return .verdicts(key, in: .set(nameForReach(name)))
    case .verdict(let verdict): return .verdict(verdict.namedForReach)
    case .translate(var translation):
      if case .lookup(let key, .set(let name))? = translation.address {
        translation.address = .lookup(key, in: .set(nameForReach(name)))
      }
      return .translate(translation)
    case .update(var update):
      update.name = nameForReach(update.name)
      return .update(update)
    default: return self
    }
  }
}
