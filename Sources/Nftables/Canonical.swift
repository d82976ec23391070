import Addressing
import Diagnostics

extension Table {
  /// The one form of all tables with the same meaning, for comparing what was written with what nft lists.
  ///
  /// Left out is what no listing of nft 1.0.6 has (`typeof`, the flag `dynamic`), what packets change (elements of
  /// dynamic sets, see `states`), and the generation. Objects and elements are sorted; the order of rules and of the
  /// statements in a rule has a meaning and stays. Texts are cut as the script writer cuts them.
  ///
  /// - Parameters:
  ///   - dynamicSets: Names of more sets that packets fill.
  ///   - states: The statements that rules give to elements of sets. Where those of a set are known, an element that
  ///     bears another one, or none, was made by somebody: it stays. Elsewhere all elements of dynamic sets go.
  package func canonical(dynamicSets more: Set<String> = [], states: [String: Set<Statement>] = [:]) -> Table {
    let dynamic = dynamicSets.union(more)
    var table = Table(name, family: family)
    table.isDormant = isDormant
    table.helpers = helpers.map { $0.canonical }.sorted { $0.name < $1.name }
    table.sets = sets.map { $0.canonical(isDynamic: dynamic.contains($0.name), states[$0.name]) }.sorted {
      $0.name < $1.name
    }
    table.chains = chains.map { $0.canonical }.sorted { $0.name < $1.name }
    table.foreign = foreign.enumerated()
      .sorted { ($0.element.kind, $0.element.name, $0.offset) < ($1.element.kind, $1.element.name, $1.offset) }
      .map(\.element)
    return table
  }

  /// The sets that packets fill, as far as flags and rules tell.
  package var dynamicSets: Set<String> {
    var names = Set(sets.filter { $0.flags.contains(.dynamic) }.map(\.name))
    for chain in chains {
      for rule in chain.rules {
        for case .update(let update) in rule.statements where update.hasWrittenForm { names.insert(update.name) }
      }
    }
    return names
  }
}

extension Table {
  /// The statements that rules give to the elements of sets which packets fill.
  package var elementStates: [String: Set<Statement>] {
    var states: [String: Set<Statement>] = [:]
    for chain in chains {
      for rule in chain.rules {
        for case .update(let update) in rule.statements where update.hasWrittenForm {
          states[update.name, default: []].formUnion(update.statements)
        }
      }
    }
    return states
  }
}

extension Element {
  /// Whether packets may have made it: it has one of these statements, and nothing that only people write.
  fileprivate func bears(oneOf states: Set<Statement>) -> Bool {
    let own: Set<String> = ["limit", "ct count"]
    guard data.isEmpty, comment == nil, case .foreign(let value)? = key.first, key.count == 1,
      let parts = value.members(among: own.union(["val", "expires", "timeout", "handle"])),
      case let found = parts.filter({ own.contains($0.key) }), let (name, state) = found.first, found.count == 1
    else { return false }
    return states.contains(Statement(listed: .object([name: state])))
  }
}

extension HelperObject {
  fileprivate var canonical: HelperObject { HelperObject(name, type: type) }
}

extension NamedSet {
  fileprivate func canonical(isDynamic: Bool, _ states: Set<Statement>?) -> NamedSet {
    let isOurs = { (element: Element) in states.map { element.bears(oneOf: $0) } ?? true }
    return NamedSet(
      name, key: key.map { .dataType($0.typeName) }, data: data.map { .dataType($0.typeName) },
      flags: NamedSet.Flag.allCases.filter { $0 != .dynamic && flags.contains($0) }, size: size, timeout: timeout,
      isCounted: isCounted,
      elements: isDynamic ? ElementList(elements.filter { !isOurs($0) }).canonical : elements.canonical)
  }
}

extension ElementList {
  fileprivate var canonical: ElementList {
    canonicalValues { ScriptWriter.quotable($0, limit: 128) }.sorted
  }
}

extension Fields {
  /// The order of keys in the canonical form.
  ///
  /// - Returns: `nil` for equal keys.
  func precedes(_ key: Range<Int>, _ other: Fields, _ otherKey: Range<Int>) -> Bool? {
    for (position, otherPosition) in zip(key, otherKey) where !equals(position, other, otherPosition) {
      if let isLess = isLess(position, other, otherPosition) { return isLess }
      return self[position].rank < other[otherPosition].rank
    }
    return key.count == otherKey.count ? nil : key.count < otherKey.count
  }
}

extension Value {
  /// The form of all values with the same meaning.
  var canonical: Value {
    switch self {
    case .addresses(let low, let high) where low == high: .address(low)
    case .ports(let range) where range.count == 1: .port(range.low)
    case .interface(let name): .interface(ScriptWriter.quotable(name, limit: 255))
    default: self
    }
  }

  /// Kinds first, then numbers, then texts.
  fileprivate var rank: (Int, UInt128, UInt128, String) {
    switch self {
    case .address(let address): (address.family == .ipv4 ? 0 : 1, address.value, address.value, "")
    case .addresses(let low, let high): (low.family == .ipv4 ? 0 : 1, low.value, high.value, "")
    case .port(let port): (2, UInt128(port), UInt128(port), "")
    case .ports(let range): (2, UInt128(range.low), UInt128(range.high), "")
    case .interface(let name): (3, 0, 0, name)
    case .symbol(let word): (4, 0, 0, word)
    case .string(let text): (5, 0, 0, text)
    case .verdict(let verdict): (6, 0, 0, verdict.json.text)
    case .number, .boolean: (8, 0, 0, json.text)
    case .foreign(let value): (7, 0, 0, value.text)
    }
  }
}

extension Chain {
  fileprivate var canonical: Chain {
    Chain(
      name, base,
      rules: rules.map { rule in
        Rule(
          rule.statements.map(\.canonical), comment: rule.comment.map { ScriptWriter.quotable($0, limit: 128) },
          provenance: rule.provenance, handle: rule.handle)
      })
  }
}

extension Statement {
  fileprivate var canonical: Statement {
    switch self {
    case .match(let left, let comparison, .flags(let words)): .match(left, comparison, .flags(words.sorted()))
    case .match(let left, let comparison, .value(let value)): .match(left, comparison, .value(value.canonical))
    case .assignHelper(let name): .assignHelper(ScriptWriter.quotable(name, limit: 31))
    case .log(let log) where log.isPlain: .log(prefix: ScriptWriter.quotable(log.prefix ?? "", limit: 127))
    default: self
    }
  }
}
